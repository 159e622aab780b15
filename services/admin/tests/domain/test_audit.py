"""What a row's hash covers; other files' tests walk whole chains."""

from datetime import date, datetime
from uuid import UUID

from admin.domain.audit import Link


def test_rows_that_were_hashed_once_hash_alike_for_ever() -> None:
    at = datetime.fromisoformat("2026-11-26T13:00:00+01:00")
    link = Link(
        day=date(2026, 11, 26),
        number=7,
        id=UUID("01900000-0000-7000-8000-000000000001"),
        at=at,
        actor="staff:1",
        action="customer.read",
        target="organization:1",
        request_id="req",
        commitment=b"\x01" * 32,
        previous=b"\x02" * 32,
    )
    assert link.hash.hex() == "65fdd7c93362ac4e6e03ed6755e44330a9b752f107890bca22279816ea4704a9"
