"""Sign where the chains end, and let go of months that nobody's plan keeps."""

from collections.abc import Sequence
from datetime import datetime

from chassis.chains import Seal
from chassis.database import Tx
from teams.domain.activity import Head, signed_content
from teams.storage import activity_chain
from teams.storage.activity_chain import Checkpoint

BATCH = 1000


async def seal_activity(tx: Tx, seal: Seal) -> list[Checkpoint]:
    """Up to 1,000 chains that have grown; the caller writes them where the database cannot reach. The rest waits."""
    return await _seal(tx, seal, await activity_chain.list_unsealed(tx, BATCH), floor=False)


async def drop_old_activity(tx: Tx, seal: Seal, before: datetime) -> list[Checkpoint]:
    """Seal the ends of the months that are over before then, drop them, make room for the coming ones.

    What is kept then hangs on the signed end of what is gone.
    """
    sealed = await _seal(tx, seal, await activity_chain.list_ends_before(tx, before), floor=True)
    await activity_chain.drop_months(tx, before)
    return sealed


async def _seal(tx: Tx, seal: Seal, heads: Sequence[Head], *, floor: bool) -> list[Checkpoint]:
    checkpoints = [_checkpoint(seal, head, floor=floor) for head in heads]
    await activity_chain.insert_checkpoints(tx, checkpoints)
    return checkpoints


def _checkpoint(seal: Seal, head: Head, *, floor: bool) -> Checkpoint:
    signature = seal.sign(signed_content(head.org_id, head.place, floor=floor))
    return Checkpoint(head.org_id, head.place, floor, signature)
