"""What customers send us: an event each, read on its own, with a verdict of its own."""

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Any
from uuid import UUID, uuid5

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from analytics.domain.recorded import Intake, Recorded, Refused
from chassis.validation import sentence
from contracts.instants import Instant

MOST_PROPERTIES = 100
LONGEST_KEY = 64
LONGEST_TEXT = 4096
DEEPEST = 5
LARGEST = 16 * 1024
LONGEST_CONTENT = 8192
BIGINT = 2**63
AGENTS = "agent."
"""What the names of events about agents begin with."""


def _only_text(value: Any) -> Any:
    """A number would be read as seconds since 1970, or as milliseconds, by its size."""
    if value is not None and not isinstance(value, str):
        raise ValueError("Give a text as in RFC 3339, e.g. 2026-11-25T09:00:00Z.")
    return value


class TrackedEvent(BaseModel):
    """One thing that happened in a customer's product.

    The same `id` counts once for at least 35 days, with or without `occurred_at`. Without an id the content is the
    identity: send one (or an `occurred_at`) where alike things happen again and again.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: str = Field(min_length=1, max_length=120, description="What happened, e.g. `report.opened`.")
    id: str | None = Field(None, min_length=1, max_length=128, description="Your own id of it.")
    occurred_at: Annotated[
        Annotated[Instant, Field(strict=False)] | None, BeforeValidator(_only_text, json_schema_input_type=str)
    ] = Field(None, description="RFC 3339 with an offset; the instant of arrival where it is absent.")
    user_id: str | None = Field(None, min_length=1, max_length=128, description="Who was active.")
    properties: dict[str, Any] = Field(
        default_factory=dict, description="Up to 100 values, five levels deep, 16 KiB as JSON."
    )


def record(raw: Any, org_id: UUID, intake: Intake) -> Recorded | Refused:
    """The raw row of one tracked event, or why there can be none."""
    try:
        event = TrackedEvent.model_validate(raw)
    except ValidationError as error:
        return _refuse(raw, org_id, *_first_reason(error))
    except RecursionError:
        return _refuse(raw, org_id, "too_deep", "", "It is nested too deeply.")
    if (problem := _text_problem(event)) is not None:
        return _refuse(raw, org_id, *problem)
    if (found := property_problem(event.properties)) is not None:
        code, what = found
        return _refuse(raw, org_id, code, "properties", what)
    if event.occurred_at is not None and event.occurred_at < intake.floor:
        since = f"only events since {intake.floor.isoformat()} are kept."
        return _refuse(raw, org_id, "too_old", "occurred_at", since)
    occurred_at, claimed_at = intake.times(event.occurred_at)
    return Recorded(
        event_id=identity(event, org_id),
        org_id=org_id,
        source="tracked",
        name=event.name,
        occurred_at=occurred_at,
        claimed_at=claimed_at,
        user_key=event.user_id,
        subject=None,
        properties=orjson.dumps(event.properties).decode(),
    )


def about_agents(raw: Sequence[Any]) -> list[int]:
    """The places in a batch of what claims to be an event about agents, whatever else is wrong with it."""
    names = [one.get("name") if isinstance(one, dict) else None for one in raw]
    return [index for index, name in enumerate(names) if isinstance(name, str) and name.startswith(AGENTS)]


def identity(event: TrackedEvent, org_id: UUID) -> UUID:
    """The organization's own id of the event; without one an id that follows from the content alone."""
    if event.id is not None:
        return uuid5(org_id, f"id:{event.id}")
    at = event.occurred_at.timestamp() if event.occurred_at else None
    content = orjson.dumps([event.name, at, event.user_id, event.properties], option=orjson.OPT_SORT_KEYS)
    return uuid5(org_id, f"content:{content.decode()}")


def property_problem(properties: dict[str, Any]) -> tuple[str, str] | None:
    """(code, sentence) of the first limit that properties break; None where they keep all."""
    for count, (key, value, depth) in enumerate(_walk(properties, 1), start=1):
        if depth > DEEPEST:
            return "too_deep", f"nested deeper than {DEEPEST} levels."
        if count > MOST_PROPERTIES:
            return "too_many_properties", f"more than {MOST_PROPERTIES} values."
        if key is not None and (not key or len(key) > LONGEST_KEY or not key.isprintable()):
            return "key_invalid", f"a key is a printable text of 1 to {LONGEST_KEY} characters."
        if (found := _value_problem(value)) is not None:
            return found
    if len(orjson.dumps(properties)) > LARGEST:
        return "too_large", f"more than {LARGEST} bytes as JSON."
    return None


def _walk(value: Any, depth: int) -> Iterator[tuple[str | None, Any, int]]:
    """Each key and value below, with its depth; nothing deeper than what is refused anyway."""
    if depth > DEEPEST + 1:
        return
    pairs = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    for key, item in pairs:
        yield key, item, depth
        if isinstance(item, dict | list):
            yield from _walk(item, depth + 1)


def _value_problem(value: Any) -> tuple[str, str] | None:
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            return "text_too_long", f"a text is longer than {LONGEST_TEXT} characters."
        if not _storable(value):
            return "text_not_storable", "a text holds NUL or half of a surrogate pair."
    elif isinstance(value, float) and not math.isfinite(value):
        return "number_invalid", "a number is not finite."
    elif isinstance(value, int) and abs(value) >= BIGINT:
        return "number_too_large", "a number does not fit into 64 bits."
    return None


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _text_problem(event: TrackedEvent) -> tuple[str, str, str] | None:
    for field in ("name", "id", "user_id"):
        value = getattr(event, field)
        if value is not None and not (value.isprintable() and value == value.strip()):
            return f"{field}_invalid", field, "must be printable, without spaces around it."
    return None


def _first_reason(error: ValidationError) -> tuple[str, str, str]:
    """(code, field, sentence); no field where it is no object at all."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = "".join(map(str, first["loc"][:1]))[:60]
    codes = {"missing": "required", "extra_forbidden": "unknown_field"}
    return codes.get(first["type"], f"{field or 'event'}_invalid"), field, sentence(first)


def _refuse(raw: Any, org_id: UUID, code: str, field: str, what: str) -> Refused:
    """The same content refused again is the same row of the quarantine."""
    try:
        content = orjson.dumps(raw, option=orjson.OPT_SORT_KEYS).decode()
    except (TypeError, RecursionError):
        content = "content that is no JSON"
    id_ = uuid5(org_id, f"refused:{code}:{content}")
    detail = f"{field}: {what}" if field else what
    return Refused(id_, org_id, "tracked", code, detail, content[:LONGEST_CONTENT], field)
