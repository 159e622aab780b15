"""The newcomer's commands, from a copy of the checkout without anything installed in it."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.orphans import find
from local_stack.places import ROOT, Places
from local_stack.ports import free_port
from local_stack.stack import existing

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

_NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".local", "node_modules", "dist", "__pycache__", ".*_cache")


class Checkout:
    """A copy of the project and its make commands."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self, *arguments: str, code: int = 0) -> str:
        """Run make as a newcomer would, nobody being there to answer; returns everything it printed."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        path = os.pathsep.join(part for part in inherited["PATH"].split(os.pathsep) if ".venv" not in part)
        result = subprocess.run(
            ["make", *arguments],
            cwd=self.root,
            env={**inherited, "PATH": path, "STACK": "local"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (result.returncode == 0) == (code == 0), result.stdout + result.stderr
        return result.stdout + result.stderr

    @property
    def places(self) -> Places:
        return Places.of(self.root)

    def pid(self, program: str) -> int:
        local = existing(self.places)
        assert local is not None
        return local.supervisor.states()[program].pid


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    root = tmp_path_factory.mktemp("fresh") / "checkout"
    shutil.copytree(ROOT, root, ignore=_NOT_COPIED)
    checkout = Checkout(root)
    try:
        checkout.make("up", f"PORT={free_port()}", f"MAIL_PORT={free_port()}")
        yield checkout
    finally:
        checkout.make("reset")


def test_the_story_happens_on_what_make_up_started(checkout: Checkout) -> None:
    told = checkout.make("demo")
    trace = told.partition("make logs TRACE=")[2].split()[0]
    assert "The alert appears on Ada's open page" in told
    shown = checkout.make("logs", f"TRACE={trace}")
    assert "notifier: stream.push" in told
    assert "“Analytical Engines is now on Pro”" in told
    assert "200 pro, active, 3 seats, 147.00 USD a month" in told
    assert "plan changes 2, monthly recurring revenue 147.00 USD" in told
    assert "200 whole, " in told
    of_webhook = told.partition("From Stripe's webhook")[2]
    for span in ("billing: POST /webhooks/stripe", "notifier: handle subscription.updated", "notifier: stream.push"):
        assert span in of_webhook
    assert "analytics: handle" in of_webhook
    assert "admin: handle subscription.updated" in of_webhook
    assert "route=/v1/invitations" in shown
    assert "notifier: stream.push" in shown


def test_the_superadmin_is_made_once_and_has_an_authenticator(checkout: Checkout) -> None:
    made = checkout.places.superadmin.read_text()
    assert checkout.places.superadmin.stat().st_mode & 0o077 == 0
    assert checkout.make("code").strip().isdecimal()
    checkout.make("up")
    assert checkout.places.superadmin.read_text() == made


def test_up_a_second_time_changes_nothing(checkout: Checkout) -> None:
    before = {program: checkout.pid(program) for program in ("postgres", "teams-serve", "gateway-serve")}
    assert "…" not in checkout.make("up").partition("Next:")[0]
    assert {program: checkout.pid(program) for program in before} == before


def test_a_taken_port_is_refused_with_the_name_of_its_holder(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        said = checkout.make("up", f"PORT={server.getsockname()[1]}", code=2)
    assert f"(pid {os.getpid()}): stop that, or run `make up PORT=" in said


def test_a_process_that_cannot_start_is_shown_with_its_last_words(checkout: Checkout) -> None:
    settings = checkout.places.environments / "teams.env"
    whole = settings.read_text()
    settings.write_text("\n".join(line for line in whole.splitlines() if not line.startswith("SIGNING_KEYS")))
    os.kill(checkout.pid("teams-serve"), signal.SIGKILL)
    local = existing(checkout.places)
    assert local is not None
    local.supervisor.wait_for("teams-serve", ("EXITED", "FATAL"), seconds=30)
    said = checkout.make("status", code=2)
    assert "teams-serve is" in said
    assert "SIGNING_KEYS" in said
    checkout.make("up")
    assert "RUNNING" in next(line for line in checkout.make("status").splitlines() if "teams-serve" in line)


def test_up_recovers_from_a_killed_supervisord(checkout: Checkout) -> None:
    os.kill(int((checkout.places.home / "supervisord.pid").read_text()), signal.SIGKILL)
    assert "that an earlier supervisord had left behind" in checkout.make("up")
    checkout.make("status")


def test_down_leaves_no_process_and_keeps_the_data(checkout: Checkout) -> None:
    checkout.make("down")
    assert find(checkout.places) == []
    said = checkout.make("up")
    assert "Making the demo organization" not in said
    checkout.make("demo")
