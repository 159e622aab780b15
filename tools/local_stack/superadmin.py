"""The superadmin that a newcomer signs in with at /admin: hired once by admin's own command line, kept in .local/."""

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from chassis.second_factors import CODE_SECONDS, code_at
from local_stack.accounts import write_private
from local_stack.failure import StackFailure
from local_stack.places import Places
from local_stack.terminal import step

EMAIL = "root@example.com"
REASON = "made by `make up` for the demo"
_SECRET = re.compile(r"^ *secret +(\w+)$", re.MULTILINE)

RunAdmin = Callable[[tuple[str, ...], str], str]
"""Runs `python -m admin …` with a line on its standard input; returns what it printed. Raises StackFailure."""


@dataclass(frozen=True)
class Superadmin:
    """What a person would keep in their head and in their authenticator."""

    email: str
    password: str
    seed: str

    @property
    def code(self) -> str:
        """The six digits that the authenticator shows now."""
        return code_at(self.seed, int(datetime.now(UTC).timestamp()) // CODE_SECONDS)


def remembered(places: Places) -> Superadmin | None:
    """As the first `make up` made it; None before."""
    file = places.superadmin
    return Superadmin(**json.loads(file.read_text())) if file.exists() else None


def ensure(places: Places, run_admin: RunAdmin) -> Superadmin:
    """Make it if it is not there yet. Raises StackFailure."""
    if (kept := remembered(places)) is not None:
        return kept
    with step("Making the superadmin of the demo"):
        made = _hire(run_admin)
    write_private(places.superadmin, json.dumps(asdict(made), indent=2))
    return made


def _hire(run_admin: RunAdmin) -> Superadmin:
    """The seed is told once: where an earlier run died before it was kept, another address is used."""
    try:
        return _hire_as(run_admin, EMAIL)
    except StackFailure as failure:
        if "is staff already" not in str(failure):
            raise
        return _hire_as(run_admin, EMAIL.replace("@", f"-{secrets.token_hex(3)}@"))


def _hire_as(run_admin: RunAdmin, email: str) -> Superadmin:
    password = f"corridor-{secrets.token_hex(8)}"
    arguments = ("staff", "create-superadmin", "--email", email, "--name", "Rosa Root", "--force", "--reason", REASON)
    printed = run_admin(arguments, f"{password}\n")
    found = _SECRET.search(printed)
    if found is None:
        raise StackFailure("`python -m admin staff create-superadmin` told no second factor")
    return Superadmin(email, password, found[1])
