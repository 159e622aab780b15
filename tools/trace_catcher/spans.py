"""The spans that were caught, in memory and bounded."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from pydantic import BaseModel, ConfigDict

MAX_TRACES = 5_000


class Span(BaseModel):
    """One piece of work of one process. Times are nanoseconds since 1970."""

    model_config = ConfigDict(frozen=True)

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    start_ns: int
    end_ns: int
    failed: bool

    @property
    def milliseconds(self) -> float:
        """How long it took."""
        return (self.end_ns - self.start_ns) / 1e6


def decode(body: bytes) -> Iterator[Span]:
    """The spans of an OTLP/HTTP request. Raises google.protobuf.message.DecodeError."""
    request = ExportTraceServiceRequest.FromString(body)
    for resource in request.resource_spans:
        names = {entry.key: entry.value.string_value for entry in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield _span(span, names.get("service.name", "unknown"))


def _span(span: OtlpSpan, service: str) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        service=service,
        name=span.name,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        failed=span.status.code == Status.STATUS_CODE_ERROR,
    )


class Traces:
    """Holds the newest 5,000 traces."""

    def __init__(self, limit: int = MAX_TRACES) -> None:
        self._limit = limit
        self._traces: OrderedDict[str, list[Span]] = OrderedDict()

    def add(self, spans: Iterable[Span]) -> None:
        """Keep them, and let go of the traces that began first."""
        for span in spans:
            self._traces.setdefault(span.trace_id, []).append(span)
        while len(self._traces) > self._limit:
            self._traces.popitem(last=False)

    def get(self, trace_id: str) -> list[Span]:
        """The spans of a trace, in no order; empty if it is unknown."""
        return list(self._traces.get(trace_id, ()))


def tree(spans: Iterable[Span]) -> Iterator[str]:
    """The trace as indented lines: when each span began, counted from the first, how long it took, where, what."""
    ordered = sorted(spans, key=lambda span: span.start_ns)
    known = {span.span_id for span in ordered}
    children: defaultdict[str, list[Span]] = defaultdict(list)
    for span in ordered:
        children[span.parent_id if span.parent_id in known else ""].append(span)
    if ordered:
        yield from _branch(children, "", 0, ordered[0].start_ns)


def _branch(children: dict[str, list[Span]], parent: str, depth: int, zero: int) -> Iterator[str]:
    for span in children.get(parent, ()):
        began = (span.start_ns - zero) / 1e6
        what = f"{'  ' * depth}{span.service}: {span.name}{'  FAILED' if span.failed else ''}"
        yield f"{began:8.0f} ms  {what:<64} {span.milliseconds:8.1f} ms"
        yield from _branch(children, span.span_id, depth + 1, zero)


def as_json(spans: Iterable[Span]) -> list[dict[str, Any]]:
    """For the API."""
    return [span.model_dump() for span in spans]
