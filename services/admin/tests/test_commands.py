"""The command line: the first superadmin, and the log's verification; as processes, the way an operator runs them."""

import asyncio
import json
import os
import re
import sys
from dataclasses import dataclass

import pyotp
import pytest

from admin.domain.staff import Refused, clean_password

PASSWORD = "nineteen blue pelicans"


@dataclass
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def line(admin):
    settings = admin.settings
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_OWNER_URL": admin.urls.owner_url,
        "ADMIN_SIGNING_KEYS": json.dumps([key.get_secret_value() for key in settings.admin_signing_keys]),
        "TOTP_SEED_KEYS": json.dumps([key.get_secret_value() for key in settings.totp_seed_keys]),
    }

    async def run(*arguments: str, typed: str = "") -> Ended:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "admin", *arguments, env=environment, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate(typed.encode())
        return Ended(process.returncode or 0, out.decode(), err.decode())

    return run


async def test_the_first_superadmin_signs_in_with_what_was_shown_once(admin, line) -> None:
    made = await line("staff", "create-superadmin", "--email", "Root@ours.example", typed=f"{PASSWORD}\n")
    assert made.code == 0, made.err
    seed = re.search(r"secret +(\w+)", made.out)
    assert seed is not None
    assert "otpauth://totp/" in made.out
    assert len(re.findall(r"^  \w{4}-\w{4}-\w{4}-\w{4}$", made.out, re.MULTILINE)) == 10
    assert PASSWORD not in made.out

    challenge = await admin.call("POST", "/admin/v1/auth/login", {"email": "root@OURS.example", "password": PASSWORD})
    code = pyotp.TOTP(seed[1]).at(admin.clock.now())
    body = {"challenge": challenge.ok()["challenge"], "code": code}
    signed_in = (await admin.call("POST", "/admin/v1/auth/totp", body)).ok()
    assert signed_in["staff"]["role"] == "superadmin"
    assert [row["details"]["after"]["role"] for row in await admin.rows(action="staff.created")] == ["superadmin"]

    second = await line("staff", "create-superadmin", "--email", "second@ours.example", typed=f"{PASSWORD}\n")
    assert second.code == 1
    assert "there is a superadmin already" in second.err
    silent = await line(
        "staff", "create-superadmin", "--email", "second@ours.example", "--force", typed=f"{PASSWORD}\n"
    )
    assert "needs a --reason" in silent.err
    forced = await line(
        "staff", "create-superadmin", "--email", "second@ours.example", "--force", "--reason", "lost the first phone",
        typed=f"{PASSWORD}\n",
    )  # fmt: skip
    assert forced.code == 0, forced.err
    assert (await admin.rows(action="staff.created"))[-1]["details"]["reason"] == "lost the first phone"


def test_a_short_name_of_an_address_gives_no_password_away() -> None:
    """Of `a@…` every password with an a in it was refused."""
    assert clean_password(PASSWORD, email="a@ours.example") == PASSWORD
    with pytest.raises(Refused, match="must not hold"):
        clean_password(PASSWORD, email="blue@ours.example")


@pytest.mark.parametrize(
    ("email", "password", "reason"),
    [("no address", PASSWORD, "@"), ("x@ours.example", "short", "15"), ("x@ours.example", "", "15"),
     ("x@ours.example", "a" * 20, "guessed"), ("pelicans@ours.example", PASSWORD, "must not hold")],
)  # fmt: skip
async def test_what_is_refused_and_why(line, email, password, reason) -> None:
    ended = await line("staff", "create-superadmin", "--email", email, typed=f"{password}\n")
    assert (ended.code, "Traceback" in ended.err) == (1, False)
    assert reason in ended.err


async def test_the_log_is_verified_and_a_touched_row_named(admin, line) -> None:
    whole = await line("audit", "verify")
    assert whole.code == 0, whole.err
    assert whole.out.startswith("whole: ")
    row = (await admin.rows())[0]
    await admin.superuser.execute("UPDATE admin_audit_logs SET action = 'nothing.happened' WHERE id = $1", row["id"])
    broken = await line("audit", "verify")
    assert broken.code == 1
    assert f"row {row['number']} ({row['id']}): it was changed" in broken.err
    await admin.superuser.execute("UPDATE admin_audit_logs SET action = $2 WHERE id = $1", row["id"], row["action"])
    assert (await line("audit", "verify", "--since", "2020-01-01")).code == 0


async def test_second_factors_move_under_a_new_key(admin, line) -> None:
    person = await admin.hire()
    ended = await line("staff", "reseal-factors")
    assert ended.code == 0, ended.err
    await admin.sign_in(person)


async def test_without_its_settings_it_says_which(line) -> None:
    from admin.commands import STAFF

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "admin", "staff", "reseal-factors", env={"PATH": os.environ["PATH"]},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await process.communicate()
    assert (STAFF.name, process.returncode) == ("staff", 78)
    assert b"TOTP_SEED_KEYS" in err
    assert b"`settings` in place of the command tells what each one means" in err
