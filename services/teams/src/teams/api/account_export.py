"""What teams holds about one person as a download: written page by page, so that memory does not grow with it."""

from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

import orjson
from aiohttp import web

from chassis.web import Door
from teams.usecases.export_me import Place, activity_page, export_profile

PAGE = 1000


async def send_account(request: web.Request, door: Door, user_id: UUID) -> web.StreamResponse:
    """Write the document. What fails before the first byte is an answer of its own; later it breaks the transfer off.

    `activity` comes last and may be long: all that the person did, and what was done to them, by organization.
    """
    profile = await door.read(partial(export_profile, user_id=user_id))
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Content-Disposition": 'attachment; filename="my-data.json"',
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(request)
    await response.write(orjson.dumps(profile.document, default=str)[:-1] + b',"activity":[')
    separator = b"\n"
    async for row in _activity(door, user_id, profile.organizations):
        await response.write(separator + orjson.dumps(row, default=str))
        separator = b",\n"
    await response.write_eof(b"\n]}\n")
    return response


async def _activity(door: Door, user_id: UUID, organizations: list[UUID]) -> AsyncIterator[dict[str, object]]:
    """Each page in a transaction of its own."""
    for org_id in organizations:
        for by_themselves in (True, False):
            place: Place | None = None
            while True:
                read = partial(
                    activity_page, user_id=user_id, org_id=org_id, own=by_themselves, after=place, limit=PAGE
                )
                page = await door.read(read)
                for row in page.rows:
                    yield row
                if page.place is None:
                    break
                place = page.place
