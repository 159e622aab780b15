"""How often somebody may ask, counted in a real Redis, also by two processes, also while Redis is away."""

import asyncio
import json
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from prometheus_client import REGISTRY

from gateway.gcra import Limit
from gateway.limiter import Limiter
from gateway.redis_gateway import connect
from local_stack.ports import free_port

from .conftest import NOWHERE
from .echo import ECHO, echo_service
from .parts import Gateway, Teams, document, eventually, operation

StartGateway = Callable[..., Awaitable[Gateway]]
ServeApp = Callable[[web.Application], Awaitable[str]]
HOUR = 3600


def limited(requests: int, by: str) -> dict[str, Any]:
    return operation(token=by != "address", **{"x-rate-limit": [{"requests": requests, "seconds": HOUR, "by": by}]})


LIMITED = document(
    {
        "/v1/echo": {"get": operation()},
        "/v1/echo-mine": {"get": operation(token=True)},
        "/v1/echo-login": {"get": limited(3, "address")},
        "/v1/echo-invite": {"get": limited(4, "organization")},
        "/v1/echo-try": {"get": limited(2, "caller")},
        "/v1/echo-webhook": {"get": operation(**{"x-rate-limit": []})},
    }
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def behind(serve_app: ServeApp) -> str:
    return await serve_app(echo_service())


@pytest.fixture
def gateway(engines, behind: str, start_gateway: StartGateway) -> Callable[..., Awaitable[Gateway]]:
    """A gateway on the run's Redis, in the keys of nobody else: each test has its own address."""

    async def start(**settings: Any) -> Gateway:
        trusting = {"redis_url": engines.redis_url, "trusted_proxies": ["127.0.0.0/8"]}
        return await start_gateway({"echo": (behind, LIMITED)}, **trusting | settings)

    return start


def somewhere() -> dict[str, str]:
    """A network address of its own."""
    return {"X-Forwarded-For": f"10.{uuid4().int % 250}.{uuid4().int % 250}.{uuid4().int % 250}"}


def policies(answer: Any) -> dict[str, int]:
    """Name -> quota, as the headers say."""
    return {name: int(q) for name, q in re.findall(r'"([\w-]+)";q=(\d+);w=\d+', answer.headers["RateLimit-Policy"])}


def remaining(answer: Any) -> dict[str, int]:
    return {name: int(r) for name, r in re.findall(r'"([\w-]+)";r=(\d+);t=\d+', answer.headers["RateLimit"])}


async def test_an_address_is_limited_and_told_so(gateway) -> None:
    here, there = somewhere(), somewhere()
    running = await gateway(requests_per_minute_address=2)
    first = await running.get("/v1/echo", headers=here)
    assert first.headers["RateLimit-Policy"] == '"address";q=2;w=60'
    assert re.fullmatch(r'"address";r=1;t=(29|30)', first.headers["RateLimit"])
    await running.get("/v1/echo", headers=here)
    refused = await running.get("/v1/echo", headers=here)
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    assert remaining(refused) == {"address": 0}
    assert (await running.get("/v1/echo", headers=there)).status == 200


async def test_one_customer_of_an_ipv6_network_is_one_address(gateway) -> None:
    running = await gateway(requests_per_minute_address=1)
    network = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}"
    assert (await running.get("/v1/echo", headers={"X-Forwarded-For": f"{network}::1"})).status == 200
    assert (await running.get("/v1/echo", headers={"X-Forwarded-For": f"{network}:9::2"})).status == 429


async def test_a_person_and_their_organization_are_counted_apart(gateway, teams: Teams) -> None:
    running, org = await gateway(requests_per_minute_caller=2, requests_per_minute_address=1), uuid4()
    ada, bob = ({"Authorization": f"Bearer {teams.token(org=org, quota=3)}"} | somewhere() for _ in range(2))
    answers = [await running.get("/v1/echo-mine", headers=ada) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert policies(answers[0]) == {"user": 2, "organization": 3}
    assert remaining(answers[2]) == {"user": 0, "organization": 1}
    answers = [await running.get("/v1/echo-mine", headers=bob) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    assert "organization" in answers[1].json["detail"]


@pytest.mark.parametrize(("quota", "kept"), [(7, 7), (None, 600), (0, None)])
async def test_the_quota_of_the_plan_comes_with_the_token(gateway, teams: Teams, quota, kept) -> None:
    running = await gateway()
    answer = await running.get("/v1/echo-mine", headers={"Authorization": f"Bearer {teams.token(quota=quota)}"})
    assert policies(answer).get("organization") == kept


async def test_guessing_tokens_is_limited_by_address(gateway) -> None:
    running, here = await gateway(requests_per_minute_address=3), somewhere()
    statuses = [
        (await running.get("/v1/echo-mine", headers=here | {"Authorization": f"Bearer guess-{n}"})).status
        for n in range(5)
    ]
    assert statuses == [401, 401, 401, 429, 429]


async def test_an_operation_has_stricter_limits_of_its_own(gateway, teams: Teams) -> None:
    running, here, org = await gateway(), somewhere(), uuid4()
    answers = [await running.get("/v1/echo-login", headers=here) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert policies(answers[0]) == {"address": 600, "operation-address": 3}
    assert int(answers[3].headers["Retry-After"]) <= HOUR / 3
    statuses = []
    for _ in range(5):
        token = {"Authorization": f"Bearer {teams.token(org=org)}"}
        statuses.append((await running.get("/v1/echo-invite", headers=token)).status)
    assert statuses == [200] * 4 + [429]
    token = {"Authorization": f"Bearer {teams.token(org=org)}"}
    assert [(await running.get("/v1/echo-try", headers=token)).status for _ in range(3)] == [200, 200, 429]


async def test_an_operation_can_be_free_of_limits(gateway) -> None:
    running, here = await gateway(requests_per_minute_address=1), somewhere()
    answers = [await running.get("/v1/echo-webhook", headers=here) for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers


async def test_a_service_cannot_speak_of_limits(gateway) -> None:
    assert (await (await gateway()).get("/v1/echo")).headers.getall("RateLimit-Policy") == ['"address";q=600;w=60']


async def test_a_setting_scales_them_all(gateway) -> None:
    answer = await (await gateway(rate_limit_scale=10)).get("/v1/echo-login", headers=somewhere())
    assert policies(answer) == {"address": 6000, "operation-address": 30}


async def test_requests_of_one_turn_are_one_round_trip(engines) -> None:
    async with AsyncExitStack() as stack:
        limiter = Limiter(connect(engines.redis_url, stack))
        stack.push_async_callback(limiter.stop)
        limits = [Limit("user", f"user:{uuid4()}", 100, HOUR), Limit("organization", f"organization:{uuid4()}", 90, 60)]
        before = REGISTRY.get_sample_value("gateway_limit_calls_total") or 0
        counts = await asyncio.gather(*(limiter.take(limits) for _ in range(100)))
        assert (REGISTRY.get_sample_value("gateway_limit_calls_total") or 0) - before == 1
        assert [count.refused_by is None for count in counts] == [True] * 90 + [False] * 10


async def test_without_redis_each_process_counts_and_says_so(engines, gateway, teams: Teams) -> None:
    running = await gateway(requests_per_minute_caller=3)
    token = {"Authorization": f"Bearer {teams.token()}"}
    assert "scope" not in (await running.get("/v1/echo-mine", headers=token)).headers["RateLimit-Policy"]
    await asyncio.to_thread(engines.redis.stop)
    try:
        answers = [await running.get("/v1/echo-mine", headers=token) for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert '"user";q=3;w=60;scope="process"' in answers[0].headers["RateLimit-Policy"]
        assert REGISTRY.get_sample_value("gateway_limits_local") == 1
        assert "Redis is away" in (await running.get("/health/ready")).json["parts"]["limits"]
        refused = await running.get("/v1/echo-mine", headers={"Authorization": "Bearer none"} | somewhere())
        assert (refused.status, refused.code) == (401, "token_invalid")
    finally:
        await asyncio.to_thread(engines.redis.start)

    async def shared_again() -> bool:
        answer = await running.get("/v1/echo", headers=somewhere())
        return "scope" not in answer.headers["RateLimit-Policy"]

    await eventually(shared_again)
    assert REGISTRY.get_sample_value("gateway_limits_local") == 0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def two_processes(engines, behind: str, teams: Teams, tmp_path_factory) -> AsyncIterator[list[str]]:
    """Two gateways as they really run, with nothing in common but Redis."""
    directory: Path = tmp_path_factory.mktemp("openapi")
    (directory / "echo.json").write_text(json.dumps(ECHO))
    ports = [free_port(), free_port(set())]
    environment = os.environ | {
        "SERVICES": json.dumps({"echo": behind}),
        "OPENAPI_DIRECTORY": str(directory),
        "RABBITMQ_URL": NOWHERE,
        "REDIS_URL": engines.redis_url,
        "TEAMS_URL": teams.url,
        "INTERNAL_SIGNING_KEY": teams.gateway_key.private_text,
        "REQUESTS_PER_MINUTE_CALLER": "100000",
    }
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "serve", env=environment | {"HTTP_PORT": str(port)}
        )
        for port in ports
    ]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        await asyncio.gather(*(_until_alive(url) for url in urls))
        yield urls
    finally:
        for process in processes:
            process.terminate()
            await process.wait()


async def _until_alive(url: str) -> None:
    async def alive() -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{url}/health/live") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    await eventually(alive, 120)


async def test_two_processes_let_exactly_the_quota_through(two_processes: list[str], teams: Teams) -> None:
    """The quota is given back once a second; what came back while the requests ran is known by the clock."""
    quota, org = 60, uuid4()
    loop = asyncio.get_running_loop()
    token = {"Authorization": f"Bearer {teams.token(org=org, quota=quota)}"}
    async with aiohttp.ClientSession() as session:

        async def ask(url: str) -> int:
            async with session.get(f"{url}/v1/echo-mine", headers=token) as answer:
                return answer.status

        started = loop.time()
        statuses = Counter(await asyncio.gather(*(ask(url) for _ in range(150) for url in two_processes)))
        came_back = loop.time() - started
    assert set(statuses) == {200, 429}
    assert quota <= statuses[200] <= quota + came_back + 1


async def test_what_one_process_counted_the_other_knows(two_processes: list[str], teams: Teams) -> None:
    token = {"Authorization": f"Bearer {teams.token(quota=5)}"}
    async with aiohttp.ClientSession() as session:
        left = []
        for url in two_processes * 2:
            async with session.get(f"{url}/v1/echo-mine", headers=token) as answer:
                left.append(remaining(answer)["organization"])
    assert left == [4, 3, 2, 1]
