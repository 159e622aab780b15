"""Invite many addresses at once, each for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Tx
from chassis.problems import Invalid, Problem
from teams.domain.invitations import Invitation
from teams.domain.people import clean_email
from teams.usecases.invite_member import InvitingDesk, invite, open_desk


@dataclass(frozen=True)
class Outcome:
    """What became of one row: the invitation, or why there is none."""

    email: str
    invitation: Invitation | None = None
    refusal: Problem | None = None


async def invite_members(
    tx: Tx, *, org_id: UUID, actor_id: UUID, rows: Sequence[tuple[str, str]], mail_key: str
) -> list[Outcome]:
    """In their order. A row that is refused leaves no trace and hinders no other; seats go to the first rows.

    Raises Forbidden where the actor may not invite at all.
    """
    desk = await open_desk(tx, org_id=org_id, actor_id=actor_id, mail_key=mail_key)
    return [await _try(tx, desk, email, role) for email, role in rows]


async def _try(tx: Tx, desk: InvitingDesk, email: str, role: str) -> Outcome:
    try:
        return Outcome(email, await invite(tx, desk, clean_email(email), role))
    except Invalid as refusal:
        return Outcome(email, refusal=Invalid(refusal.fields[0].code, refusal.fields[0].detail))
    except Problem as refusal:
        return Outcome(email, refusal=refusal)
