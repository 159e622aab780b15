"""`POST /v1/events`: what customers track, in batches."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from analytics.domain.recorded import Refused
from analytics.domain.tracked import TrackedEvent
from analytics.settings import Settings
from analytics.usecases import track_events as use_case
from chassis.database import Tx
from chassis.validation import pointer_to
from chassis.web import Caller, Routes
from contracts.permissions import Permission

routes = Routes("events")

MAX_BODY = 4 * 1024 * 1024


class EventBatch(BaseModel):
    """Each event is judged on its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    events: list[Annotated[Any, WithJsonSchema(TrackedEvent.model_json_schema())]] = Field(
        min_length=1, max_length=1000
    )


class RejectedEvent(BaseModel):
    """An event that was not stored: its place in the batch, counted from 0, the field of it that is wrong, and why."""

    model_config = ConfigDict(frozen=True)

    index: int
    pointer: str = Field(description="Into the body, e.g. `/events/3/occurred_at`; `/events/3` where it is no event.")
    code: str
    detail: str

    @classmethod
    def of(cls, index: int, refused: Refused) -> Self:
        place = pointer_to("events", index, *([refused.field] if refused.field else []))
        return cls(index=index, pointer=place, code=refused.code, detail=refused.detail)


class EventVerdicts(BaseModel):
    """What became of the batch: all of it is on disk, or was put aside with its reason."""

    model_config = ConfigDict(frozen=True)

    accepted: int
    duplicates: int
    rejected: list[RejectedEvent]


@routes.post("/v1/events", access=Permission.EVENTS_WRITE, summary="Track events", status=202, max_body=MAX_BODY)
async def track_events(tx: Tx, caller: Caller, settings: Settings, body: EventBatch) -> EventVerdicts:
    """An id sent twice counts once, for at least 35 days. A time more than five minutes ahead becomes the arrival's.

    Events named `agent.*` also need `agent_events:write`, which keys of service accounts alone hold: without it the
    whole batch is refused (403 `permission_denied`), and `errors` names them.
    """
    if caller.org_id is None:
        raise LookupError("a permission comes with an organization")
    found = await use_case.track_events(tx, caller.org_id, body.events, settings.keep_events, caller.permissions)
    rejected = [RejectedEvent.of(index, one) for index, one in found.refused.items()]
    return EventVerdicts(accepted=found.accepted, duplicates=found.duplicates, rejected=rejected)
