"""From a handler's signature, read once, to the arguments of each call."""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, get_type_hints
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, TypeAdapter

from chassis.answers import IfMatch, Reference
from chassis.callers import Caller, ServiceCaller, StaffCaller
from chassis.database import Tx
from chassis.door import Door
from chassis.problems import NotFound

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_BIGINT = 2**63
BODY_NAME = "body"
QUERY_NAME = "query"


class RouteError(TypeError):
    """An endpoint is declared in a way that cannot work; raised when it is declared, never per request."""


class Source(Enum):
    """Where an argument comes from."""

    TX = "tx"
    DOOR = "door"
    CALLER = "caller"
    STAFF = "staff"
    SERVICE = "service"
    IF_MATCH = "if_match"
    REQUEST = "request"
    REFERENCE = "reference"
    PATH = "path"
    BODY = "body"
    QUERY = "query"
    PROVIDED = "provided"


_BY_TYPE: dict[Any, Source] = {
    Tx: Source.TX,
    Door: Source.DOOR,
    Caller: Source.CALLER,
    StaffCaller: Source.STAFF,
    ServiceCaller: Source.SERVICE,
    IfMatch: Source.IF_MATCH,
    web.Request: Source.REQUEST,
    Reference: Source.REFERENCE,
}


@dataclass(frozen=True)
class Parameter:
    """One argument of a handler."""

    name: str
    annotation: Any
    source: Source


@dataclass(frozen=True)
class Signature:
    """A handler's arguments and answer, as its annotations declare them."""

    handler: Callable[..., Awaitable[Any]]
    parameters: tuple[Parameter, ...]
    returns: Any
    body: TypeAdapter[Any] | None
    query: type[BaseModel] | None

    def takes(self, source: Source) -> bool:
        """Whether any argument comes from there."""
        return any(parameter.source is source for parameter in self.parameters)

    @property
    def takes_tx(self) -> bool:
        """Whether the door opens a transaction around the whole handler."""
        return self.takes(Source.TX)

    @property
    def takes_door(self) -> bool:
        """Whether the handler opens its transactions itself."""
        return self.takes(Source.DOOR)

    @property
    def takes_raw_body(self) -> bool:
        """Whether the body is bytes (`body: bytes`), e.g. a file, rather than JSON."""
        return any(parameter.source is Source.BODY and parameter.annotation is bytes for parameter in self.parameters)

    @property
    def takes_caller(self) -> bool:
        """Whether it wants to know which customer calls."""
        return self.takes(Source.CALLER)

    @property
    def takes_service(self) -> bool:
        """Whether it wants to know which service calls."""
        return self.takes(Source.SERVICE)

    def of(self, source: Source) -> list[Parameter]:
        """The arguments that come from there."""
        return [parameter for parameter in self.parameters if parameter.source is source]


def inspect_handler(handler: Callable[..., Awaitable[Any]], path: str) -> Signature:
    """Read a handler's signature. Raises RouteError for what cannot be bound."""
    where = f"{path} ({getattr(handler, '__name__', handler)})"
    if not inspect.iscoroutinefunction(handler):
        raise RouteError(f"{where}: a handler is an async function")
    hints = get_type_hints(handler, include_extras=True)
    in_path = set(re.findall(r"{(\w+)}", path))
    names = list(inspect.signature(handler).parameters)
    for name in ("return", *names):
        if name not in hints:
            raise RouteError(f"{where}: {name} is not annotated")
    if missing := in_path - set(names):
        raise RouteError(f"{where}: the path names {sorted(missing)}, the handler does not take them")
    try:
        parameters = tuple(_parameter(name, hints[name], in_path) for name in names)
        query = next((p.annotation for p in parameters if p.source is Source.QUERY), None)
        body = next((TypeAdapter(p.annotation) for p in parameters if p.source is Source.BODY), None)
    except TypeError as error:
        raise RouteError(f"{where}: {error}") from error
    return Signature(handler, parameters, hints["return"], body, query)


def _parameter(name: str, annotation: Any, in_path: set[str]) -> Parameter:
    if name in in_path:
        if annotation not in _PATH_READERS:
            raise TypeError(f"path parameter {name} must be UUID, int or str")
        return Parameter(name, annotation, Source.PATH)
    if isinstance(annotation, type) and annotation in _BY_TYPE:
        return Parameter(name, annotation, _BY_TYPE[annotation])
    if name == BODY_NAME:
        return Parameter(name, annotation, Source.BODY)
    if name == QUERY_NAME:
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            raise TypeError("query must be a pydantic model")
        return Parameter(name, annotation, Source.QUERY)
    if not isinstance(annotation, type) or annotation.__module__ == "builtins" or annotation is UUID:
        raise TypeError(f"nothing provides {name}: {annotation}")
    return Parameter(name, annotation, Source.PROVIDED)


def _read_uuid(text: str) -> UUID:
    if not _UUID.match(text):
        raise NotFound
    return UUID(text)


def _read_int(text: str) -> int:
    if not (text.isascii() and text.lstrip("-").isdecimal() and len(text) < 20) or abs(int(text)) >= _BIGINT:
        raise NotFound
    return int(text)


def _read_text(text: str) -> str:
    if "\x00" in text or not text.isprintable():
        raise NotFound
    return text


_PATH_READERS: dict[Any, Callable[[str], Any]] = {UUID: _read_uuid, int: _read_int, str: _read_text}


def read_path(parameter: Parameter, text: str) -> Any:
    """A path parameter's value; what cannot be one names nothing: NotFound (404)."""
    return _PATH_READERS[parameter.annotation](text)
