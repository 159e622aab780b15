"""JSON lines on stdout, each with request id, trace id and organization; no personal data, no secrets."""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TextIO

import orjson
import structlog

from chassis.telemetry import current_trace_id

_STANDARD = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"}
_bound: ContextVar[dict[str, str]] = ContextVar("bound_to_log", default={})  # noqa: B039 - never changed, only replaced
_NOISY = ("aiohttp.access", "asyncio", "urllib3", "aio_pika", "aiormq")


def configure_logs(service: str, level: str) -> None:
    """Send structlog's and the standard library's records through the same processors to stdout.

    structlog's own write straight to it: the line of each request costs a third of what a standard record would.
    """
    shared: list[Any] = [
        _add_bound,
        _add_trace,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = [
        structlog.processors.format_exc_info,
        _with_service(service),
        structlog.processors.JSONRenderer(serializer=_to_json),
    ]
    lines = _Lines(sys.stdout)
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _add_extra, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Lines:
    """Writes finished lines. As with the standard library's handlers, no request fails because its log line does."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        with suppress(OSError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = msg


def begin_log(**values: str) -> None:
    """Put these values, and no others, on every further line: a request begins."""
    _bound.set(values)


def bind_log(**values: str | None) -> None:
    """Put values on every further line of this request or message; None values are left out."""
    _bound.set(_bound.get() | {name: value for name, value in values.items() if value is not None})


def _add_bound(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {**_bound.get(), **event}


def _add_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if (trace_id := current_trace_id()) is not None:
        event.setdefault("trace_id", trace_id)
    return event


def _add_extra(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """`extra=` of the standard library's calls."""
    record = event.get("_record")
    if record is not None:
        event.update({key: value for key, value in record.__dict__.items() if key not in _STANDARD and key[0] != "_"})
    return event


def _with_service(service: str) -> Any:
    def add(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    return add


def _to_json(value: Any, default: Any = None, **_: Any) -> str:
    return orjson.dumps(value, default=default or str, option=orjson.OPT_NON_STR_KEYS).decode("utf-8", "replace")
