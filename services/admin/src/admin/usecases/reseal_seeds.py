"""Second factors under the newest key, so that an old one can be dropped from the settings."""

from admin.storage import staff
from admin.usecases.record import Witness, record
from chassis.database import Tx
from chassis.second_factors import SeedVault


async def reseal_seeds(tx: Tx, vault: SeedVault, by: Witness) -> int:
    """Returns how many. Raises ValueError where one cannot be opened."""
    seeds = await staff.list_seeds(tx)
    for staff_id, sealed in seeds.items():
        await staff.update_seed(tx, staff_id, vault.reseal(sealed))
    record(tx, by, "staff.factors_resealed", count=len(seeds))
    return len(seeds)
