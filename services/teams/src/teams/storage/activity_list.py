"""Tables `activity_logs` and `activity_details` as people read them: the newest first, narrowed, a page at a time."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.database import Row, Tx

_SELECT = """
SELECT l.number, l.at, l.actor, l.on_behalf_of, l.action, l.subject_type, l.subject_id, l.request_id, d.details
FROM activity_logs l LEFT JOIN activity_details d USING (org_id, at, number)
"""
_WORD = re.compile(r"[\w@.+-]+")


@dataclass(frozen=True)
class Filters:
    """What narrows the log; None where it does not. `action` is whole or the part before its dot.

    `since` is included, `until` is not. `search` holds words; each must begin a word of the row.
    """

    actor: str | None = None
    action: str | None = None
    subject_type: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str | None = None


@dataclass(frozen=True)
class ActivityRow:
    """One change as people read it; `details` is None once erased."""

    number: int
    at: datetime
    actor: str
    on_behalf_of: str
    action: str
    subject_type: str
    subject_id: str
    request_id: str
    details: dict[str, Any] | None


async def list_activity(
    tx: Tx, org_id: UUID, filters: Filters, *, after: tuple[datetime, int] | None, limit: int
) -> list[ActivityRow]:
    """Up to `limit + 1`, the newest first, older than `after`."""
    query = _Query(org_id)
    query.narrow(filters)
    if after is not None:
        query.add("l.at <= {}", after[0])
        query.add("(l.at, l.number) < ({}, {})", *after)
    order = f"ORDER BY l.at DESC, l.number DESC LIMIT {query.value(limit + 1)}"
    rows = await tx.fetch(f"{_SELECT} WHERE {' AND '.join(query.conditions)} {order}", *query.values)
    return [_row(row) for row in rows]


def _row(row: Row) -> ActivityRow:
    details = row["details"]
    return ActivityRow(**(dict(row) | {"details": None if details is None else orjson.loads(details)}))


class _Query:
    """Only the conditions that are asked for, so that each has its index."""

    def __init__(self, org_id: UUID) -> None:
        self.values: list[Any] = []
        self.conditions: list[str] = []
        self.add("l.org_id = {}", org_id)

    def value(self, value: Any) -> str:
        """A placeholder for it."""
        self.values.append(value)
        return f"${len(self.values)}"

    def add(self, condition: str, *values: Any) -> None:
        """One more condition; nothing where a value is None."""
        if None not in values:
            self.conditions.append(condition.format(*(self.value(value) for value in values)))

    def narrow(self, filters: Filters) -> None:
        """The conditions of the filters."""
        self.add("l.actor = {}", filters.actor)
        self.add("l.subject_type = {}", filters.subject_type)
        self.add("l.subject_id = {}", filters.subject_id)
        self.add("l.at >= {}", filters.since)
        self.add("l.at < {}", filters.until)
        if filters.action is not None and "." not in filters.action:
            self.add("l.action >= {} AND l.action < {}", f"{filters.action}.", f"{filters.action}/")
        else:
            self.add("l.action = {}", filters.action)
        if filters.search is not None:
            self.add("d.words @@ {}::tsquery", prefixes(filters.search))


def prefixes(search: str) -> str:
    """What was typed as a tsquery: every word, each as a beginning. Nothing in it is an operator."""
    words = _WORD.findall(search.lower())
    return " & ".join("'" + word.replace("'", "") + "':*" for word in words)
