"""Somebody ended their account: nothing that names them stays, neither theirs nor in what others were told."""

from chassis import erasures as acknowledging
from chassis.database import Tx
from contracts.envelope import Envelope
from contracts.teams import UserDeletedV1
from notifier.storage import erasures


async def erase_person(tx: Tx, event: UserDeletedV1, header: Envelope) -> None:
    """What arrives of them later names nobody. Acknowledged once; erasing again finds nothing."""
    await acknowledging.acknowledge(tx, "user", event.user_id)
    address = await erasures.get_address(tx, event.user_id)
    await erasures.bury_person(tx, event.user_id, header.sequence)
    await erasures.delete_of_person(tx, event.user_id, address, event.deleted_at)
