"""The demo's superadmin: hired once, also where an earlier `make up` died before it kept the second factor."""

from pathlib import Path

import pytest

from local_stack import superadmin
from local_stack.failure import StackFailure
from local_stack.places import Places

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PRINTED = f"superadmin root@example.com (0199)\n\n  uri     otpauth://totp/x\n  secret  {SEED}\n"


class CommandLine:
    """Answers as admin's does; addresses that are `taken` are refused."""

    def __init__(self, *taken: str) -> None:
        self.taken = taken
        self.hired: list[str] = []

    def __call__(self, arguments: tuple[str, ...], typed: str) -> str:
        email = arguments[arguments.index("--email") + 1]
        assert typed.strip()
        assert typed.strip() not in arguments
        if email in self.taken:
            raise StackFailure(f"refused: {email} is staff already")
        self.hired.append(email)
        return PRINTED


def test_it_is_hired_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    places, admin = Places.of(tmp_path), CommandLine()
    made = superadmin.ensure(places, admin)
    assert superadmin.ensure(places, admin) == made == superadmin.remembered(places)
    assert admin.hired == [superadmin.EMAIL]
    assert (made.seed, len(made.code)) == (SEED, 6)
    assert places.superadmin.stat().st_mode & 0o077 == 0


def test_an_address_whose_seed_was_lost_is_replaced(tmp_path: Path) -> None:
    admin = CommandLine(superadmin.EMAIL)
    made = superadmin.ensure(Places.of(tmp_path), admin)
    assert made.email != superadmin.EMAIL
    assert admin.hired == [made.email]


def test_another_refusal_is_told_and_nothing_is_kept(tmp_path: Path) -> None:
    def refuse(_arguments: tuple[str, ...], _typed: str) -> str:
        raise StackFailure("the database is away")

    with pytest.raises(StackFailure, match="the database is away"):
        superadmin.ensure(Places.of(tmp_path), refuse)
    assert superadmin.remembered(Places.of(tmp_path)) is None
