"""Time in: what runs on a schedule."""

from datetime import timedelta

import structlog

from chassis.blobs import Blobs
from chassis.chains import Seal
from chassis.database import Context, Database, Tx
from chassis.scheduler import Schedule
from chassis.vault import Vault
from teams.domain.logos import PREFIX
from teams.storage import sso_sign_ins
from teams.storage.activity_chain import Checkpoint
from teams.usecases.erase_people import erase_people
from teams.usecases.expire_invitations import expire_invitations
from teams.usecases.forget_sessions import forget_sessions
from teams.usecases.list_orphan_logos import list_orphan_logos
from teams.usecases.purge_organizations import purge_organizations
from teams.usecases.remind_invited import remind_invited
from teams.usecases.reseal_sso_secrets import reseal_sso_secrets
from teams.usecases.reset_password import send_resets
from teams.usecases.seal_activity import drop_old_activity, seal_activity

log = structlog.get_logger()


def schedules(seal: Seal, vault: Vault, *, mail_key: str, activity_kept: timedelta, blobs: Blobs) -> list[Schedule]:
    """Every job of this service. `mail_key`: whom mails with secret links are sealed to."""

    async def mail_resets(tx: Tx) -> None:
        await send_resets(tx, mail_key=mail_key)

    async def seal_new(tx: Tx) -> None:
        _copy_out(await seal_activity(tx, seal))

    async def drop_old(tx: Tx) -> None:
        _copy_out(await drop_old_activity(tx, seal, tx.now - activity_kept))

    async def remind(tx: Tx) -> None:
        await remind_invited(tx, mail_key)

    async def reseal(tx: Tx) -> None:
        await reseal_sso_secrets(tx, vault)

    async def collect(database: Database) -> None:
        await _collect_logos(database, blobs)

    return [
        Schedule("expire_invitations", timedelta(minutes=1), _expire_invitations),
        Schedule("forget_sessions", timedelta(hours=1), _forget_sessions),
        Schedule("send_resets", timedelta(seconds=1), mail_resets),
        Schedule("erase_people", timedelta(seconds=1), _erase_people),
        Schedule("purge_organizations", timedelta(hours=1), _purge_organizations),
        Schedule("remind_invited", timedelta(minutes=10), remind),
        Schedule("seal_activity", timedelta(hours=1), seal_new),
        Schedule("drop_old_activity", timedelta(days=1), drop_old),
        Schedule("forget_sso_attempts", timedelta(minutes=10), _forget_sso_attempts),
        Schedule("reseal_sso_secrets", timedelta(hours=1), reseal),
        Schedule.outside("collect_logos", timedelta(hours=1), collect),
    ]


async def _collect_logos(database: Database, blobs: Blobs) -> None:
    """Erase the files that no row names: page by page, each judged in a transaction that is over before the erasing."""
    context = Context(actor=f"system:{database.service}")
    async for page in blobs.pages(PREFIX):
        async with database.transaction(context) as tx:
            orphans = await list_orphan_logos(tx, page)
        for key in orphans:
            await blobs.delete(key)


async def _expire_invitations(tx: Tx) -> None:
    await expire_invitations(tx)


async def _purge_organizations(tx: Tx) -> None:
    await purge_organizations(tx)


async def _erase_people(tx: Tx) -> None:
    await erase_people(tx)


async def _forget_sessions(tx: Tx) -> None:
    await forget_sessions(tx)


async def _forget_sso_attempts(tx: Tx) -> None:
    await sso_sign_ins.delete_old_attempts(tx)


def _copy_out(checkpoints: list[Checkpoint]) -> None:
    """The line in the log is the copy outside the database."""
    for one in checkpoints:
        log.info(
            "activity checkpoint",
            organization=str(one.org_id),
            number=one.place.number,
            floor=one.floor,
            head=one.place.hash.hex(),
            signature=one.signature.hex(),
        )
