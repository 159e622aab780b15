"""Tables `erasure_requests` and `erasure_acknowledgements`, and what admin itself erases."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson

from admin.domain.erasures import Acknowledgement, Erasure
from chassis.database import Row, Tx
from contracts.erasure import ERASERS, DataErasedV1, SubjectKind

_SELECT = """
SELECT r.subject_id, r.kind, r.requested_at,
       coalesce((SELECT json_agg(json_build_object('service', a.service, 'erased_at', a.erased_at, 'kept', a.kept)
                                 ORDER BY a.erased_at, a.service)
                 FROM erasure_acknowledgements a WHERE a.subject_id = r.subject_id), '[]'::json) AS acknowledged
FROM erasure_requests r
"""
_LIST = f"""
{_SELECT}
WHERE ($1::timestamptz IS NULL OR (r.requested_at, r.subject_id) < ($1, $2))
  AND (NOT $3 OR cardinality($4::text[]) > (SELECT count(*) FROM erasure_acknowledgements a
                                    WHERE a.subject_id = r.subject_id AND a.service = ANY ($4)))
ORDER BY r.requested_at DESC, r.subject_id DESC LIMIT $5
"""  # noqa: S608 - made of a constant


async def insert_request(tx: Tx, kind: SubjectKind, subject_id: UUID, requested_at: datetime) -> None:
    """Remember that a subject is to be erased; the first word counts."""
    await tx.execute(
        "INSERT INTO erasure_requests (subject_id, kind, requested_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        subject_id,
        kind,
        requested_at,
    )


async def insert_acknowledgement(tx: Tx, event: DataErasedV1) -> None:
    """Remember that a service erased a subject; the first word counts."""
    await tx.execute(
        "INSERT INTO erasure_acknowledgements (subject_id, service, erased_at, kept) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        event.subject_id,
        event.service,
        event.erased_at,
        list(event.kept),
    )


async def list_erasures(
    tx: Tx, *, outstanding: bool, before: tuple[datetime, UUID] | None, limit: int
) -> list[Erasure]:
    """Up to `limit + 1`, the latest first; `outstanding`: only those that a service has not acknowledged."""
    at, subject_id = before or (None, None)
    rows = await tx.fetch(
        _LIST,
        at,
        subject_id,
        outstanding,
        list(ERASERS),
        limit + 1,
    )
    return [_erasure(row) for row in rows]


async def get_erasure(tx: Tx, subject_id: UUID) -> Erasure | None:
    """One subject's; None where nobody asked for it."""
    row = await tx.fetchrow(f"{_SELECT} WHERE r.subject_id = $1", subject_id)
    return _erasure(row) if row else None


def _erasure(row: Row) -> Erasure:
    told = orjson.loads(row["acknowledged"])
    acknowledged = [
        Acknowledgement(one["service"], datetime.fromisoformat(one["erased_at"]), one["kept"]) for one in told
    ]
    return Erasure(row["subject_id"], row["kind"], row["requested_at"], acknowledged)


async def list_names(tx: Tx, subject_id: UUID) -> list[str]:
    """Every text by which admin knows a person or an organization: names, addresses, slugs, as they were last."""
    rows = await tx.fetch(
        "SELECT unnest(ARRAY[name, slug]) AS text FROM customers WHERE organization_id = $1 "
        "UNION SELECT unnest(ARRAY[email, name]) FROM customer_people WHERE user_id = $1 "
        "UNION SELECT unnest(ARRAY[email, name]) FROM customer_members WHERE user_id = $1",
        subject_id,
    )
    return sorted({row["text"] for row in rows if row["text"]})


async def delete_organization(tx: Tx, organization_id: UUID) -> None:
    """The organization and who belonged to it; its subscription and events are ids, amounts and dates."""
    await tx.execute("DELETE FROM customers WHERE organization_id = $1", organization_id)
    await tx.execute("DELETE FROM customer_members WHERE organization_id = $1", organization_id)
    await tx.execute("DELETE FROM customer_search_words WHERE owner = $1", organization_id)


async def delete_person(tx: Tx, user_id: UUID) -> None:
    """The person, and who they were in organizations."""
    await tx.execute("DELETE FROM customer_people WHERE user_id = $1", user_id)
    await tx.execute("DELETE FROM customer_members WHERE user_id = $1", user_id)
    await tx.execute("DELETE FROM customer_search_words WHERE owner = $1", user_id)


async def delete_audit_details(tx: Tx, texts: Sequence[str], searches: Sequence[str]) -> list[UUID]:
    """Take away the details of audit rows that hold one of the texts, or a search that found what they stand for.

    Whatever the case. Reads every row there is: words are looked for by nothing else. Returns the rows' ids, in order.
    """
    rows = await tx.fetch(
        "SELECT id FROM erase_audit_details($1, $2) AS id", [_as_json(text.lower()) for text in texts], list(searches)
    )
    return sorted(row["id"] for row in rows)


def _as_json(text: str) -> str:
    """As it stands inside a JSON string."""
    return orjson.dumps(text).decode()[1:-1]
