"""One way to write an instant."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.instants import Instant

ADAPTER = TypeAdapter(Instant)


@pytest.mark.parametrize("text", ["2026-11-25T09:00:00Z", "2026-11-25t10:00:00.000+01:00", "2026-11-25 09:00:00z"])
def test_rfc_3339_is_read(text: str) -> None:
    assert ADAPTER.validate_python(text) == datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["0.5", "1795000000", "2026-11-25", "2026-11-25T09:00:00", "2026-11-25T09:00Z", "", "now"]
)
def test_nothing_else_is_guessed_at(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ADAPTER.validate_python(text)
    assert refused.value.errors()[0]["type"] == "instant_invalid"


def test_the_schema_says_date_time() -> None:
    assert ADAPTER.json_schema() == {"type": "string", "format": "date-time"}
