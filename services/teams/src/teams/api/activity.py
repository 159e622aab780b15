"""/v1/activity: what happened in the organization, on a page or as a download."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from aiohttp import web
from pydantic import Field

from chassis.problems import invalid_field
from chassis.web import Caller, Door, Listing, Page, Routes
from contracts.instants import Instant
from contracts.permissions import Permission
from teams.api.activity_export import pages_of, send_export
from teams.api.caller import organization_of
from teams.api.models import Answer
from teams.storage.activity_list import ActivityRow, Filters, prefixes
from teams.usecases.list_activity import list_activity

ROUTES = Routes("activity")


class ActivityListing(Listing):
    """What narrows the log, and as what it is answered."""

    actor: Annotated[
        str | None,
        Field(max_length=100, description="Exactly, e.g. user:<id>, key:<id>, system:teams."),
    ] = None
    action: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z_]{1,40}(\.[a-z_]{1,40})?$", description="One (`member.joined`), or a whole kind (`member`)."
        ),
    ] = None
    subject: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z_]{1,40}(:[A-Za-z0-9_-]{1,80})?$",
            description="A kind (`member`), or one thing (`member:<id>`).",
        ),
    ] = None
    since: Annotated[Instant | None, Field(description="From this instant on.")] = None
    until: Annotated[Instant | None, Field(description="Before this instant.")] = None
    search: Annotated[
        str | None,
        Field(min_length=1, max_length=100, description="Words of names, addresses and values, or their beginnings."),
    ] = None
    format: Annotated[
        Literal["csv", "json"] | None,
        Field(description="A download of everything the filters let through; limit and cursor do not count then."),
    ] = None

    def filters(self) -> Filters:
        """As the log is asked. Raises Invalid for a search without a word."""
        if self.search is not None and not prefixes(self.search):
            raise invalid_field("search", "search_without_word", "Search for at least one letter or digit.")
        kind, _, subject_id = (self.subject or "").partition(":")
        return Filters(
            actor=self.actor,
            action=self.action,
            subject_type=kind or None,
            subject_id=subject_id or None,
            since=self.since,
            until=self.until,
            search=self.search,
        )


class ActorAnswer(Answer):
    """Who acted. `name` as it was then; null for what is no person, and once it was erased."""

    type: str = Field(description="user, key, admin or system.")
    id: str
    name: str | None

    @classmethod
    def of(cls, text: str, name: str | None) -> Self:
        kind, _, identity = text.partition(":")
        return cls(type=kind, id=identity, name=name)


class SubjectAnswer(Answer):
    """What it was done to. `label` as it was called then; null once it was erased."""

    type: str
    id: str
    label: str | None


class ActivityAnswer(Answer):
    """One change: who, on whose behalf, what, to what, before and after, when, from where."""

    number: int = Field(description="Its place in the organization's chain.")
    at: datetime
    actor: ActorAnswer
    on_behalf_of: ActorAnswer | None
    action: str
    subject: SubjectAnswer
    before: dict[str, Any]
    after: dict[str, Any]
    address: str | None
    user_agent: str | None
    request_id: str
    erased: bool = Field(description="Whether names, addresses and values were erased.")

    @classmethod
    def of(cls, row: ActivityRow) -> Self:
        told = row.details or {}
        return cls(
            number=row.number,
            at=row.at,
            actor=ActorAnswer.of(row.actor, told.get("actor")),
            on_behalf_of=ActorAnswer.of(row.on_behalf_of, None) if row.on_behalf_of else None,
            action=row.action,
            subject=SubjectAnswer(type=row.subject_type, id=row.subject_id, label=told.get("subject")),
            before=told.get("before", {}),
            after=told.get("after", {}),
            address=told.get("address"),
            user_agent=told.get("user_agent"),
            request_id=row.request_id,
            erased=row.details is None,
        )


@ROUTES.get(
    "/v1/activity",
    access=Permission.ACTIVITY_READ,
    summary="What happened in your organization",
    streams=["text/csv"],
    while_suspended=True,
)
async def get_activity(
    request: web.Request, door: Door, caller: Caller, query: ActivityListing
) -> Page[ActivityAnswer] | web.StreamResponse:
    """The newest first. With `format` a download of everything that matches: CSV, or one page with every item."""
    org_id, filters = organization_of(caller), query.filters()
    if query.format is not None:
        pages = pages_of(door, org_id, filters)
        return await send_export(request, query.format, pages, item=ActivityAnswer.of)
    after = query.after(datetime, int)
    rows = await door.read(lambda tx: list_activity(tx, org_id, filters, after=after, limit=query.limit))
    return Page[ActivityAnswer].of(rows, query.limit, item=ActivityAnswer.of, key=lambda row: (row.at, row.number))
