"""Raw events, the ids seen, what was put aside, and the locks that keep counts and zones together."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from analytics.domain.recorded import Recorded, Refused
from chassis.database import Tx

_INSERT = """
WITH staged AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
                         $7::text[], $8::text[], $9::jsonb[])
        AS event (event_id, org_id, source, name, occurred_at, claimed_at, user_key, subject, properties)
), unseen AS (
    INSERT INTO seen_events (event_id, org_id, received_at)
    SELECT event_id, org_id, $10 FROM staged ORDER BY event_id
    ON CONFLICT DO NOTHING RETURNING event_id
)
INSERT INTO analytics_events (event_id, org_id, source, name, occurred_at, claimed_at, received_at, user_key, subject,
                              properties)
SELECT event_id, org_id, source, name, occurred_at, claimed_at, $10, user_key, subject, properties
FROM staged JOIN unseen USING (event_id) ORDER BY occurred_at, event_id
ON CONFLICT DO NOTHING RETURNING event_id
"""


async def lock_organizations(tx: Tx, org_ids: Collection[UUID], *, whole: Collection[UUID] = ()) -> None:
    """Until the end of `tx` no zone of these changes; those in `whole` are counted by nobody else.

    All in one order, so that two batches never wait for each other in a circle.
    """
    ordered = sorted({*org_ids, *whole})
    await tx.execute(
        "SELECT CASE WHEN organization.whole THEN pg_advisory_xact_lock(hashtextextended(org_id::text, 1)) "
        "ELSE pg_advisory_xact_lock_shared(hashtextextended(org_id::text, 1)) END "
        "FROM unnest($1::uuid[], $2::boolean[]) AS organization (org_id, whole)",
        ordered,
        [org_id in whole for org_id in ordered],
    )


async def insert_events(tx: Tx, events: Sequence[Recorded]) -> set[UUID]:
    """Store those whose id was not seen; returns their ids. Waits for a concurrent batch with the same ids."""
    rows = await tx.fetch(
        _INSERT,
        [event.event_id for event in events],
        [event.org_id for event in events],
        [event.source for event in events],
        [event.name for event in events],
        [event.occurred_at for event in events],
        [event.claimed_at for event in events],
        [event.user_key for event in events],
        [event.subject for event in events],
        [event.properties for event in events],
        tx.now,
    )
    return {row["event_id"] for row in rows}


async def insert_refused(tx: Tx, refused: Sequence[Refused]) -> None:
    """Put aside what could not be stored; the same content once."""
    await tx.executemany(
        "INSERT INTO quarantine (id, org_id, source, code, detail, content, received_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        [(one.id, one.org_id, one.source, one.code, one.detail, one.content, tx.now) for one in refused],
    )


async def add_duplicates(tx: Tx, duplicates: Mapping[UUID, int], day: date) -> None:
    """Count what was sent again, by organization."""
    await tx.executemany(
        "INSERT INTO intake_counts AS i (org_id, day, duplicates) VALUES ($1, $2, $3) "
        "ON CONFLICT (org_id, day) DO UPDATE SET duplicates = i.duplicates + excluded.duplicates",
        [(org_id, day, count) for org_id, count in sorted(duplicates.items())],
    )


async def maintain_partitions(tx: Tx, *, months_ahead: int, floor: datetime) -> None:
    """Make the coming months' partitions, drop those before `floor`."""
    await tx.execute("SELECT maintain_events($1, $2, $3)", tx.now, months_ahead, floor)


async def delete_seen(tx: Tx, before: datetime) -> None:
    """Forget ids, halves of sign-ups and what was put aside before that instant."""
    await tx.execute("DELETE FROM seen_events WHERE received_at < $1", before)
    await tx.execute("DELETE FROM quarantine WHERE received_at < $1", before)
    await tx.execute("DELETE FROM registrations WHERE registered_at < $1", before)
    await tx.execute("DELETE FROM joins WHERE joined_at < $1", before)
