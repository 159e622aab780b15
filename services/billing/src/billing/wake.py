"""Waking the background loops, in whatever process they run, once a transaction has committed."""

from dataclasses import dataclass

from billing.storage import leases
from chassis.database import Tx
from chassis.pool import Pool

OPERATIONS = "billing_operations"
WEBHOOKS = "billing_webhooks"


@dataclass(frozen=True)
class _Notify:
    pool: Pool
    channel: str

    async def __call__(self) -> None:
        await leases.notify(self.pool, self.channel)


def wake(tx: Tx, channel: str) -> None:
    """After the commit, outside of it: a NOTIFY inside halves the write rate. The loops' poll is the net."""
    call = _Notify(tx.pool, channel)
    if call not in tx.after_commit:
        tx.after_commit.append(call)
