"""Show a person whether signing in asks them for a code."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Tx
from teams.storage import second_factors


@dataclass(frozen=True)
class MfaState:
    """Since when, None if it does not; recovery codes that still work."""

    enabled_at: datetime | None
    recovery_codes_left: int


async def show_mfa(tx: Tx, user_id: UUID) -> MfaState:
    """As it is now."""
    enabled_at = await second_factors.get_confirmed_at(tx, user_id)
    return MfaState(enabled_at, await second_factors.count_recovery_codes(tx, user_id))
