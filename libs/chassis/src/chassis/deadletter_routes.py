"""/internal/v1/deadletters: what was put aside in this service, for the operations platform alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis import deadletters
from chassis.callers import ServiceCaller
from chassis.database import Database
from chassis.deadletters import Failed, Group, Report, Selection
from chassis.inbox import Reader
from chassis.problems import Forbidden, NotFound
from chassis.routes import Access, Routes

ROUTES = Routes("deadletters")
OPERATIONS = "admin"
"""The one service that may ask; others are trusted with other things."""

AT_ONCE = 200
"""Messages one request replays; whoever asks comes again while there is more."""

SHOWN_CHARACTERS = 20_000
State = Literal["waiting", "dead", "any"]


class DeadLetters:
    """The worker's own connection to the failed messages, and today's handlers."""

    def __init__(self, database: Database, readers: Mapping[str, Reader]) -> None:
        self.database = database
        self.readers = readers

    def sealed(self, consumer: str) -> bool:
        """Whether bodies of that queue are secret."""
        reader = self.readers.get(consumer)
        return reader is not None and reader.sealed


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Narrowing(_Frozen):
    """Which messages are meant; what is absent does not narrow. Without a state: the dead."""

    consumer: str | None = Field(None, max_length=255)
    type: str | None = Field(None, max_length=255)
    error_group: str | None = Field(None, max_length=1000)
    id: UUID | None = None
    state: State = "dead"

    @property
    def selection(self) -> Selection:
        """As `chassis.deadletters` takes it."""
        state = None if self.state == "any" else self.state
        return Selection(self.consumer, self.type, self.error_group, self.id, state)


class ReplayRequest(Narrowing):
    """With `dry_run` every attempt is rolled back."""

    dry_run: bool


class DiscardRequest(Narrowing):
    """`by` is the person who decides, as the calling service knows them."""

    reason: str = Field(min_length=1, max_length=1000)
    by: str = Field(min_length=1, max_length=200)


class GroupAnswer(_Frozen):
    """Messages with like errors. `example` is the id of one of them."""

    consumer: str
    type: str | None
    error_group: str
    state: str
    count: int
    first_failed_at: datetime
    last_failed_at: datetime
    example: UUID

    @classmethod
    def of(cls, group: Group) -> "GroupAnswer":
        return cls(**vars(group))


class GroupsAnswer(_Frozen):
    """The largest group first."""

    groups: list[GroupAnswer]


class FailedAnswer(_Frozen):
    """One message. `body` is its text as it arrived, at most 20,000 characters; absent where it is sealed."""

    id: UUID
    consumer: str
    event_id: UUID
    type: str | None
    organization_id: UUID | None
    error: str
    error_group: str
    attempts: int
    state: str
    next_try_at: datetime | None
    first_failed_at: datetime
    last_failed_at: datetime
    sealed: bool
    body: str | None

    @classmethod
    def of(cls, failed: Failed, *, sealed: bool) -> "FailedAnswer":
        shown = {name: getattr(failed, name) for name in cls.model_fields if hasattr(failed, name) and name != "body"}
        text = failed.body.decode("utf-8", "backslashreplace")[:SHOWN_CHARACTERS]
        return cls(**shown, organization_id=failed.org_id, sealed=sealed, body=None if sealed else text)


class ReportAnswer(_Frozen):
    """What became of one group. `errors` are today's, one of each kind."""

    consumer: str
    error_group: str
    succeeded: int
    duplicate: int
    failed: int
    errors: list[str]

    @classmethod
    def of(cls, report: Report) -> "ReportAnswer":
        return cls(**vars(report) | {"errors": sorted(report.errors.values())})


class ReplayAnswer(_Frozen):
    """`more`: there were more messages than one request replays."""

    dry_run: bool
    reports: list[ReportAnswer]
    more: bool


class DiscardAnswer(_Frozen):
    """How many were given up."""

    discarded: int


@ROUTES.get("/internal/v1/deadletters", access=Access.INTERNAL, summary="Failed messages by like errors")
async def list_dead_letters(service: ServiceCaller, query: Narrowing, letters: DeadLetters) -> GroupsAnswer:
    """Groups, the largest first."""
    _only_operations(service)
    found = await deadletters.groups(letters.database, query.selection)
    return GroupsAnswer(groups=[GroupAnswer.of(group) for group in found])


@ROUTES.get("/internal/v1/deadletters/{failed_id}", access=Access.INTERNAL, summary="One failed message")
async def show_dead_letter(service: ServiceCaller, failed_id: UUID, letters: DeadLetters) -> FailedAnswer:
    """With its body and error."""
    _only_operations(service)
    failed = await deadletters.show(letters.database, failed_id)
    if failed is None:
        raise NotFound
    return FailedAnswer.of(failed, sealed=letters.sealed(failed.consumer))


@ROUTES.post("/internal/v1/deadletters/replay", access=Access.INTERNAL, summary="Rehearse or replay", idempotent=False)
async def replay_dead_letters(service: ServiceCaller, body: ReplayRequest, letters: DeadLetters) -> ReplayAnswer:
    """Each message in a transaction of its own; what took effect already is told apart by the inbox."""
    _only_operations(service)
    reports = await deadletters.replay(
        letters.database, letters.readers, body.selection, dry_run=body.dry_run, at_most=AT_ONCE
    )
    tried = sum(report.succeeded + report.duplicate + report.failed for report in reports)
    answers = [ReportAnswer.of(report) for report in reports]
    return ReplayAnswer(dry_run=body.dry_run, reports=answers, more=tried >= AT_ONCE)


@ROUTES.post(
    "/internal/v1/deadletters/discard", access=Access.INTERNAL, summary="Give messages up for good", idempotent=False
)
async def discard_dead_letters(service: ServiceCaller, body: DiscardRequest, letters: DeadLetters) -> DiscardAnswer:
    """Who, when and why is kept."""
    _only_operations(service)
    count = await deadletters.discard(letters.database, body.selection, reason=body.reason, by=body.by)
    return DiscardAnswer(discarded=count)


def _only_operations(service: ServiceCaller) -> None:
    if service.service != OPERATIONS:
        raise Forbidden("permission_denied", "This belongs to the operations platform.")
