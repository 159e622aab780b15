"""Engines in containers: the same promises as processes give, where a Docker engine has the images."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from local_stack.docker_engine import engine_answers, missing_images
from local_stack.engine_kind import engines_class
from local_stack.engines import Engines
from local_stack.failure import StackFailure


def test_a_wish_decides_and_one_that_is_none_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("TEST_ENGINES", "processes")
    assert engines_class() == (Engines, "TEST_ENGINES=processes")
    monkeypatch.setenv("TEST_ENGINES", "podman")
    with pytest.raises(StackFailure, match="neither containers nor processes"):
        engines_class()


def test_without_an_engine_a_wish_for_containers_says_why_not(monkeypatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("TEST_ENGINES", "containers")
    with pytest.raises(StackFailure, match="no Docker engine answers"):
        engines_class()
    monkeypatch.delenv("TEST_ENGINES")
    assert engines_class() == (Engines, "no Docker engine answers")


@pytest.fixture
def contained(tmp_path: Path) -> Iterator[Engines]:
    if not engine_answers():
        pytest.skip("no Docker engine answers")
    from local_stack.container_engines import IMAGES, ContainerEngines

    if missing := missing_images(IMAGES.values()):
        pytest.skip(f"the Docker engine lacks {', '.join(missing)}")
    engines = ContainerEngines(tmp_path)
    try:
        yield engines
    finally:
        engines.stop()


async def test_an_engine_in_a_container_keeps_its_data_and_its_port_over_a_kill(contained: Engines) -> None:
    await asyncio.to_thread(contained.postgres.start)
    connection = await asyncpg.connect(contained.postgres_admin_url)
    await connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    await asyncio.to_thread(contained.postgres.kill)
    assert not contained.postgres.running
    await asyncio.to_thread(contained.postgres.start)
    connection = await asyncpg.connect(contained.postgres_admin_url)
    assert await connection.fetchval("SELECT one FROM kept") == 1
    await connection.close()


KILLED_RUN = """
import os, signal, sys
from pathlib import Path
from local_stack.container_engines import ContainerEngines
engines = ContainerEngines(Path(sys.argv[1]))
engines.redis.start()
print(engines.redis._container.get_container_id(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_leaves_is_removed_by_the_next(contained: Engines, tmp_path: Path) -> None:
    from local_stack.container_engines import clear_up

    command = [sys.executable, "-c", KILLED_RUN, str(tmp_path)]
    left = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    clear_up()
    seen = subprocess.run(["docker", "inspect", left], capture_output=True, check=False)
    assert seen.returncode != 0
