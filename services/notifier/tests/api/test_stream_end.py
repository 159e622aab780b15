"""How sockets end."""

import asyncio
import socket as sockets
from urllib.parse import urlsplit

import aiohttp
from prometheus_client import REGISTRY

from chassis.revocations import Revocation
from chassis.testing import FixedClock, TestIssuer
from contracts.ids import new_id
from notifier.live import Invalidation
from notifier.stream import client as client_module


async def test_a_removed_members_socket_ends_within_a_second(site, acme, person):
    tale, ada = acme
    grace = person("Grace")
    tale.joined(grace, invited_by=ada)
    async with (
        site.stream(site.headers(grace, tale.org_id, role="member")) as hers,
        site.stream(site.headers(grace, new_id(), role="member")) as elsewhere,
        site.stream(site.headers(ada, tale.org_id)) as owners,
    ):
        for socket in (hers, elsewhere, owners):
            await site.frame(socket, "hello")
        started = asyncio.get_running_loop().time()
        await site.issuer.revocations.on_event(site.removal(tale, grace, ada))
        frames, code = await site.closed(hers)
        assert asyncio.get_running_loop().time() - started < 1
        assert frames[-1] == {"type": "bye", "code": "revoked", "retry_after_ms": None}
        assert code == 1008
        assert (await site.frame(elsewhere))["type"] == "ping"
        assert (await site.frame(owners))["type"] == "ping"


async def test_a_signed_out_session_loses_its_sockets(site, acme):

    tale, ada = acme
    session = new_id()
    async with (
        site.stream(site.headers(ada, tale.org_id, session_id=session)) as here,
        site.stream(site.headers(ada, tale.org_id)) as phone,
    ):
        await site.frame(here, "hello")
        await site.frame(phone, "hello")
        site.issuer.revocations.revoke(
            Revocation(kind="session", session_id=session, user_id=ada.user_id, not_before=tale.now)
        )
        assert (await site.closed(here))[0][-1]["code"] == "revoked"
        assert (await site.frame(phone))["type"] == "ping"


async def test_a_socket_does_not_outlive_its_token(site_with, settings, acme):
    tale, ada = acme
    clock = FixedClock()
    clock.move(days=-30000)
    issuer = TestIssuer(clock)
    async with (
        site_with(settings(heartbeat_seconds=0.2), issuer) as site,
        site.stream(site.headers(ada, tale.org_id)) as socket,
    ):
        frames, code = await site.closed(socket)
        assert frames[-1]["code"] == "token_expired"
        assert 200 <= frames[-1]["retry_after_ms"] <= 5000
        assert code == 1008


async def test_a_closing_node_sends_everybody_away_at_their_own_moment(site_with, settings, acme):
    tale, ada = acme
    async with aiohttp.ClientSession() as http:
        async with site_with(settings(), TestIssuer()) as site:
            sockets = [
                await http.ws_connect(f"{site.url}/v1/stream", headers=site.headers(ada, tale.org_id)) for _ in range(5)
            ]
            for socket in sockets:
                await site.frame(socket, "hello")
            endings = [asyncio.create_task(site.closed(socket)) for socket in sockets]
        byes = [(await ending)[0][-1] for ending in endings]
        assert {bye["code"] for bye in byes} == {"going_away"}
        assert len({bye["retry_after_ms"] for bye in byes}) > 1


async def test_who_does_not_read_is_sent_away(site, acme, worker, live, monkeypatch):

    tale, ada = acme
    monkeypatch.setattr(client_module, "SLOW_BYE_SECONDS", 0.5)
    before = dismissed("slow_consumer")
    reader, writer = await _raw_socket(site, ada, tale)
    topics = tuple(f"topic-{number:0900d}" for number in range(16))
    async with site.stream(site.headers(ada, tale.org_id)) as good:
        await site.frame(good, "hello")
        for _ in range(1500):
            await live.publish([Invalidation(topics, user_id=ada.user_id)])
            await site.frame(good, "invalidate")
        received = b""
        async with asyncio.timeout(10):
            try:
                while more := await reader.read(1 << 20):
                    received = (received + more)[-1000:]
            except ConnectionResetError:
                received += b"reset"
        assert received
        assert dismissed("slow_consumer") == before + 1
        await site.frame(good, "ping")
    writer.close()


def dismissed(code):
    return REGISTRY.get_sample_value("notifier_sockets_dismissed_total", {"code": code}) or 0


async def _raw_socket(site, person, tale):
    """A client that shakes hands and then reads nothing, with a small receive window."""

    port = urlsplit(site.url).port
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=1024)
    token = site.headers(person, tale.org_id)["Authorization"]
    writer.write(
        f"GET /v1/stream HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: {token}\r\n\r\n".encode()
    )
    assert b"101" in await reader.readline()
    return reader, writer


async def test_what_clients_say_is_ignored_unless_it_is_large_or_much(site, acme):
    tale, ada = acme
    headers = site.headers(ada, tale.org_id)
    async with site.stream(headers) as socket:
        await site.frame(socket, "hello")
        await socket.send_str("{}")
        await socket.send_bytes(b"\x00\xff")
        await socket.send_str("not json")
        assert (await site.frame(socket))["type"] == "ping"
        await socket.send_str("x" * 5000)
        assert (await site.closed(socket))[1] == 1009
    async with site.stream(headers) as socket:
        await site.frame(socket, "hello")
        for _ in range(70):
            await socket.send_str("{}")
        assert (await site.closed(socket))[0][-1]["code"] == "too_many_frames"
