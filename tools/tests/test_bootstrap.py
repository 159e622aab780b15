"""What the bootstrap finds missing, and what it says when it cannot install it."""

import runpy
from pathlib import Path
from typing import Any

import pytest

BOOTSTRAP = Path(__file__).resolve().parents[1] / "bootstrap.py"


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return runpy.run_path(str(BOOTSTRAP))


@pytest.fixture
def empty_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on which nothing is found."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)


def test_nothing_is_missing_where_the_tests_run(bootstrap: dict[str, Any]) -> None:
    assert bootstrap["missing_packages"](["engines"]) == []
    assert bootstrap["find_uv"]() is not None


@pytest.mark.usefixtures("empty_machine")
def test_an_empty_machine_misses_the_engines_that_were_asked_for(bootstrap: dict[str, Any]) -> None:
    assert {"rabbitmq-server", "redis-server"} <= set(bootstrap["missing_packages"](["engines"]))
    assert bootstrap["missing_packages"](["browser"]) == ["chromium", "fonts-dejavu-core"]
    assert bootstrap["missing_packages"](["python"]) == []


@pytest.mark.usefixtures("empty_machine")
def test_without_apt_the_packages_are_named(bootstrap: dict[str, Any]) -> None:
    with pytest.raises(bootstrap["Refused"], match="redis-server missing and there is no apt-get here: install"):
        bootstrap["install"](["redis-server"])


@pytest.mark.usefixtures("empty_machine")
def test_without_root_and_sudo_the_command_to_run_is_said(
    bootstrap: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(bootstrap["Refused"], match="no sudo: run `apt-get install x` as root"):
        bootstrap["as_root"]("apt-get install x")


def test_an_old_uv_is_not_taken(bootstrap: dict[str, Any], tmp_path: Path) -> None:
    old = tmp_path / "uv"
    old.write_text("#!/bin/sh\necho uv 0.4.30\n")
    old.chmod(0o755)
    assert bootstrap["_uv_version"](str(old)) == (0, 4)
    assert bootstrap["_uv_version"](str(tmp_path / "nothing")) == ()


def test_the_uv_that_was_fetched_is_found_beside_the_packages(bootstrap: dict[str, Any], tmp_path: Path) -> None:
    fetched, here = tmp_path / "fetched", tmp_path / "bin" / "uv"
    here.parent.mkdir()
    fetched.write_text("#!/bin/sh\necho uv 0.13.9\n")
    fetched.chmod(0o755)
    bootstrap["link"](fetched, here)
    assert here.readlink() == fetched
    here.unlink()
    here.symlink_to(tmp_path / "gone")
    bootstrap["link"](fetched, here)
    bootstrap["link"](here, here)
    assert here.readlink() == fetched, "one that works is left alone"
    assert "$ .venv/bin/uv add " in (BOOTSTRAP.parents[1] / "docs/tutorial/first-consumer.md").read_text()
