"""One platform for all tests below; each test brings its own people and organization."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from chassis.testing import SpanCollector, wait_until
from tests.integration.person import Person
from tests.integration.platform import Platform, all_processes, describe, prepare


class Spans:
    """What the platform's processes sent to the collector."""

    def __init__(self, collector: SpanCollector) -> None:
        self._collector = collector

    def of(self, trace_id: str) -> list[Any]:
        """The spans of one trace that have arrived so far."""
        return [span for span in self._collector.spans if span.trace_id.hex() == trace_id]

    async def steps_of(self, trace_id: str, wanted: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """(service, span name) of each span in a trace; waits until it has these: each process sends in its time."""

        def seen() -> set[tuple[str, str]]:
            services = self._collector.services
            return {(services[span.trace_id + span.span_id], span.name) for span in self.of(trace_id)}

        await wait_until(lambda: seen() >= wanted, timeout=20)
        return seen()


@pytest.fixture(scope="session")
async def collector() -> AsyncIterator[SpanCollector]:
    async with SpanCollector().listening() as listening:
        yield listening


@pytest.fixture
def spans(collector) -> Spans:
    return Spans(collector)


@pytest.fixture(scope="session")
async def platform(engines, collector, tmp_path_factory) -> AsyncIterator[Platform]:
    stack = describe(engines, tmp_path_factory.mktemp("platform"))
    await prepare(stack)
    running = Platform(stack, extra={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"})
    try:
        await asyncio.to_thread(_start, running)
        yield running
    finally:
        await asyncio.to_thread(running.stop_all)


def _start(running: Platform) -> None:
    running.start_mail()
    running.start_stripe()
    for name in all_processes():
        running.begin(name)
    for name in all_processes():
        running.wait_ready(name)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
def person(platform, http) -> Callable[[str], Person]:
    return lambda name: Person.called(name, http, platform.gateway_url, platform.mail_url)
