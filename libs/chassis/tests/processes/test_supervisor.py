"""Several processes on one port: all answer, one that dies is replaced, an orderly end finishes what is in hand."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from chassis.testing import eventually
from local_stack.ports import free_port

from .running_service import Process, half_a_request, run, running

BODY = {"name": "a"}


@asynccontextmanager
async def two_workers(environment: dict[str, str], **more: str) -> AsyncIterator[tuple[Process, str, list[str]]]:
    """The parent, the service's URL, and those of the workers' private ports."""
    port = free_port(row=3)
    settings = {"HTTP_WORKERS": "2", "METRICS_PORT": str(port), **more}
    async with running(environment, "serve", **settings) as service:
        url = f"http://127.0.0.1:{(await service.said('supervising'))['port']}"
        await service.said("serving", times=2)
        yield service, url, [f"http://127.0.0.1:{port + number}" for number in (1, 2)]


def new_connection() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))


async def figure(http: aiohttp.ClientSession, url: str, name: str) -> float:
    async with http.get(f"{url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def children(process: Process) -> list[int]:
    pid = process.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_both_answer_and_each_says_its_own_figures(environment: dict[str, str]) -> None:
    async with two_workers(environment) as (_, url, private), new_connection() as http:

        async def both_answered() -> bool:
            async with http.post(f"{url}/v1/things", json=BODY) as answer:
                assert answer.status == 200
            answered = [await figure(http, each, "http_request_duration_seconds_count") for each in private]
            return all(answered)

        await eventually(both_answered)


async def test_the_parent_says_how_its_workers_are(environment: dict[str, str]) -> None:
    async with two_workers(environment) as (service, _, _), new_connection() as http:
        parent = f"http://127.0.0.1:{(await service.said('supervising'))['metrics_port']}"

        async def ready() -> bool:
            async with http.get(f"{parent}/health/ready") as answer:
                return answer.status == 200

        await eventually(ready)
        assert await figure(http, parent, "http_workers ") == 2
        for pid in children(service):
            os.kill(pid, signal.SIGSTOP)

        async def unavailable() -> bool:
            return not await ready()

        await eventually(unavailable)
        for pid in children(service):
            os.kill(pid, signal.SIGCONT)
        await eventually(ready)


async def test_a_killed_worker_is_replaced_while_the_port_answers(environment: dict[str, str]) -> None:
    async with two_workers(environment) as (service, url, private), new_connection() as http:
        answers: list[int] = []
        broken: list[tuple[str, bool]] = []
        killed = children(service)[0]

        async def ask() -> None:
            while len(service.all_said("serving")) < 3:
                gone = bool(service.all_said("a worker ended"))
                try:
                    async with http.post(f"{url}/v1/things", json=BODY) as answer:
                        answers.append(answer.status)
                except aiohttp.ClientError as error:
                    broken.append((type(error).__name__, gone))

        asking = [asyncio.create_task(ask()) for _ in range(4)]
        await eventually(lambda: _is(len(answers) > 20))
        os.kill(killed, signal.SIGKILL)
        before = len(answers)
        await asyncio.gather(*asking)
        assert len(answers) > before + 20, "the other one answered meanwhile"
        assert set(answers) == {200}
        assert not [one for one in broken if "Connector" in one[0]], "the port was never closed"
        assert not [one for one in broken if one[1]], (
            "only what was in the killed one's hands, or reached it as it died"
        )
        assert killed not in children(service)
        assert len(children(service)) == 2
        async with http.get(f"{private[0]}/health/ready") as answer:
            assert answer.status == 200, "the new one has the private port of the old one"


async def _is(holds: bool) -> bool:
    return holds


async def test_an_orderly_end_finishes_what_both_have_in_hand(environment: dict[str, str]) -> None:
    async with two_workers(environment) as (service, url, private), new_connection() as http:
        port, in_hand = int(url.rpartition(":")[2]), []

        async def both_have_one() -> bool:
            in_hand.append(await half_a_request(port))
            return all([await figure(http, each, "http_requests_in_flight ") for each in private])

        await eventually(both_have_one)
        service.process.send_signal(signal.SIGTERM)
        await service.said("stopping", times=3)
        for reader, writer in in_hand:
            writer.write(b'{"name":"a"}')
            assert b"200 OK" in await asyncio.wait_for(reader.read(), 10)
        assert await service.end() == 0


async def test_workers_end_with_their_parent(environment: dict[str, str]) -> None:
    async with two_workers(environment) as (service, _, _):
        pids = children(service)
        service.process.kill()
        await service.said("the parent is gone", times=2)
        await service.end()
        await eventually(lambda: _is(not any(Path(f"/proc/{pid}").exists() for pid in pids)))


async def test_workers_that_end_again_and_again_end_the_parent(environment: dict[str, str]) -> None:
    port = free_port(row=3)
    settings = {"HTTP_WORKERS": "2", "METRICS_PORT": str(port), "TEST_SERVING_PARTS": "failing"}
    async with running(environment, "serve", **settings) as service:
        await service.said("workers end too often")
        assert len(service.all_said("a worker ended")) == 5
        assert await service.end() == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"METRICS_PORT": "0"}, "METRICS_PORT: name one for HTTP_WORKERS"),
        ({"METRICS_PORT": "65535"}, "METRICS_PORT: name one for HTTP_WORKERS"),
        ({"HTTP_WORKERS": "0"}, "HTTP_WORKERS"),
        ({"TEST_KEY": "c2hvcnQ"}, "a signing key is"),
    ],
)
async def test_a_refused_start_is_refused_once(
    environment: dict[str, str], change: dict[str, str], reason: str
) -> None:
    settings = {"HTTP_WORKERS": "2", "METRICS_PORT": str(free_port(row=3)), **change}
    code, out, err = await run(environment, "serve", **settings)
    assert code == 78, (out, err)
    assert reason in err
    assert "a worker ended" not in out


async def test_a_taken_port_is_named_once(environment: dict[str, str]) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = str(server.sockets[0].getsockname()[1])
    settings = {"HTTP_WORKERS": "2", "METRICS_PORT": str(free_port(row=3)), "HTTP_PORT": port}
    code, _, err = await run(environment, "serve", **settings)
    server.close()
    assert (code, err.count(f"HTTP_PORT: cannot listen on 127.0.0.1:{port}")) == (78, 1)
