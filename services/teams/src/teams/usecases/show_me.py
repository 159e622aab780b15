"""Show a person who they are, where they are and what they may do there."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Tx
from teams.domain.organizations import Organization
from teams.domain.people import User
from teams.domain.roles import HeldRole
from teams.domain.sso import fresh_until
from teams.storage import links, organizations, second_factors, sso_sign_ins, users
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
    has_password: bool
    fresh_until: datetime | None


async def show_me(tx: Tx, user_id: UUID, org_id: UUID | None, session_id: UUID) -> Me:
    """As it is now, by this sign-in; `organization` is None without one, or where the person has just left it."""
    user = await users.get_user(tx, user_id)
    own = await organizations.list_own_organizations(tx)
    here = next((one for one in own if one.organization.id == org_id), None)
    role = await get_role(tx, here.organization.id, here.role) if here else None
    proofs = await sso_sign_ins.get_proofs(tx, session_id)
    return Me(
        user,
        here.organization if here else None,
        role,
        own,
        await second_factors.get_confirmed_at(tx, user_id) is not None,
        await links.get_pending_email(tx, user_id),
        proofs.has_password,
        fresh_until(proofs.authenticated_at, tx.now),
    )
