"""What a row's hash covers; other files' tests walk whole chains."""

from datetime import datetime
from uuid import UUID

from teams.domain.activity import Link


def test_rows_that_were_hashed_once_hash_alike_for_ever() -> None:
    link = Link(
        org_id=UUID("01900000-0000-7000-8000-000000000001"),
        number=7,
        at=datetime.fromisoformat("2026-11-26T13:00:00+01:00"),
        actor="user:1",
        on_behalf_of="",
        action="role.created",
        subject_type="role",
        subject_id="r1",
        request_id="req",
        commitment=b"\x01" * 32,
        previous=b"\x02" * 32,
    )
    assert link.hash.hex() == "d217589a843a176b8ce2f4de05104e50a2027a7ee17db675d1d6214682a7a568"
