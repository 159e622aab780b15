"""Client secrets under the newest key, so that an old one can be dropped from the settings."""

from uuid import UUID

from chassis.database import Tx
from chassis.vault import Vault
from teams.storage import sso

BATCH = 100


async def reseal_sso_secrets(tx: Tx, vault: Vault) -> int:
    """All of them, a hundred at a time; returns how many. Raises ValueError where one cannot be opened."""
    after, count = UUID(int=0), 0
    while found := await sso.lock_next_settings(tx, after, BATCH):
        for settings in found:
            await sso.update_secret(tx, settings.org_id, vault.reseal(settings.client_secret))
        after, count = found[-1].org_id, count + len(found)
    return count
