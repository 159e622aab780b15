"""Calls that follow each other on one line to a real Redis, and what becomes of them when it fails."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import trustme
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from chassis.testing import eventually
from gateway import redis_gateway
from gateway.gcra import Limit
from gateway.limiter import MOST_CALLS, Limiter
from gateway.redis_gateway import ANSWER_SECONDS, AWAY, SharedCounts, connect

from .conftest import NO_REDIS

HOUR = 3600


def limit(requests: int) -> Limit:
    return Limit("user", f"user:{uuid4()}", requests, HOUR)


@pytest.fixture
async def shared(engines) -> AsyncIterator[SharedCounts]:
    async with AsyncExitStack() as stack:
        yield connect(engines.redis_url, stack)


@pytest.fixture
async def limiter(shared: SharedCounts) -> AsyncIterator[Limiter]:
    limiter = Limiter(shared)
    yield limiter
    await limiter.stop()


@pytest.fixture
async def redis(engines) -> AsyncIterator[Redis]:
    """A line of the test's own. Whatever it paused goes on after the test."""
    async with Redis.from_url(engines.redis_url) as client:
        yield client
        await client.client_unpause()


async def ours(redis: Redis) -> list[str]:
    """The lines other than the test's own."""
    own = await redis.client_id()
    return [each["id"] for each in await redis.client_list() if int(each["id"]) != own]


async def end_all_but(lines: list[str], redis: Redis) -> None:
    for line in set(await ours(redis)) - set(lines):
        await redis.client_kill_filter(_id=line)


async def test_each_of_many_calls_at_once_gets_its_own_answer(shared: SharedCounts) -> None:
    quotas = range(1, 200)
    answers = await asyncio.gather(*(shared.take([[limit(quota)]] * (quota % 3 + 1)) for quota in quotas))
    assert [[standing.remaining for (standing,) in answer] for answer in answers] == [
        [max(0, quota - 1 - earlier) for earlier in range(quota % 3 + 1)] for quota in quotas
    ]


async def test_all_share_one_line(shared: SharedCounts, redis: Redis) -> None:
    before = await ours(redis)
    await asyncio.gather(*(shared.take([[limit(5)]]) for _ in range(20)))
    assert len(await ours(redis)) == len(before) + 1


async def test_a_redis_that_forgot_the_script_is_given_it_again(limiter: Limiter, redis: Redis) -> None:
    one = limit(10)
    await limiter.take([one])
    await redis.script_flush()
    counts = await asyncio.gather(*(limiter.take([one]) for _ in range(5)))
    assert [(count.standings[0].remaining, count.shared) for count in counts] == [
        (left, True) for left in range(8, 3, -1)
    ]


async def test_nobody_pays_for_a_line_that_ended_while_idle(limiter: Limiter, redis: Redis) -> None:
    one = limit(10)
    before = await ours(redis)
    await limiter.take([one])
    await end_all_but(before, redis)
    count = await limiter.take([one])
    assert (count.standings[0].remaining, count.shared) == (8, True)


async def test_who_was_under_way_on_a_line_that_ends_is_counted_on_the_next(
    limiter: Limiter, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_gateway, "ANSWER_SECONDS", 10)
    one = limit(10)
    before = await ours(redis)
    await limiter.take([one])
    (line,) = set(await ours(redis)) - set(before)

    async def is_held_up() -> bool:
        return any(each["id"] == line and "b" in each["flags"] for each in await redis.client_list())

    async def is_gone() -> bool:
        return line not in await ours(redis)

    await redis.client_pause(60_000, all=False)
    asked = asyncio.create_task(limiter.take([one]))
    await eventually(is_held_up, 1)
    await end_all_but(before, redis)
    await eventually(is_gone, 1)
    await redis.client_unpause()
    count = await asked
    assert (count.standings[0].remaining, count.shared) == (8, True)


async def test_who_waited_too_long_gets_an_error_and_the_next_their_own_answer(
    shared: SharedCounts, redis: Redis
) -> None:
    late, next_one = limit(10), limit(100)
    await shared.take([[late]])
    await redis.client_pause(60_000, all=False)
    started = asyncio.get_running_loop().time()
    failed = await asyncio.gather(*(shared.take([[late]]) for _ in range(3)), return_exceptions=True)
    assert asyncio.get_running_loop().time() - started < 5 * ANSWER_SECONDS
    assert [isinstance(error, AWAY) for error in failed] == [True] * 3
    await redis.client_unpause()
    assert (await shared.take([[next_one]]))[0][0].remaining == 99


async def test_who_has_a_password_and_a_database_of_their_own(engines, redis: Redis) -> None:
    secret, name, one = uuid4().hex, f"gateway-{uuid4().hex}", limit(10)
    at = urlsplit(engines.redis_url)
    await redis.acl_setuser(name, enabled=True, passwords=[f"+{secret}"], keys=["*"], categories=["+@all"])
    try:
        async with AsyncExitStack() as stack:
            known = connect(f"redis://{name}:{secret}@{at.hostname}:{at.port}/7", stack)
            assert (await known.take([[one]]))[0][0].remaining == 9
            stranger = connect(f"redis://{name}:wrong@{at.hostname}:{at.port}/7", stack)
            with pytest.raises(ResponseError, match="WRONGPASS"):
                await stranger.take([[one]])
    finally:
        await redis.acl_deluser(name)
    async with Redis(host=str(at.hostname), port=at.port or 0, db=7) as seventh:
        assert await seventh.delete(f"gateway:limit:{one.key}") == 1
    assert await redis.exists(f"gateway:limit:{one.key}") == 0


async def test_over_tls_to_whom_the_certificate_names_and_to_nobody_else(engines, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    at, query = urlsplit(engines.redis_url), f"ssl_ca_certs={tmp_path / 'ca.pem'}"
    async with AsyncExitStack() as stack:
        for name, trusted in (("127.0.0.1", True), ("redis.example", False)):
            port = await before_redis(stack, authority.issue_cert(name), str(at.hostname), at.port or 0)
            shared = connect(f"rediss://127.0.0.1:{port}/0?{query}", stack)
            if trusted:
                assert (await shared.take([[limit(10)]]))[0][0].remaining == 9
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    await shared.take([[limit(10)]])


async def before_redis(stack: AsyncExitStack, leaf: trustme.LeafCert, host: str, port: int) -> int:
    """The port of a server that takes the encryption off."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf.configure_cert(context)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    stack.callback(server.close)
    listening: int = server.sockets[0].getsockname()[1]
    return listening


async def test_without_redis_all_who_ask_are_told() -> None:
    async with AsyncExitStack() as stack:
        nowhere = connect(NO_REDIS, stack)
        failed = await asyncio.gather(*(nowhere.take([[limit(1)]]) for _ in range(5)), return_exceptions=True)
        assert [isinstance(error, AWAY) for error in failed] == [True] * 5


async def test_what_is_under_way_when_it_stops_starts_nothing_anew(
    shared: SharedCounts, limiter: Limiter, redis: Redis
) -> None:
    one = limit(10)
    await limiter.take([one])
    await redis.client_pause(60_000, all=False)
    asked = asyncio.create_task(limiter.take([one]))
    for _ in range(5):  # turns of the loop, so that it is under way
        await asyncio.sleep(0)
    asked.cancel()
    await asyncio.wait([asked])
    await limiter.stop()
    before = asyncio.all_tasks()
    shared.close()
    assert asyncio.all_tasks() == before
    assert not limiter.is_local


async def test_calls_do_not_wait_for_each_other_but_only_so_many_are_under_way(limiter: Limiter, redis: Redis) -> None:
    def calls() -> float:
        return (REGISTRY.get_sample_value("gateway_limit_calls_total") or 0) - before

    async def all_are_under_way() -> bool:
        return calls() == MOST_CALLS

    one = limit(100)
    await limiter.take([one])
    before = REGISTRY.get_sample_value("gateway_limit_calls_total") or 0
    await redis.client_pause(60_000, all=False)
    asked = []
    for _ in range(10):
        asked.append(asyncio.create_task(limiter.take([one])))
        for _ in range(5):  # turns of the loop, so that it is a call of its own
            await asyncio.sleep(0)
    await eventually(all_are_under_way, 1)
    await redis.client_unpause()
    counts = await asyncio.gather(*asked)
    assert all(count.shared for count in counts)
    assert sorted(count.standings[0].remaining for count in counts) == list(range(89, 99))
    assert calls() == MOST_CALLS + 1
