"""Erase a person or an organization for good, acknowledge it, and let nothing that arrives later bring them back.

Events come in any order: a fact that names somebody may follow the one that says that they are gone. Whoever stores
what names people asks `hold` first; whoever erases begins with `acknowledge`.
"""

from collections.abc import Iterable
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from contracts.erasure import DataErasedV1, SubjectKind

# A lock for each of 64 groups of subjects, not for each subject: a batch speaks of hundreds, and the server's table of
# locks is small. Shared locks are in nobody's way, and erasures are rare.
_GROUPS = """
SELECT {lock}(hashtext('erasures of ' || current_schema()), number) FROM (
    SELECT DISTINCT (hashtextextended(id::text, 0) & 63)::integer AS number FROM unnest($1::uuid[]) AS id ORDER BY 1
) AS groups
"""
_HOLD = _GROUPS.format(lock="pg_advisory_xact_lock_shared")
_TAKE = _GROUPS.format(lock="pg_advisory_xact_lock")


async def hold(tx: Tx, subjects: Iterable[UUID]) -> set[UUID]:
    """Those of these people and organizations that are erased; of the others none is erased before `tx` ends."""
    ids = sorted(set(subjects))
    await tx.execute(_HOLD, ids)
    rows = await tx.fetch("SELECT subject_id FROM erased_subjects WHERE subject_id = ANY ($1)", ids)
    return {row["subject_id"] for row in rows}


async def acknowledge(tx: Tx, kind: SubjectKind, subject_id: UUID, *, kept: tuple[str, ...] = ()) -> None:
    """Remember that the service erases the subject in `tx`, and state `data.erased`: once, however often it is asked.

    Call it before erasing: from here on nobody stores anything about the subject until `tx` ends, and then they know.
    `kept` says what stays and why.
    """
    await tx.execute(_TAKE, [subject_id])
    first = await tx.execute(
        "INSERT INTO erased_subjects (subject_id, kind, erased_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        subject_id,
        kind,
        tx.now,
    )
    if first:
        event = DataErasedV1(subject_kind=kind, subject_id=subject_id, service=tx.service, erased_at=tx.now, kept=kept)
        outbox.add(tx, event, sequence=1)
