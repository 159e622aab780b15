"""The activity log as a download: written page by page, so that neither memory nor a transaction grows with it."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Literal, Protocol
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import BaseModel

from chassis.database import Tx
from chassis.web import Door
from teams.domain.cells import neutralise
from teams.storage.activity_list import ActivityRow, Filters
from teams.usecases.list_activity import list_activity

PAGE = 1000
COLUMNS = (
    "number",
    "at",
    "actor",
    "actor_name",
    "on_behalf_of",
    "action",
    "subject_type",
    "subject_id",
    "subject",
    "before",
    "after",
    "address",
    "user_agent",
    "request_id",
)

Item = Callable[[ActivityRow], BaseModel]


class _Form(Protocol):
    content_type: str

    def begin(self) -> bytes: ...
    def rows(self, rows: Sequence[ActivityRow]) -> bytes: ...
    def end(self) -> bytes: ...


class _Csv:
    """RFC 4180 in UTF-8; what a spreadsheet would run is neutralised."""

    content_type = "text/csv"

    def begin(self) -> bytes:
        return _lines([COLUMNS])

    def rows(self, rows: Sequence[ActivityRow]) -> bytes:
        return _lines([_cells(row) for row in rows])

    def end(self) -> bytes:
        return b""


class _Json:
    """The list's own form: one page that holds everything."""

    content_type = "application/json"

    def __init__(self, item: Item) -> None:
        self._item = item
        self._before = b""

    def begin(self) -> bytes:
        return b'{"items": ['

    def rows(self, rows: Sequence[ActivityRow]) -> bytes:
        return b"".join(self._separated(self._item(row).model_dump_json().encode()) for row in rows)

    def _separated(self, item: bytes) -> bytes:
        before, self._before = self._before, b","
        return before + b"\n" + item

    def end(self) -> bytes:
        return b'\n], "next_cursor": null}\n'


async def send_export(
    request: web.Request, form: Literal["csv", "json"], pages: AsyncIterator[list[ActivityRow]], *, item: Item
) -> web.StreamResponse:
    """Write all pages. What fails before the first is an answer of its own; later it breaks the connection off."""
    writer: _Form = _Csv() if form == "csv" else _Json(item)
    first: list[ActivityRow] = await anext(pages, [])
    response = web.StreamResponse(
        headers={
            "Content-Type": f"{writer.content_type}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="activity.{form}"',
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(request)
    await response.write(writer.begin() + writer.rows(first))
    async for rows in pages:
        await response.write(writer.rows(rows))
    await response.write_eof(writer.end())
    return response


async def pages_of(door: Door, org_id: UUID, filters: Filters) -> AsyncIterator[list[ActivityRow]]:
    """Everything the filters let through, the newest first, each page in a transaction of its own."""
    after: tuple[datetime, int] | None = None
    while True:
        rows = await door.read(partial(_page, org_id=org_id, filters=filters, after=after))
        if rows:
            yield rows[:PAGE]
        if len(rows) <= PAGE:
            return
        after = (rows[PAGE - 1].at, rows[PAGE - 1].number)


async def _page(tx: Tx, *, org_id: UUID, filters: Filters, after: tuple[datetime, int] | None) -> list[ActivityRow]:
    return await list_activity(tx, org_id, filters, after=after, limit=PAGE)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cells(row: ActivityRow) -> list[str]:
    told = row.details or {}
    cells = (
        str(row.number),
        row.at.isoformat(),
        row.actor,
        told.get("actor") or "",
        row.on_behalf_of,
        row.action,
        row.subject_type,
        row.subject_id,
        told.get("subject") or "",
        _values(told.get("before")),
        _values(told.get("after")),
        told.get("address") or "",
        told.get("user_agent") or "",
        row.request_id,
    )
    return [neutralise(cell) for cell in cells]


def _values(values: object) -> str:
    return orjson.dumps(values).decode() if values else ""
