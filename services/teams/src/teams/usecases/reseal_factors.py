"""Second factors under the newest key, so that an old one can be dropped from the settings."""

from uuid import UUID

from chassis.database import Tx
from chassis.second_factors import SeedVault
from teams.storage import second_factors

BATCH = 500


async def reseal_factors(tx: Tx, vault: SeedVault) -> int:
    """Returns how many. Raises ValueError where one cannot be opened with today's keys."""
    count, last = 0, UUID(int=0)
    while seeds := await second_factors.list_sealed(tx, last, BATCH):
        for user_id, sealed in seeds.items():
            await second_factors.update_seed(tx, user_id, vault.reseal(sealed))
        count, last = count + len(seeds), max(seeds)
    return count
