"""Show the holder of an invitation link what it leads to, before they sign in."""

from dataclasses import dataclass

from chassis.database import Tx
from chassis.problems import NotFound
from teams.domain.invitations import Invitation, check_open
from teams.domain.organizations import Organization
from teams.storage import invitations, organizations
from teams.storage.invitations import Found
from teams.usecases.accept_invitation import find_invitation


@dataclass(frozen=True)
class Preview:
    """The invitation and what surrounds it."""

    invitation: Invitation
    found: Found
    organization: Organization


async def preview_invitation(tx: Tx, token: str) -> Preview:
    """Raises NotFound for an unknown token, Gone for one that no longer works."""
    found = await find_invitation(tx, token)
    await tx.act_for(org_id=found.org_id)
    invitation = await invitations.get_invitation(tx, found.invitation_id)
    if invitation is None:
        raise NotFound
    check_open(invitation, tx.now)
    return Preview(invitation, found, await organizations.get_organization(tx, found.org_id))
