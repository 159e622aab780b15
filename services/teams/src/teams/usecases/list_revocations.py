"""List what was revoked lately, for a service that comes back to the bus."""

from datetime import timedelta

from chassis.database import Tx
from contracts.tokens import ACCESS_TOKEN_SECONDS
from teams.storage import memberships
from teams.storage.memberships import Revocation

WINDOW = timedelta(seconds=ACCESS_TOKEN_SECONDS + 60)
"""An access token's life and a minute: what was revoked earlier concerns no token that still lives."""


async def list_revocations(tx: Tx) -> list[Revocation]:
    """Of the last eleven minutes, in every organization."""
    return await memberships.list_revocations(tx, tx.now - WINDOW)
