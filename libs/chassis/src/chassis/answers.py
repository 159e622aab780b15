"""What handlers return and take: pages, cursors, replies, preconditions."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Self, TypeVar, cast
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from chassis.problems import PreconditionFailed, invalid_field

T = TypeVar("T")
R = TypeVar("R")
MAX_LIMIT = 100
MAX_CURSOR_LENGTH = 512
_POSTGRES_BIGINT = 2**63 - 1


class Page(BaseModel, Generic[T]):
    """A list's answer: `next_cursor` is absent (null) on the last page."""

    model_config = ConfigDict(frozen=True)

    items: list[T]
    next_cursor: str | None = None

    @classmethod
    def of(cls, rows: Sequence[R], limit: int, *, item: Callable[[R], T], key: Callable[[R], Sequence[Any]]) -> Self:
        """Build from up to `limit + 1` rows: the extra one only says that there is more.

        `key` names the values the next page starts after, as `Cursor.encode` takes them.
        """
        shown = rows[:limit]
        more = len(rows) > limit
        return cls(items=[item(row) for row in shown], next_cursor=Cursor.encode(*key(shown[-1])) if more else None)


class Cursor:
    """An opaque place in a list. Not signed: it only says where to go on, row-level rules still apply."""

    @staticmethod
    def encode(*values: datetime | UUID | int | str) -> str:
        """The values the next page starts after."""
        return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).rstrip(b"=").decode()

    @staticmethod
    def decode(text: str, *types: type) -> tuple[Any, ...]:
        """The values back, each of the given type (datetime, UUID, int, str). Raises Invalid (422)."""
        try:
            if len(text) > MAX_CURSOR_LENGTH:
                raise ValueError("too long")
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            values = orjson.loads(raw)
            if not isinstance(values, list) or len(values) != len(types):
                raise ValueError("wrong shape")
            return tuple(_READERS[kind](value) for kind, value in zip(types, values, strict=True))
        except (ValueError, TypeError, OverflowError, AttributeError, binascii.Error):
            raise invalid_field("cursor", "cursor_invalid", "This cursor is not one of this list's.") from None


def _read_text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("not a text")
    return value


def _read_int(value: Any) -> int:
    if type(value) is not int or abs(value) > _POSTGRES_BIGINT:
        raise ValueError("not a number")
    return value


def _read_instant(value: Any) -> datetime:
    instant = datetime.fromisoformat(_read_text(value))
    if instant.tzinfo is None:
        raise ValueError("no time zone")
    return instant.astimezone(UTC)


_READERS: dict[type, Callable[[Any], Any]] = {
    UUID: lambda value: UUID(_read_text(value)),
    int: _read_int,
    str: _read_text,
    datetime: _read_instant,
}


class Listing(BaseModel):
    """Parent of a list's query model; children add their allow-listed filters and sorts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="At most this many items.")] = 25
    cursor: Annotated[
        str | None, Field(max_length=MAX_CURSOR_LENGTH, description="`next_cursor` of the last page.")
    ] = None

    def after(self, *types: type) -> tuple[Any, ...] | None:
        """The cursor's values, or None for the first page. Raises Invalid (422) for a cursor that is not ours."""
        return None if self.cursor is None else Cursor.decode(self.cursor, *types)


class Reference(dict[str, Any]):
    """What an answer that holds secrets is derived from again on a replay; JSON values, no secret."""


@dataclass(frozen=True)
class Reply(Generic[T]):
    """An answer with more than a body. Annotate as `Reply[Model]`.

    `cookies` are attribute dicts of `aiohttp.web.Response.set_cookie` by name; an empty value deletes the cookie.
    `reference` is required from a handler registered with `idempotent="rederive"`.
    """

    body: T
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reference: Mapping[str, Any] | None = None


_ENTITY_TAG = re.compile(r'\s*(W/)?"([^"\x00-\x1f]*)"\s*(?:,|$)')


@dataclass(frozen=True)
class IfMatch:
    """The versions the caller says it read; `versions` is None for `*`, which is any."""

    versions: frozenset[int] | None

    @classmethod
    def parse(cls, header: str) -> Self | None:
        """Read an If-Match header (RFC 9110, 13.1.1); None if it is not one. Weak tags never match."""
        if header.strip() == "*":
            return cls(None)
        versions: set[int] = set()
        position = 0
        while position < len(header):
            match = _ENTITY_TAG.match(header, position)
            if match is None:
                return None
            weak, tag = match.groups()
            if not weak and tag.isascii() and tag.isdecimal() and len(tag) < 19:
                versions.add(int(tag))
            position = match.end()
        return cls(frozenset(versions)) if position else None

    def check(self, version: int) -> None:
        """Raise PreconditionFailed (412) unless the caller has seen the present version."""
        if self.versions is not None and version not in self.versions:
            raise PreconditionFailed("version_changed", "This changed since you read it; read it again.")


def cookie(value: str, **attributes: Any) -> dict[str, Any]:
    """The attributes of one cookie in `Reply.cookies`: httponly, SameSite=Strict and Path=/ unless told otherwise."""
    return cast(dict[str, Any], {"value": value, "httponly": True, "samesite": "Strict", "path": "/"} | attributes)
