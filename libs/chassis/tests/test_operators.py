"""Who runs a command has a name everywhere, also where the system knows none."""

import os
import pwd

import pytest

from chassis.operators import operator_name


@pytest.fixture
def without_login_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.usefixtures("without_login_names")
def test_the_system_names_whoever_runs_it() -> None:
    assert operator_name() == pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.usefixtures("without_login_names")
def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert operator_name() == str(os.getuid())
