"""Remember what a person signs in on; state a device that was not there before."""

from dataclasses import replace

from chassis.database import Tx
from teams.domain.sessions import Device, Session
from teams.events import add_device_added
from teams.storage import devices, users


async def remember_device(tx: Tx, session: Session, device: Device) -> None:
    """The first device of all is no news: it is where the account was made."""
    key = device.key(session.client)
    if await devices.update_seen(tx, session.user_id, key):
        return
    user = await users.lock_user(tx, session.user_id)
    others = await devices.count_devices(tx, user.id)
    if not await devices.insert_device(tx, user.id, key) or others == 0:
        return
    changed = replace(user, version=user.version + 1)
    await users.update_user(tx, changed)
    add_device_added(tx, changed, session_id=session.id, device=device.name)
