"""The trace catcher takes what the services' exporter sends, and draws it."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Status, StatusCode
from trace_catcher.server import running
from trace_catcher.spans import Span, Traces, tree


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with running() as url:
        yield url


def _export(url: str) -> str:
    """Two spans, one in the other, as a service exports them; returns their trace id."""
    provider = TracerProvider(resource=Resource.create({"service.name": "teams"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"{url}/v1/traces")))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("outer") as outer, tracer.start_as_current_span("inner") as inner:
        inner.set_status(Status(StatusCode.ERROR, "ValueError"))
    provider.shutdown()
    return f"{outer.get_span_context().trace_id:032x}"


async def test_exported_spans_are_found_by_their_trace(url: str) -> None:
    trace_id = await asyncio.to_thread(_export, url)
    async with aiohttp.ClientSession(url) as http:
        items = (await (await http.get(f"/api/traces/{trace_id}")).json())["items"]
    spans = [Span.model_validate(item) for item in items]
    shown = [line.split(" ms  ")[1].rpartition("   ")[0].rstrip() for line in tree(spans)]
    assert shown == ["teams: outer", "  teams: inner  FAILED"]


async def test_an_unknown_trace_is_empty_and_nonsense_is_refused(url: str) -> None:
    async with aiohttp.ClientSession(url) as http:
        assert await (await http.get(f"/api/traces/{'0' * 32}")).json() == {"items": []}
        assert (await http.post("/v1/traces", data=b"\xff\xff\xff")).status == 400
        assert (await http.get("/api/traces/x")).status == 404


def _span(trace_id: str, span_id: str, parent_id: str = "", start: int = 0) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        service="s",
        name=span_id,
        start_ns=start,
        end_ns=start + 1,
        failed=False,
    )


def test_a_span_whose_parent_is_elsewhere_is_a_root() -> None:
    lines = list(tree([_span("t", "b", "gone", 2), _span("t", "a", "gone", 1), _span("t", "c", "a", 3)]))
    assert [line.split()[2:4] for line in lines] == [["s:", "a"], ["s:", "c"], ["s:", "b"]]


def test_only_the_newest_traces_are_kept() -> None:
    traces = Traces(limit=2)
    traces.add(_span(trace, "a") for trace in ("1", "2", "3"))
    assert [bool(traces.get(trace)) for trace in ("1", "2", "3")] == [False, True, True]
