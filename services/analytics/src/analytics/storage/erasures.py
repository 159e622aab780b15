"""Erasing from raw rows and rollups what names a person or comes from an organization. Every count stays as it is."""

from uuid import UUID

from chassis.database import Tx


async def erase_organization(tx: Tx, org_id: UUID, salt: str) -> None:
    """Raw rows lose what they say and about whom; who was active becomes a number under a salt that nobody keeps."""
    await tx.execute(
        "UPDATE analytics_events SET properties = '{}', subject = NULL, "
        "user_key = encode(sha256(convert_to($2 || user_key, 'UTF8')), 'hex') WHERE org_id = $1",
        org_id,
        salt,
    )
    await tx.execute(
        "UPDATE daily_users SET user_key = encode(sha256(convert_to($2 || user_key, 'UTF8')), 'hex') WHERE org_id = $1",
        org_id,
        salt,
    )
    await tx.execute("DELETE FROM quarantine WHERE org_id = $1", org_id)
    await tx.execute("DELETE FROM joins WHERE org_id = $1", org_id)


async def erase_person(tx: Tx, user_id: UUID, stand_in: str) -> None:
    """What they did or what is said of them, in every organization; `stand_in` goes on counting as one active person.

    Reads every raw row there is: people are looked for by nothing else, and an index would cost each event of each day.
    """
    who = str(user_id)
    await tx.execute(
        "UPDATE analytics_events SET properties = '{}', subject = NULL, "
        "user_key = CASE WHEN user_key = $1 THEN $2 ELSE user_key END "
        "WHERE user_key = $1 OR subject = $1 OR properties->>'user_id' = $1",
        who,
        stand_in,
    )
    await tx.execute("UPDATE daily_users SET user_key = $2 WHERE user_key = $1", who, stand_in)
    await tx.execute("DELETE FROM quarantine WHERE position($1 IN content) > 0", who)
    await tx.execute("DELETE FROM registrations WHERE user_id = $1", user_id)
    await tx.execute("DELETE FROM joins WHERE user_id = $1", user_id)
