import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from chassis.callers import Caller
from chassis.problems import TooManyRequests
from chassis.revocations import Revocation
from chassis.testing import serving, wait_until
from contracts.ids import new_id
from notifier.live import Invalidation, Push
from notifier.stream.client import MAX_BYTES, MAX_FRAMES, Client, Seat
from notifier.stream.hub import Hub


@pytest.fixture
async def connect():
    """Real sockets to hang clients on: returns the server's client and the browser's end of it."""
    clients = []

    async def handle(request):
        socket = web.WebSocketResponse(timeout=0.2, compress=False)
        await socket.prepare(request)
        client = Client(seat(), socket, request.transport)
        client.welcome(b'{"type":"hello"}')
        clients.append(client)
        async for _ in socket:
            pass
        return socket

    app = web.Application()
    app.router.add_get("/", handle)
    async with serving(app) as url, aiohttp.ClientSession() as http:

        async def make():
            socket = await http.ws_connect(url)
            count = len(clients)
            await wait_until(lambda: len(clients) >= max(count, 1))
            return clients[-1], socket

        yield make


def seat(**changes):
    caller = Caller(
        user_id=new_id(), org_id=new_id(), role="owner", permissions=frozenset(), session_id=new_id(), actor="user:x",
        issued_at=1000.0, expires_at=2000.0,
    )  # fmt: skip
    caller = replace(caller, **changes)
    return Seat(caller, caller.org_id, "192.0.2.1")


async def nothing_missed(client):
    client.seen = client.wanted


def hub(catch_up=nothing_missed, **limits):
    return Hub(catch_up, **({"per_user": 2, "per_address": 3} | limits))


async def test_the_queue_is_bounded_by_number(connect):
    client, _ = await connect()
    for _ in range(MAX_FRAMES - 1):
        client.offer(b"{}")
    assert client.open
    client.offer(b"{}")
    assert not client.open


async def test_the_queue_is_bounded_by_bytes(connect):
    client, _ = await connect()
    client.offer(b"x" * (MAX_BYTES - 100))
    assert client.open
    client.offer(b"x" * 100)
    assert not client.open


async def test_who_is_dismissed_gets_the_reason_and_nothing_after_it(connect):
    client, browser = await connect()
    writing = asyncio.create_task(client.write())
    client.offer(b'{"n":1}')
    assert [(await browser.receive()).data for _ in range(2)] == ['{"type":"hello"}', '{"n":1}']
    client.dismiss("revoked", None)
    client.dismiss("going_away", 100)
    client.offer(b'{"n":2}')
    assert (await browser.receive()).json() == {"type": "bye", "code": "revoked", "retry_after_ms": None}
    closing = await browser.receive()
    assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, 1008)
    await asyncio.wait_for(writing, 2)


async def test_a_replay_waits_for_room(connect):
    client, browser = await connect()
    offering = asyncio.create_task(_offer(client, 3 * MAX_FRAMES))
    await asyncio.wait({offering}, timeout=0.1)
    assert not offering.done()
    writing = asyncio.create_task(client.write())
    for _ in range(3 * MAX_FRAMES + 1):
        await browser.receive()
    await asyncio.wait_for(offering, 2)
    assert client.open
    writing.cancel()


async def _offer(client, count):
    for _ in range(count):
        await client.offer_when_room(b"{}")


async def test_pushes_come_in_order_once_and_gaps_are_filled(connect):
    asked = []

    async def catch_up(client):
        asked.append((client.seen, client.wanted))
        client.seen = client.wanted

    client, _ = await connect()
    here = hub(catch_up)
    here.join(client)
    client.catching_up = False
    for cursor in (1, 2, 2, 1, 5):
        here.deliver(Push(client.seat.user_id, None, cursor, b"{}", None))
    await wait_until(lambda: not client.catching_up)
    assert asked == [(2, 5)]
    assert client.seen == 5


async def test_what_arrives_while_catching_up_is_fetched_after_it(connect):
    asked = []

    async def catch_up(client):
        up_to = client.wanted
        asked.append(up_to)
        if up_to == 3:
            here.deliver(Push(client.seat.user_id, None, 4, b"{}", None))
        client.seen = up_to

    client, _ = await connect()
    here = hub(catch_up)
    here.join(client)
    client.catching_up = False
    here.want(client, 3)
    await wait_until(lambda: client.seen == 4)
    assert asked == [3, 4]


async def test_a_failed_catching_up_is_tried_again_at_the_next_heartbeat(connect):
    attempts = []

    async def catch_up(client):
        attempts.append(1)
        if len(attempts) == 1:
            raise ConnectionError
        client.seen = client.wanted

    client, _ = await connect()
    here = hub(catch_up)
    here.join(client)
    client.catching_up = False
    here.beat({client.seat.user_id: 2}, now=1500)
    await wait_until(lambda: len(attempts) == 1 and not client.catching_up)
    here.beat({client.seat.user_id: 2}, now=1501)
    await wait_until(lambda: client.seen == 2)


async def test_an_organizations_frame_goes_to_its_members(connect):
    one, _ = await connect()
    two, _ = await connect()
    here = hub()
    here.join(one)
    here.join(two)
    here.deliver(Invalidation(("members",), org_id=one.seat.org_id))
    assert (len(one._frames), len(two._frames)) == (2, 1)
    here.deliver(Invalidation(("notifications",), user_id=two.seat.user_id))
    assert (len(one._frames), len(two._frames)) == (2, 2)


async def test_revocations_hit_whom_they_cover(connect):
    client, _ = await connect()
    here = hub()
    here.join(client)
    later, earlier = datetime.fromtimestamp(1500, UTC), datetime.fromtimestamp(500, UTC)
    about = client.seat.caller
    for revocation in (
        Revocation(kind="membership", user_id=about.user_id, org_id=new_id(), not_before=later),
        Revocation(kind="membership", user_id=about.user_id, org_id=about.org_id, not_before=earlier),
        Revocation(kind="membership", user_id=new_id(), org_id=about.org_id, not_before=later),
        Revocation(kind="session", session_id=new_id(), not_before=later),
    ):
        here.revoke(revocation)
    assert client.open
    here.revoke(Revocation(kind="session", session_id=about.session_id, not_before=earlier))
    assert not client.open


async def test_room_is_given_back(connect):
    here = hub(per_user=1)
    client, _ = await connect()
    here.make_room(client.seat)
    here.join(client)
    with pytest.raises(TooManyRequests):
        here.make_room(client.seat)
    here.leave(client)
    here.make_room(client.seat)
    assert (here.users, here.organizations, here.clients) == ([], [], [])


async def test_a_closing_hub_takes_nobody(connect):
    here = hub()
    client, _ = await connect()
    here.join(client)
    here.dismiss_all()
    assert not client.open
    with pytest.raises(TooManyRequests):
        here.make_room(seat())


async def test_hello_is_first_whatever_came_before(connect):
    client, browser = await connect()
    late = Client(seat(), client._socket, client._transport)
    here = hub()
    here.join(late)
    here.deliver(Invalidation(("members",), org_id=late.seat.org_id))
    here.beat({}, now=1500)
    writing = asyncio.create_task(late.write())
    late.welcome(b'{"type":"hello"}')
    assert [(await browser.receive()).json()["type"] for _ in range(2)] == ["hello", "invalidate"]
    writing.cancel()
