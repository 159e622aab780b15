"""Traces: one trace follows a request through outbox, bus, consumer and push, with or without a collector."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_ids = RandomIdGenerator()
_propagator = TraceContextTextMapPropagator()
_exporting: TracerProvider | None = None


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
    # 00-<trace>-<span>-01: https://www.w3.org/TR/trace-context/
    traces = {(one or "").partition("-")[2].partition("-")[0] for one in traceparents}
    return traceparents[0] if len(traces) == 1 else None


def current_traceparent() -> str | None:
    """The W3C `traceparent` of the span in hand, to be carried on; None outside any span."""
    return traceparent_of(get_current_span())


def traceparent_of(opened: Span) -> str | None:
    """The W3C `traceparent` of a span; None where it has no trace."""
    found = opened.get_span_context()
    if not found.is_valid:
        return None
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"


def current_trace_id() -> str | None:
    """The trace id in hand as 32 hex digits; None outside any span."""
    found = get_current_span().get_span_context()
    return f"{found.trace_id:032x}" if found.is_valid else None


@contextmanager
def span(
    name: str,
    parent: str | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: dict[str, str | int | float | bool] | None = None,
) -> Iterator[Span]:
    """A span around a piece of work, child of `parent` (a traceparent) or else of the span in hand.

    An exception marks it failed and goes on. Attributes hold no personal data.
    """
    around = _propagator.extract({"traceparent": parent}, otel_context.Context()) if parent else None
    opened = _open(name, around, kind, attributes)
    token = otel_context.attach(trace.set_span_in_context(opened, around))
    try:
        yield opened
    except Exception as error:
        opened.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        otel_context.detach(token)
        opened.end()


def start_recorded(name: str, parent: str | None) -> Span | None:
    """A span for a step among many at once: never the span in hand, and ended by whoever started it.

    None where spans go nowhere: then the parent's own traceparent is what to carry on.
    """
    if _exporting is None:
        return None
    around = _propagator.extract({"traceparent": parent}, otel_context.Context()) if parent else None
    return _open(name, around, SpanKind.INTERNAL, None)


def end(started: Span, error: str | None) -> None:
    """End it, as failed where there is an error to name."""
    if error is not None:
        started.set_status(Status(StatusCode.ERROR, error))
    started.end()


def _open(
    name: str,
    around: otel_context.Context | None,
    kind: SpanKind,
    attributes: dict[str, str | int | float | bool] | None,
) -> Span:
    if _exporting is not None:
        return _exporting.get_tracer("chassis").start_span(name, around, kind, attributes)
    parent = get_current_span(around).get_span_context()
    trace_id = parent.trace_id if parent.is_valid else _ids.generate_trace_id()
    flags = parent.trace_flags if parent.is_valid else TraceFlags(TraceFlags.SAMPLED)
    return NonRecordingSpan(SpanContext(trace_id, _ids.generate_span_id(), is_remote=False, trace_flags=flags))
