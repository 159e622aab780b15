"""Traces: one trace follows a request through outbox, bus, consumer and push, with or without a collector.

What is in hand is a W3C `traceparent`. Without a collector that text is all there is of a span: it costs each request
two microseconds instead of twenty.
"""

import os
import re
from collections.abc import Sequence
from contextvars import ContextVar, Token
from random import getrandbits
from types import TracebackType

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()
_exporting: TracerProvider | None = None
_in_hand: ContextVar[str | None] = ContextVar("traceparent_in_hand", default=None)
# https://www.w3.org/TR/trace-context/#traceparent-header-field-values: ids of nothing but zeros are invalid
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})\Z")
Attributes = dict[str, str | int | float | bool]


def start_tracing(service: str, endpoint: str | None) -> None:
    """Send spans to `<endpoint>/v1/traces` in batches; without an endpoint spans only carry ids on."""
    global _exporting
    if endpoint is None:
        _exporting = None
        return
    resource = Resource.create({"service.name": service, "process.pid": os.getpid()})
    _exporting = TracerProvider(resource=resource, shutdown_on_exit=False)
    _exporting.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))


def stop_tracing() -> None:
    """Send what is left. Blocks up to the exporter's timeout."""
    global _exporting
    if _exporting is not None:
        _exporting.shutdown()
        _exporting = None


def common_parent(traceparents: Sequence[str | None]) -> str | None:
    """The first, where all are of one trace; None else: work for several traces would be a lie in each of them."""
    traces = {(one or "").partition("-")[2].partition("-")[0] for one in traceparents}
    return traceparents[0] if len(traces) == 1 else None


def current_traceparent() -> str | None:
    """The W3C `traceparent` of the span in hand, to be carried on; None outside any span."""
    return _in_hand.get()


def current_trace_id() -> str | None:
    """The trace id in hand as 32 hex digits; None outside any span."""
    traceparent = _in_hand.get()
    return None if traceparent is None else traceparent[3:35]


class span:  # noqa: N801 - read as `with span("handle event"):`
    """A span around a piece of work, child of `parent` (a traceparent) or else of the span in hand.

    An exception marks it failed and goes on. Attributes hold no personal data.
    """

    __slots__ = ("_attributes", "_kind", "_name", "_opened", "_parent", "_token")
    _token: Token[str | None]

    def __init__(
        self,
        name: str,
        parent: str | None = None,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes | None = None,
    ) -> None:
        self._name = name
        self._parent = parent
        self._kind = kind
        self._attributes = attributes
        self._opened: Span = INVALID_SPAN

    def __enter__(self) -> Span:
        """The span; where spans go nowhere, one that keeps nothing."""
        parent = self._parent or _in_hand.get()
        if _exporting is None:
            self._token = _in_hand.set(_child_of(parent))
        else:
            self._opened = _start(_exporting, self._name, parent, self._kind, self._attributes)
            self._token = _in_hand.set(traceparent_of(self._opened))
        return self._opened

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _in_hand.reset(self._token)
        if isinstance(error, Exception):
            self._opened.set_status(Status(StatusCode.ERROR, type(error).__name__))
        self._opened.end()


def start_recorded(name: str, parent: str | None) -> Span | None:
    """A span for a step among many at once: never the span in hand, and ended by whoever started it.

    None where spans go nowhere: then the parent's own traceparent is what to carry on.
    """
    return None if _exporting is None else _start(_exporting, name, parent, SpanKind.INTERNAL, None)


def end(started: Span, error: str | None) -> None:
    """End it, as failed where there is an error to name."""
    if error is not None:
        started.set_status(Status(StatusCode.ERROR, error))
    started.end()


def traceparent_of(started: Span) -> str:
    """The W3C `traceparent` of a recorded span."""
    found = started.get_span_context()
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"


def _start(
    provider: TracerProvider, name: str, parent: str | None, kind: SpanKind, attributes: Attributes | None
) -> Span:
    around = _propagator.extract({"traceparent": parent}, Context()) if parent else Context()
    return provider.get_tracer("chassis").start_span(name, around, kind, attributes)


def _child_of(parent: str | None) -> str:
    """Of its trace, or the first of a new, sampled one; never with an id of zeros only."""
    found = _TRACEPARENT.match(parent) if parent else None
    trace_id, flags = found.groups() if found else (f"{getrandbits(128) or 1:032x}", "01")
    return f"00-{trace_id}-{getrandbits(64) or 1:016x}-{flags}"
