import asyncio
import json

import pytest

from contracts.ids import new_id
from notifier import redis_gateway
from notifier.live import Invalidation, Push
from notifier.redis_gateway import RedisLive, RedisNode, Tickets


async def nothing():
    pass


@pytest.fixture
async def listening(redis):
    """A node that listens: returns it and what it hears."""
    tasks = []

    async def start(name):
        heard, connected = asyncio.Queue(), asyncio.Event()

        async def on_connected():
            connected.set()

        node = RedisNode(redis, name)
        tasks.append(asyncio.create_task(node.listen(heard.put_nowait, on_connected)))
        await asyncio.wait_for(connected.wait(), 5)
        return node, heard

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_signals_reach_the_nodes_that_hold_somebody_and_no_other(redis, listening):
    here, heard = await listening(str(new_id()))
    _, elsewhere = await listening(str(new_id()))
    user, org = new_id(), new_id()
    await here.say_present([user], [org])
    signals = [
        Push(user, org, 7, b'{"type":"notification"}', "00-a-b-01"),
        Push(user, None, 8, b"{}", None),
        Push(new_id(), org, 1, b"{}", None),
        Invalidation(("members",), org_id=org),
        Invalidation(("notifications",), user_id=user),
    ]
    await RedisLive(redis).publish(signals)
    assert [await asyncio.wait_for(heard.get(), 5) for _ in range(4)] == [signals[0], signals[1], *signals[3:]]
    assert heard.empty()
    assert elsewhere.empty()


async def test_a_message_nobody_understands_harms_nothing(redis, listening):
    node, heard = await listening(str(new_id()))
    user = new_id()
    await node.say_present([user], [])
    for strange in (b"\xff", b"[]", b"{}", json.dumps([{"user": "x", "org": None}]).encode()):
        await redis.publish(f"notifier:node:{node.name}", strange)
    await RedisLive(redis).publish([Push(user, None, 1, b"{}", None)])
    assert (await asyncio.wait_for(heard.get(), 5)).cursor == 1


async def test_presence_ends_by_itself(redis):
    node, user = RedisNode(redis, "gone"), new_id()
    await node.say_present([user], [])
    key = f"notifier:user:{user}"
    assert 0 < await redis.ttl(key) <= 60
    await redis.zadd(key, {"gone": 1})
    await RedisNode(redis, "other").say_present([user], [])
    assert list(await redis.zrange(key, 0, -1)) == [b"other"]


async def test_while_redis_is_away_nothing_waits_for_it(free_redis):
    live = RedisLive(free_redis)
    await live.publish([Push(new_id(), None, 1, b"{}", None)])
    started = asyncio.get_running_loop().time()
    for _ in range(100):
        await live.publish([Push(new_id(), None, 1, b"{}", None)])
    assert asyncio.get_running_loop().time() - started < 0.1
    await RedisNode(free_redis, "x").say_present([new_id()], [])


@pytest.fixture
async def free_redis():
    """A client of a server that is not there."""
    client = redis_gateway.connect("redis://127.0.0.1:1/0")
    yield client
    await client.aclose()


async def test_a_ticket_is_good_once(redis):
    tickets = Tickets(redis)
    ticket = await tickets.issue("a.token.here")
    assert await tickets.redeem(ticket) == "a.token.here"
    assert await tickets.redeem(ticket) is None


async def test_of_many_at_once_one_redeems(redis):
    tickets = Tickets(redis)
    ticket = await tickets.issue("a.token.here")
    redeemed = await asyncio.gather(*(tickets.redeem(ticket) for _ in range(20)))
    assert sorted(map(str, redeemed)) == ["None"] * 19 + ["a.token.here"]


async def test_what_redis_holds_opens_nothing(redis):
    tickets = Tickets(redis)
    ticket = await tickets.issue("a.token.here")
    for key in [key async for key in redis.scan_iter("notifier:ticket:*")]:
        assert b"a.token.here" not in await redis.get(key)
        assert await tickets.redeem(key.decode().rpartition(":")[2]) is None
    assert await tickets.redeem(ticket) == "a.token.here"


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 10, 12, 15, 20, 30, 50])
async def test_listening_ends_whenever_it_is_cancelled(engines, steps):
    client = redis_gateway.connect(engines.redis_url)
    listening = asyncio.create_task(RedisNode(client, str(new_id())).listen(lambda _: None, nothing))
    for _ in range(steps):
        await asyncio.sleep(0)
    listening.cancel()
    done, _ = await asyncio.wait({listening}, timeout=3)
    assert done
    await client.aclose()


async def test_after_a_restart_of_redis_no_request_pays_for_the_broken_connection(engines) -> None:
    redis = redis_gateway.connect(engines.redis_url)
    tickets = Tickets(redis)
    await tickets.issue("before")
    await asyncio.to_thread(engines.redis.stop)
    await asyncio.to_thread(engines.redis.start)
    assert await tickets.redeem(await tickets.issue("after")) == "after"
    await redis.aclose()
