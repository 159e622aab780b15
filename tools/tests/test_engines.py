"""The engines are ready when their start returns, keep their data over stop and kill, and leave nothing behind."""

import asyncio
import os
import select
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import aio_pika
import asyncpg
import pytest
from redis.asyncio import Redis as RedisClient

from local_stack.engines import Engines, RunningEngine
from local_stack.failure import StackFailure
from local_stack.ports import free_port, holder
from local_stack.pytest_plugin import Broker
from local_stack.redis_server import Redis

processes_only = pytest.mark.skipif(
    shutil.which("redis-server") is None and shutil.which("valkey-server") is None,
    reason="the engines of this run are in containers and none is installed",
)
KILLED_RUN = """
import os, signal
from local_stack.engines import Engines
engines = Engines.temporary()
guard = engines._start_guard()
engines.redis.start()
print(engines.directory, guard.pid, engines.redis.pids[0], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_postgres_serves_a_client_when_it_is_started(engines: Engines) -> None:
    connection = await asyncpg.connect(engines.postgres_admin_url)
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()


async def test_redis_serves_a_client_when_it_is_started(engines: Engines) -> None:
    async with RedisClient.from_url(engines.redis_url) as redis:
        assert await redis.ping()


async def test_rabbitmq_keeps_a_durable_message_over_a_restart(engines: Engines, broker: Broker) -> None:
    async with await aio_pika.connect(broker.url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
        await channel.default_exchange.publish(aio_pika.Message(b"still here", delivery_mode=2), "kept")
    await asyncio.to_thread(engines.rabbitmq.stop)
    await asyncio.to_thread(engines.rabbitmq.start)
    async with await aio_pika.connect(broker.url) as connection:
        queue = await (await connection.channel()).get_queue("kept")
        message = await queue.get(timeout=10)
    assert message is not None
    assert message.body == b"still here"


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_postgres_keeps_what_was_committed(engines: Engines, end: str) -> None:
    connection = await asyncpg.connect(engines.postgres_admin_url)
    await connection.execute(f"CREATE TABLE kept_{end} AS SELECT 1 AS one")
    await asyncio.to_thread(getattr(engines.postgres, end))
    assert not engines.postgres.running
    await asyncio.to_thread(engines.postgres.start)
    connection = await asyncpg.connect(engines.postgres_admin_url)
    assert await connection.fetchval(f"SELECT one FROM kept_{end}") == 1
    await connection.close()


@processes_only
def test_a_run_that_is_killed_leaves_no_engine_and_no_directory() -> None:
    run = subprocess.run([sys.executable, "-c", KILLED_RUN], capture_output=True, text=True, check=False)
    directory, guard, engine = run.stdout.split()
    _wait_for_end_of(int(guard))
    assert not Path(directory).exists()
    assert not Path(f"/proc/{engine}").exists() or "\nState:\tZ" in Path(f"/proc/{engine}/status").read_text()


def _wait_for_end_of(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = select.poll()
    ended.register(descriptor, select.POLLIN)
    assert ended.poll(20_000), "the guard is still there after 20 s"
    os.close(descriptor)


@processes_only
def test_an_engine_that_dies_at_start_names_its_log_and_shows_the_end_of_it(engines: Engines) -> None:
    taken = engines.redis.engine.port
    second = RunningEngine(_RedisThatLooksDead(engines.directory / "second", port=taken), engines.directory)
    with pytest.raises(StackFailure, match=r"redis died at start.*second/redis\.log:\n[\s\S]*in use"):
        second.start()


class _RedisThatLooksDead(Redis):
    """Asks nobody on the port, since there another server answers."""

    def __init__(self, directory: Path, *, port: int) -> None:
        directory.mkdir()
        directory.chmod(0o711)
        super().__init__(directory, port=port, durable=False)

    def ready(self) -> bool:
        return False


def test_who_holds_a_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert holder(server.getsockname()[1]).endswith(f"(pid {os.getpid()})")
    assert holder(free_port()) == "another program"
