"""The client of the services, against bytes that no library would send."""

import asyncio
import gc
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest

from chassis.testing import wait_until
from gateway.connections import Pool, ServiceAnswer, Unreachable
from gateway.exchange import MOST_HEAD_BYTES, Broken, Exchange
from gateway.headers import Fields

from .parts import Script

ServeBytes = Callable[[Script], Awaitable[str]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEAD = b"HTTP/1.1 200 OK\r\n"


class Service:
    """Answers the requests of each connection with the next of its answers; None closes the connection."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.connections = 0
        self.heads: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await reader.readuntil(b"\r\n\r\n"):
            self.heads.append(head)
            answer = self.answers.pop(0)
            if answer is None:
                return
            writer.write(answer)
            if b"Connection: close" in answer or b"HTTP/1.0" in answer:
                return


Start = Callable[..., Awaitable[tuple[Pool, Service]]]


@pytest.fixture
def start(serve_bytes: ServeBytes, request: pytest.FixtureRequest) -> Start:
    async def make(*answers: bytes | None) -> tuple[Pool, Service]:
        service = Service(*answers)
        pool = Pool(await serve_bytes(service), connect_seconds=2, answer_seconds=2)
        request.addfinalizer(pool.close)
        return pool, service

    return make


async def ask(pool: Pool, method: str = "GET") -> tuple[ServiceAnswer, bytes]:
    async with await pool.request(method, "/", []) as answer:
        return answer, await answer.read_all()


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (OK, b"ok"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;a=b\r\no\r\n1\r\nk\r\n0\r\nX-Trailer: a\r\n\r\n", b"ok"),
        (HEAD + b"Connection: close\r\n\r\nok", b"ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", b""),
        (HEAD + b"Content-Length: 0\r\n\r\n", b""),
    ],
)
async def test_every_good_framing(start: Start, sent: bytes, body: bytes) -> None:
    pool, _ = await start(sent)
    answer, found = await ask(pool)
    assert found == body
    assert "Link" not in answer.headers
    assert "X-Trailer" not in answer.headers


async def test_a_head_has_no_body_whatever_its_length_says(start: Start) -> None:
    pool, service = await start(HEAD + b"Content-Length: 500\r\n\r\n", OK)
    answer, body = await ask(pool, "HEAD")
    assert (answer.length, body) == (500, b"")
    assert (await ask(pool))[1] == b"ok"
    assert service.connections == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nokk",
        HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: identity\r\nConnection: close\r\n\r\nok",
        HEAD + b"Content-Length: +2\r\n\r\nok",
        HEAD + b"Content-Length: 2, 2\r\n\r\nok",
        HEAD + b"Content-Length: 99999999999999999999999\r\n\r\nok",
        HEAD + b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"X-A: b\x00c\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"X-A: b\rc\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"X A: b\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"X-A: b\nContent-Length: 0\n\n",
        HEAD + b"X: " + b"a" * MOST_HEAD_BYTES + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 4000 + OK,
    ],
)
async def test_bad_framing_is_refused_and_the_connection_is_not_used_again(start: Start, sent: bytes) -> None:
    pool, service = await start(sent, OK)
    with pytest.raises(Broken):
        await ask(pool)
    assert (await ask(pool))[1] == b"ok"
    assert service.connections == 2


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nokk\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nok",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n",
    ],
)
async def test_bad_chunks_are_refused(start: Start, sent: bytes) -> None:
    pool, _ = await start(sent)
    with pytest.raises(Broken):
        await ask(pool)


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nConte",
        HEAD + b"Content-Length: 5\r\nConnection: close\r\n\r\nok",
        HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nok\r\n",
    ],
)
async def test_an_early_end_is_no_answer(serve_bytes: ServeBytes, sent: bytes) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)

    pool = Pool(await serve_bytes(cut), connect_seconds=2, answer_seconds=2)
    with pytest.raises(Broken):
        await ask(pool)


@pytest.mark.parametrize("forged", [OK.replace(b"ok", b"no"), b"HTTP/1.1 200 OK\r\n", b"\0"])
async def test_what_follows_an_answer_is_never_the_next_ones(start: Start, forged: bytes) -> None:
    """Response splitting: whoever plants a second answer behind the first poisons nobody's."""
    pool, service = await start(OK + forged, OK)
    assert (await ask(pool))[1] == b"ok"
    assert (await ask(pool))[1] == b"ok"
    assert service.connections == 2


async def test_what_nobody_asked_for_closes_an_idle_connection(serve_bytes: ServeBytes) -> None:
    connections, more = 0, asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await more.wait()
        writer.write(OK.replace(b"ok", b"no"))
        await reader.read()

    pool = Pool(await serve_bytes(talk), connect_seconds=2, answer_seconds=2)
    assert (await ask(pool))[1] == b"ok"
    (kept,) = pool._idle
    more.set()
    await wait_until(lambda: not kept.usable)
    assert (await ask(pool))[1] == b"ok"
    assert connections == 2


async def test_a_connection_is_used_again_after_each_whole_answer(start: Start) -> None:
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    error = b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nok"
    pool, service = await start(OK, chunked, error, b"HTTP/1.1 204 No Content\r\n\r\n", OK)
    assert [(await ask(pool))[0].status for _ in range(5)] == [200, 200, 500, 204, 200]
    assert service.connections == 1


async def test_a_connection_is_not_used_again_when_the_service_wants_to_close_it(start: Start) -> None:
    pool, service = await start(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), OK)
    assert [(await ask(pool))[1] for _ in range(2)] == [b"ok", b"ok"]
    assert service.connections == 2


async def test_an_answer_that_was_not_read_gives_no_connection_back(start: Start) -> None:
    pool, service = await start(HEAD + b"Content-Length: 100000\r\n\r\n" + b"x" * 50_000, OK)
    async with await pool.request("GET", "/", []):
        pass
    assert (await ask(pool))[1] == b"ok"
    assert service.connections == 2


async def test_a_connection_that_the_service_closed_while_idle_is_not_used(start: Start) -> None:
    pool, service = await start(OK, None, OK)
    assert (await ask(pool))[1] == b"ok"
    with pytest.raises(Broken):
        await ask(pool)
    assert (await ask(pool))[1] == b"ok"
    assert service.connections == 2


async def test_nobody_there() -> None:
    with pytest.raises(Unreachable):
        await ask(Pool("http://127.0.0.1:1", connect_seconds=1, answer_seconds=1))


async def test_a_reader_slower_than_the_service_sets_the_pace(serve_bytes: ServeBytes) -> None:
    written = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"Content-Length: 67108864\r\n\r\n")
        for _ in range(1024):
            writer.write(b"x" * 65_536)
            await writer.drain()
            written += 65_536

    pool = Pool(await serve_bytes(flood), connect_seconds=2, answer_seconds=5)
    async with await pool.request("GET", "/", []) as answer:
        total = len(await answer.read_any())
        last = -1
        while last != written:
            last = written
            await asyncio.to_thread(lambda: None)
        assert written < 33_554_432
        while piece := await answer.read_any():
            total += len(piece)
    assert total == 67_108_864


async def test_a_body_is_sent_whole_and_chunked_without_a_length(serve_bytes: ServeBytes) -> None:
    taken = b""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        taken = await reader.readuntil(b"0\r\n\r\n")
        writer.write(OK)

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield b"one"
        yield b"three"

    pool = Pool(await serve_bytes(take), connect_seconds=2, answer_seconds=2)
    async with await pool.request("POST", "/a?b=c", [(b"X-A", "ü".encode())], pieces()) as answer:
        assert await answer.read_all() == b"ok"
    head, _, body = taken.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /a?b=c HTTP/1.1"
    assert b"\r\nX-A: \xc3\xbc\r\nTransfer-Encoding: chunked" in head
    assert body == b"3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        ("/", [(b"X-A", b"b\r\nX-C: d")]),
        ("/", [(b"X-A", b"b\nc")]),
        ("/", [(b"X-A", b"b\0")]),
        ("/ HTTP/1.1\r\nX: ", []),
        ("/a b", []),
    ],
)
async def test_nothing_is_sent_that_would_be_two_requests(start: Start, target: str, fields: Fields) -> None:
    pool, service = await start(OK)
    with pytest.raises(ValueError, match="would not be one"):
        await pool.request("GET", target, fields)
    assert service.heads == []


@pytest.mark.parametrize("sent", [OK, HEAD + b"Content-Length: x\r\n\r\n"], ids=["whole", "refused"])
def test_an_answer_leaves_nothing_to_the_garbage_collector(sent: bytes) -> None:
    gc.disable()
    try:
        exchange = Exchange("GET")
        exchange.feed(sent)
        gone = weakref.ref(exchange)
        del exchange
        assert gone() is None
    finally:
        gc.enable()
