"""An envelope written from what a database driver hands out."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from contracts import envelope
from contracts.event import EventData


class DriversUUID(UUID):
    """As asyncpg's: a UUID, but not of the standard library's own class."""


class SomethingHappened(EventData):
    """An event of this test's own."""

    type = "something.happened"
    version = 1

    @property
    def subject(self) -> str:
        return "something/1"


def written(orgid: Any) -> bytes:
    return envelope.write(
        SomethingHappened(),
        id=uuid4(),
        source="/teams",
        time=datetime.now(UTC),
        sequence=1,
        actor="system:test",
        correlationid="a-test",
        orgid=orgid,
    )


def test_the_drivers_own_uuid_is_written_like_any_other() -> None:
    org_id = uuid4()
    assert orjson.loads(written(DriversUUID(org_id.hex)))["orgid"] == str(org_id)
    assert orjson.loads(written(org_id))["orgid"] == str(org_id)


def test_what_has_no_place_in_a_header_is_not_written() -> None:
    with pytest.raises(TypeError):
        written(object())
