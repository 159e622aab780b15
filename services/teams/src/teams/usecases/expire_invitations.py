"""Write down which invitations have run out, so that everybody hears of it."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from contracts.teams import InvitationExpiredV1
from teams.domain.activity import Action, Subject
from teams.events import add_invitation_event
from teams.storage import invitations
from teams.usecases.record_activity import record_activity

BATCH = 500


async def expire_invitations(tx: Tx, *, org_id: UUID | None = None) -> int:
    """Up to 500 of one organization, or of all (the worker's door); returns how many. The rest waits.

    Time did it, also where somebody's request noticed.
    """
    due = await invitations.lock_expired(tx, org_id=org_id, limit=BATCH)
    for invitation in due:
        expired = replace(invitation, state="expired", version=invitation.version + 1)
        await invitations.update_invitation(tx, expired)
        add_invitation_event(tx, InvitationExpiredV1, expired)
        subject = Subject.invitation(expired.id, expired.email)
        record_activity(tx, Action.INVITATION_EXPIRED, subject, org_id=expired.org_id, actor=f"system:{tx.service}")
    return len(due)
