"""A person's address, name, locale and time zone, as teams last stated them."""

from chassis import erasures
from chassis.database import Tx
from contracts.envelope import Envelope
from notifier.domain import PersonEvent
from notifier.storage import projections


async def keep_person(tx: Tx, event: PersonEvent, header: Envelope) -> bool:
    """Keep the newest version; False for somebody who ended their account, of whom nothing is kept."""
    if await erasures.hold(tx, [event.user_id]):
        return False
    await projections.upsert_person(tx, event, header.sequence)
    return True
