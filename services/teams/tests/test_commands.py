"""`python -m teams activity verify`, as an operator runs it: a process with the database and nothing else."""

import asyncio
import json
import os
import sys
from datetime import timedelta

import pytest

from chassis.blobs import Blobs
from chassis.chains import Seal
from chassis.database import Context
from chassis.keys import SigningKey
from teams.jobs import schedules


@pytest.fixture
def line(teams):
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_OWNER_URL": teams.owner_url,
        "SIGNING_KEYS": json.dumps([key.get_secret_value() for key in teams.settings.signing_keys]),
    }

    async def run(*arguments: str, **changes: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "teams", "activity", *arguments, env=environment | changes,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    return run


async def test_a_whole_log_and_a_touched_one(teams, line) -> None:
    ada, eve = await teams.register(), await teams.register()
    code, out, err = await line("verify")
    assert (code, err) == (0, "")
    assert out.startswith("whole: 2 organizations, 2 rows (0 with erased details)")
    await teams.admin.execute("UPDATE activity_logs SET actor = 'user:other' WHERE org_id = $1", eve.org_id)
    code, out, err = await line("verify")
    assert (code, out) == (1, "")
    assert f"organization {eve.org_id}, row 1" in err
    assert "it was changed" in err
    assert (await line("verify", "--org", str(ada.org_id)))[0] == 0
    assert (await line("verify", "--org", str(eve.org_id)))[0] == 1


async def test_a_retired_key_is_trusted_by_its_public_half(teams, line) -> None:
    await teams.register()
    retired = SigningKey.generate()
    kept, blobs = timedelta(days=400), Blobs.open(teams.settings)
    jobs = schedules(Seal([retired]), teams.settings.vault, mail_key="", activity_kept=kept, blobs=blobs)
    seal_new = next(job for job in jobs if job.name == "seal_activity")
    async with teams.worker.transaction(Context("system:teams")) as tx:
        await seal_new.run(tx)
    ada = await teams.register()
    assert (await line("verify", "--org", str(ada.org_id)))[0] == 0
    org_id = str(await teams.admin.fetchval("SELECT org_id FROM activity_checkpoints LIMIT 1"))
    code, _, err = await line("verify", "--org", org_id)
    assert (code, "not signed by one of our keys" in err) == (1, True)
    assert (await line("verify", "--org", org_id, "--trust", retired.public_text))[0] == 0
    keys = json.dumps([SigningKey.generate().private_text, retired.private_text])
    assert (await line("verify", "--org", org_id, CHECKPOINT_KEYS=keys))[0] == 0


async def test_what_is_no_key_or_no_organization_is_said(line) -> None:
    assert (await line("verify", "--trust", "short"))[0] == 2
    assert (await line("verify", "--org", "engines"))[0] == 2
    code, _, err = await line("verify", SIGNING_KEYS="[]")
    assert (code, "SIGNING_KEYS" in err) == (78, True)
