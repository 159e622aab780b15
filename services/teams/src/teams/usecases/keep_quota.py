"""Billing said how many requests a minute an organization's plan allows."""

from collections.abc import Mapping
from uuid import UUID

from chassis.database import Tx
from contracts.billing import REQUESTS_PER_MINUTE
from teams.domain.organizations import FREE_QUOTA
from teams.storage import request_quotas


async def keep_quota(tx: Tx, org_id: UUID, *, limits: Mapping[str, int | None], sequence: int) -> None:
    """The newest word counts, in whatever order they arrive; tokens carry it from their next refresh on.

    A plan sold before there was such a limit has Free's.
    """
    await request_quotas.store_quota(tx, org_id, limits.get(REQUESTS_PER_MINUTE, FREE_QUOTA), sequence)
