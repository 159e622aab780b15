"""Ports are picked once, kept, and given up only to somebody who really holds them."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.addresses import GATEWAY, PUBLIC, PublicPort, choose, remembered_ports
from local_stack.failure import StackFailure
from local_stack.ports import free_port, is_free, listened_by, next_free_port

NAMES = ("postgres", "redis")


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this test listens."""
    with socket.create_server(("127.0.0.1", free_port())) as server:
        yield server.getsockname()[1]


@pytest.fixture
def usual_ports_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own stack may hold 8080 while the tests run."""
    free = [PublicPort(public.name, free_port(), public.variable) for public in PUBLIC]
    monkeypatch.setattr("local_stack.addresses.PUBLIC", tuple(free))


def pick(path: Path, *, ours: set[int] | None = None, **asked: str) -> tuple[dict[str, int], list[str]]:
    said: list[str] = []
    return choose(path, NAMES, asked, ours=ours or set(), say=said.append), said


@pytest.mark.usefixtures("usual_ports_are_free")
def test_ports_are_different_and_stay_the_same_the_second_time(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first, _ = pick(file)
    second, said = pick(file)
    assert first == second == remembered_ports(file)
    assert len(set(first.values())) == len(first) == 2 + len(PUBLIC)
    assert said == []


@pytest.mark.usefixtures("usual_ports_are_free")
def test_a_remembered_port_that_somebody_took_is_replaced(tmp_path: Path, taken: int) -> None:
    file = tmp_path / "ports.json"
    file.write_text(json.dumps({"postgres": taken}))
    chosen, _ = pick(file)
    assert chosen["postgres"] != taken


@pytest.mark.usefixtures("usual_ports_are_free")
def test_a_remembered_port_that_we_hold_ourselves_is_kept(tmp_path: Path, taken: int) -> None:
    file = tmp_path / "ports.json"
    file.write_text(json.dumps({"postgres": taken, GATEWAY.name: taken}))
    chosen, said = pick(file, ours={taken})
    assert (chosen["postgres"], chosen[GATEWAY.name], said) == (taken, taken, [])


def test_a_usual_port_that_is_taken_is_left_to_its_holder_by_name(
    tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_stack.addresses.PUBLIC", (PublicPort(GATEWAY.name, taken, "PORT"),))
    chosen, said = pick(tmp_path / "ports.json")
    assert chosen[GATEWAY.name] > taken
    assert said[0].startswith(f"Port {taken} is taken by `py")
    assert said[0].endswith("(choose with PORT=…).")


@pytest.mark.usefixtures("usual_ports_are_free")
def test_a_port_that_was_asked_for_is_used_or_refused(tmp_path: Path, taken: int) -> None:
    free = next_free_port(taken)
    chosen, _ = pick(tmp_path / "ports.json", PORT=str(free))
    assert chosen[GATEWAY.name] == free
    with pytest.raises(StackFailure, match=rf"Port {taken} \(PORT={taken}\) is taken by .*make up PORT="):
        pick(tmp_path / "ports.json", PORT=str(taken))


@pytest.mark.usefixtures("usual_ports_are_free")
@pytest.mark.parametrize("nonsense", ["abc", "0", "70000", "-1", "80 80"])
def test_what_is_no_port_is_refused(tmp_path: Path, nonsense: str) -> None:
    with pytest.raises(StackFailure, match="is not a port"):
        pick(tmp_path / "ports.json", MAIL_PORT=nonsense)


def test_the_ports_of_a_process_are_found(taken: int) -> None:
    assert taken in listened_by([os.getpid()])
    assert not is_free(taken)
