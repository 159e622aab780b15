"""/admin/v1/deadletters: what was put aside in every service. The intent is put down before, the outcome after."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from admin.api.models import Answer
from admin.api.witness import witness_of
from admin.dead_letter_gateway import DeadLetterDoors
from admin.usecases.record import Witness, record
from chassis.database import Tx
from chassis.web import Door, Routes, StaffCaller
from contracts.permissions import AdminPermission

ROUTES = Routes("dead letters")
State = Literal["waiting", "dead", "any"]


class DeadLettersQuery(BaseModel):
    """Which of them."""

    state: State = "dead"


class Narrowing(BaseModel):
    """Which messages are meant; what is absent does not narrow. Without a state: the dead."""

    consumer: Annotated[str | None, Field(max_length=255)] = None
    type: Annotated[str | None, Field(max_length=255)] = None
    error_group: Annotated[str | None, Field(max_length=1000)] = None
    id: UUID | None = None
    state: State = "dead"

    def asked(self) -> dict[str, Any]:
        """For the service."""
        return self.model_dump(mode="json", include={"consumer", "type", "error_group", "id", "state"})


class ReplayRequest(Narrowing):
    """With `dry_run` every attempt is rolled back."""

    dry_run: bool
    reason: Annotated[str | None, Field(max_length=1000)] = None


class DiscardRequest(Narrowing):
    """Given up for good, so a reason is needed."""

    reason: Annotated[str, Field(min_length=3, max_length=1000)]


class DeadLetterGroup(Answer):
    """Messages with like errors. `example` is the id of one of them."""

    consumer: str
    type: str | None
    error_group: str
    state: str
    count: int
    first_failed_at: datetime
    last_failed_at: datetime
    example: UUID


class DeadLetterShelf(Answer):
    """One service's; `available` is false where its worker did not answer."""

    service: str
    available: bool
    groups: list[DeadLetterGroup]


class DeadLettersAnswer(Answer):
    """Every service that has a worker."""

    services: list[DeadLetterShelf]


class DeadLetterAnswer(Answer):
    """One message; `body` is absent where it is sealed."""

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


class ReplayReport(Answer):
    """What became, or would become, of one group."""

    consumer: str
    error_group: str
    succeeded: int
    duplicate: int
    failed: int
    errors: list[str]


class ReplayAnswer(Answer):
    """`more`: one request tries 200 messages; ask again for the rest."""

    dry_run: bool
    reports: list[ReplayReport]
    more: bool


class DiscardAnswer(Answer):
    """How many were given up."""

    discarded: int


@ROUTES.get("/admin/v1/deadletters", access=AdminPermission.DEADLETTERS_READ, summary="Dead letters of every service")
async def admin_list_dead_letters(
    request: web.Request, door: Door, caller: StaffCaller, query: DeadLettersQuery, doors: DeadLetterDoors
) -> DeadLettersAnswer:
    """By like errors, the largest group first; a service that is away is named and takes nothing from the others."""
    by = witness_of(request, caller)
    await _put_down(door, by, "deadletters.listed", state=query.state)
    shelves = [
        DeadLetterShelf(
            service=shelf.service,
            available=shelf.groups is not None,
            groups=[DeadLetterGroup.model_validate(group) for group in shelf.groups or ()],
        )
        for shelf in await doors.shelves(state=query.state)
    ]
    return DeadLettersAnswer(services=shelves)


@ROUTES.get(
    "/admin/v1/deadletters/{service}/{message_id}",
    access=AdminPermission.DEADLETTERS_READ,
    summary="One dead letter with its body",
)
async def admin_show_dead_letter(
    *, request: web.Request, door: Door, caller: StaffCaller, service: str, message_id: UUID, doors: DeadLetterDoors
) -> DeadLetterAnswer:
    """What a customer wrote may be in it: that it was looked at is put down first."""
    doors.known(service)
    await _put_down(door, witness_of(request, caller), "deadletters.viewed", f"{service}:{message_id}")
    return DeadLetterAnswer.model_validate(await doors.show(service, message_id))


@ROUTES.post(
    "/admin/v1/deadletters/{service}/replay",
    access=AdminPermission.DEADLETTERS_REPLAY,
    summary="Rehearse or replay dead letters",
    idempotent=False,
)
async def admin_replay_dead_letters(
    *, request: web.Request, door: Door, caller: StaffCaller, service: str, body: ReplayRequest, doors: DeadLetterDoors
) -> ReplayAnswer:
    """Repeating it is harmless: what took effect is told apart by the service's inbox."""
    doors.known(service)
    by, verb = witness_of(request, caller), "rehearsed" if body.dry_run else "replayed"
    asked = body.asked()
    await _put_down(door, by, f"deadletters.{verb}.begun", service, reason=body.reason, selection=asked)
    answer = ReplayAnswer.model_validate(await doors.replay(service, asked | {"dry_run": body.dry_run}))
    await _put_down(door, by, f"deadletters.{verb}", service, after=answer.model_dump(mode="json"))
    return answer


@ROUTES.post(
    "/admin/v1/deadletters/{service}/discard",
    access=AdminPermission.DEADLETTERS_DISCARD,
    summary="Give dead letters up",
    idempotent=False,
)
async def admin_discard_dead_letters(
    *, request: web.Request, door: Door, caller: StaffCaller, service: str, body: DiscardRequest, doors: DeadLetterDoors
) -> DiscardAnswer:
    """The service keeps who, when and why, and so does the audit log."""
    doors.known(service)
    by, asked = witness_of(request, caller), body.asked()
    await _put_down(door, by, "deadletters.discarded.begun", service, reason=body.reason, selection=asked)
    answer = DiscardAnswer.model_validate(
        await doors.discard(service, asked | {"reason": body.reason, "by": caller.actor})
    )
    await _put_down(door, by, "deadletters.discarded", service, reason=body.reason, after=answer.model_dump())
    return answer


async def _put_down(door: Door, by: Witness, action: str, target: str = "", **details: Any) -> None:
    async def write(tx: Tx) -> None:
        record(tx, by, action, f"service:{target}" if target else "", **details)

    await door.write(write)
