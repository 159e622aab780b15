"""What an open socket hears."""

# ruff: noqa: PLR0917
import asyncio

import pytest

from chassis import telemetry
from chassis.database import Context
from chassis.testing import SpanCollector, wait_until
from contracts.ids import new_id
from notifier.storage.notifications import Draft, insert_notifications
from notifier.usecases import open_stream as opening


async def test_a_newcomer_appears_on_the_owners_screen(site, acme, person, deliver, live):
    tale, ada = acme
    async with site.stream(site.headers(ada, tale.org_id)) as socket:
        hello = await site.frame(socket)
        assert (hello["type"], hello["cursor"], hello["heartbeat_s"]) == ("hello", 0, 0.5)
        joined = tale.joined(person("Grace"), invited_by=ada)
        started = asyncio.get_running_loop().time()
        await deliver(joined, live=live)
        told = await site.frame(socket, "notification")
        assert asyncio.get_running_loop().time() - started < 0.5
        assert told["cursor"] == 1
        assert told["data"]["title"] == "Grace joined Acme"
        assert told["traceparent"] == joined.traceparent
        assert (await site.frame(socket, "invalidate"))["topics"] == ["members"]
        assert (await site.frame(socket, "ping"))["cursor"] == 1


async def test_every_tab_hears_and_other_organizations_do_not(site, acme, person, deliver, live):
    tale, ada = acme
    headers = site.headers(ada, tale.org_id)
    async with (
        site.stream(headers) as one,
        site.stream(headers) as two,
        site.stream(site.headers(ada, new_id())) as other,
    ):
        for socket in (one, two, other):
            await site.frame(socket, "hello")
        await deliver(tale.joined(person("Grace"), invited_by=ada), live=live)
        assert (await site.frame(one, "notification"))["cursor"] == 1
        assert (await site.frame(two, "notification"))["cursor"] == 1
        assert (await site.frame(other))["type"] == "ping"
        assert (await site.frame(other, "ping", "notification", "invalidate"))["cursor"] == 0


async def test_reading_in_one_tab_is_told_to_the_others(site, acme, person, deliver):
    tale, ada = acme
    await deliver(tale.joined(person("Grace"), invited_by=ada))
    headers = site.headers(ada, tale.org_id)
    async with site.stream(headers) as socket:
        await site.frame(socket, "hello")
        await site.call("POST", "/v1/notifications/read-all", headers=headers)
        assert (await site.frame(socket, "invalidate"))["topics"] == ["notifications"]


async def test_a_resume_brings_what_was_missed(site, acme, person, deliver):
    tale, ada = acme
    headers = site.headers(ada, tale.org_id)
    async with site.stream(headers) as socket:
        epoch = (await site.frame(socket, "hello"))["epoch"]
    for name in ("Grace", "Linus", "Joan"):
        await deliver(tale.joined(person(name), invited_by=ada))
    async with site.stream(headers, cursor=1, epoch=epoch) as socket:
        hello = await site.frame(socket)
        assert (hello["type"], hello["cursor"], hello["epoch"]) == ("hello", 3, epoch)
        assert [(await site.frame(socket))["cursor"] for _ in range(2)] == [2, 3]
        assert (await site.frame(socket))["type"] == "ping"
    async with site.stream(headers, cursor=3, epoch=epoch) as socket:
        assert (await site.frame(socket))["type"] == "hello"
        assert (await site.frame(socket))["type"] == "ping", "nothing was missed"


@pytest.mark.parametrize("stale", ["epoch", "future"])
async def test_a_cursor_of_another_numbering_is_reset(site, acme, person, deliver, stale):
    tale, ada = acme
    await deliver(tale.joined(person("Grace"), invited_by=ada))
    query = {"cursor": 0, "epoch": str(new_id())} if stale == "epoch" else {"cursor": 99}
    async with site.stream(site.headers(ada, tale.org_id), **query) as socket:
        assert (await site.frame(socket))["cursor"] == 1
        assert (await site.frame(socket))["type"] == "reset"
        assert (await site.frame(socket))["type"] == "ping"


async def test_too_much_to_replay_is_reset(site, acme, worker, rows):
    tale, ada = acme
    await store(worker, ada, tale, opening.MAX_REPLAY + 1)
    async with site.stream(site.headers(ada, tale.org_id), cursor=0) as socket:
        await site.frame(socket, "hello")
        assert (await site.frame(socket))["type"] == "reset"
    async with site.stream(site.headers(ada, tale.org_id), cursor=1) as socket:
        await site.frame(socket, "hello")
        cursors = [(await site.frame(socket, "notification"))["cursor"] for _ in range(opening.MAX_REPLAY)]
        assert cursors == list(range(2, opening.MAX_REPLAY + 2))


async def store(worker, reader, tale, count, body="body"):

    for _ in range(count):
        draft = Draft(
            id=new_id(), event_id=new_id(), user_id=reader.user_id, org_id=tale.org_id, kind="test", category="team",
            title="title", body=body, data={}, traceparent=None, created_at=tale.now,
        )  # fmt: skip
        async with worker.transaction(Context(actor="system:test")) as tx:
            await insert_notifications(tx, [draft])


async def test_what_was_pruned_cannot_be_replayed(site, acme, worker, rows):

    tale, ada = acme
    await store(worker, ada, tale, 3)
    async with worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute("DELETE FROM notifications WHERE user_id = $1 AND cursor = 2", ada.user_id)
    async with site.stream(site.headers(ada, tale.org_id), cursor=1) as socket:
        await site.frame(socket, "hello")
        assert (await site.frame(socket))["type"] == "reset"


async def test_a_push_that_got_lost_is_made_good_at_the_heartbeat(site, acme, person, deliver, live):
    tale, ada = acme
    async with site.stream(site.headers(ada, tale.org_id)) as socket:
        await site.frame(socket, "hello")
        await deliver(tale.joined(person("Grace"), invited_by=ada))
        assert (await site.frame(socket, "notification"))["cursor"] == 1
        await deliver(tale.joined(person("Linus"), invited_by=ada))
        await deliver(tale.joined(person("Joan"), invited_by=ada), live=live)
        assert [(await site.frame(socket, "notification"))["cursor"] for _ in range(2)] == [2, 3], (
            "in order, none twice"
        )


async def test_redis_away_delays_and_loses_nothing(site, acme, person, deliver, live, engines):
    tale, ada = acme
    async with site.stream(site.headers(ada, tale.org_id)) as socket:
        await site.frame(socket, "hello")
        await asyncio.to_thread(engines.redis.stop)
        try:
            await deliver(tale.joined(person("Grace"), invited_by=ada), live=live)
            assert (await site.frame(socket, "notification"))["cursor"] == 1
            assert (await site.call("POST", "/v1/stream/ticket", headers=site.headers(ada, tale.org_id)))[0] == 503
        finally:
            await asyncio.to_thread(engines.redis.start)
        await deliver(tale.joined(person("Linus"), invited_by=ada), live=live)
        assert (await site.frame(socket, "notification"))["cursor"] == 2


async def test_two_nodes_each_push_to_their_own(site, site_with, settings, acme, person, deliver, live):
    tale, ada = acme
    async with site_with(settings(heartbeat_seconds=60), site.issuer) as other:
        headers = site.headers(ada, tale.org_id)
        async with site.stream(headers) as here, other.stream(headers) as there:
            await site.frame(here, "hello")
            await site.frame(there, "hello")
            await deliver(tale.joined(person("Grace"), invited_by=ada), live=live)
            assert (await site.frame(here, "notification"))["cursor"] == 1
            assert (await site.frame(there, "notification"))["cursor"] == 1


async def test_the_trace_goes_on_in_the_push(site, acme, person, deliver, live):

    tale, ada = acme
    async with SpanCollector().listening() as collector, site.stream(site.headers(ada, tale.org_id)) as socket:
        await site.frame(socket, "hello")
        telemetry.start_tracing("notifier", collector.url)
        try:
            joined = tale.joined(person("Grace"), invited_by=ada)
            await deliver(joined, live=live)
            await site.frame(socket, "notification")
        finally:
            await asyncio.to_thread(telemetry.stop_tracing)
        await wait_until(lambda: "stream.push" in collector.names())
        (push,) = [span for span in collector.spans if span.name == "stream.push"]
        assert push.trace_id.hex() == joined.traceparent.split("-")[1]


async def test_postgres_away_closes_no_socket_and_loses_nothing(site, acme, person, deliver, engines):
    tale, ada = acme
    async with site.stream(site.headers(ada, tale.org_id)) as socket:
        await site.frame(socket, "hello")
        await asyncio.to_thread(engines.postgres.stop)
        try:
            assert (await site.frame(socket))["type"] == "ping"
            assert (await site.frame(socket))["type"] == "ping"
            async with site.stream(site.headers(ada, tale.org_id)) as other:
                assert (await site.frame(other, "bye"))["code"] == "unavailable"
        finally:
            await asyncio.to_thread(engines.postgres.start)
        await deliver(tale.joined(person("Grace"), invited_by=ada))
        assert (await site.frame(socket, "notification"))["cursor"] == 1
