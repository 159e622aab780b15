"""Show a person who they are, where they are and what they may do there."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Tx
from teams.domain.organizations import Organization
from teams.domain.people import User
from teams.domain.roles import HeldRole
from teams.storage import links, organizations, second_factors, users
from teams.storage.organizations import OwnOrganization
from teams.storage.roles import get_role


@dataclass(frozen=True)
class Me:
    """The person, the organization of their token, and all they belong to."""

    user: User
    organization: Organization | None
    role: HeldRole | None
    organizations: list[OwnOrganization]
    mfa_enabled: bool
    pending_email: str | None


async def show_me(tx: Tx, user_id: UUID, org_id: UUID | None) -> Me:
    """As it is now; `organization` is None without one, or where the person has just left it."""
    user = await users.get_user(tx, user_id)
    own = await organizations.list_own_organizations(tx)
    here = next((one for one in own if one.organization.id == org_id), None)
    role = await get_role(tx, here.organization.id, here.role) if here else None
    return Me(
        user,
        here.organization if here else None,
        role,
        own,
        await second_factors.get_confirmed_at(tx, user_id) is not None,
        await links.get_pending_email(tx, user_id),
    )
