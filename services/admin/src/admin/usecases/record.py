"""Put down who did what: in the transaction of the deed itself, at its end, so that the chain is held only briefly."""

import secrets
from dataclasses import dataclass
from typing import Any

from admin.domain.audit import Entry, Link, place
from admin.storage import audit
from chassis.chains import SALT_BYTES, commit_to, written
from chassis.database import Tx
from contracts.ids import new_id

NOBODY = "nobody"


@dataclass(frozen=True)
class Witness:
    """Who acts, and from where. `actor` as in `contracts.envelope`, or `nobody` before a sign-in."""

    actor: str
    address: str


def record(tx: Tx, by: Witness, action: str, target: str = "", **details: Any) -> None:
    """The deed and its row commit together, or neither does. `details` that are None are left out."""
    told = {name: value for name, value in details.items() if value is not None}
    entry = Entry(by.actor, action, target, told | {"address": by.address})

    async def write() -> None:
        await _append(tx, entry)

    tx.before_commit.append(write)


async def _append(tx: Tx, entry: Entry) -> None:
    end = await audit.lock_head(tx)
    head, last_at = end if end else (None, None)
    day, number, previous, at = place(tx.clock.now(), head, last_at)
    salt, details = secrets.token_bytes(SALT_BYTES), written(entry.details)
    link = Link(
        day=day,
        number=number,
        id=new_id(),
        at=at,
        actor=entry.actor,
        action=entry.action,
        target=entry.target,
        request_id=tx.context.correlation_id,
        commitment=commit_to(salt, details),
        previous=previous,
    )
    await audit.insert(tx, link, salt=salt, details=details)
