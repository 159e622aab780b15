"""Where an organization lets its people in by its provider only, no other door opens."""

from uuid import UUID

from chassis.database import Tx
from chassis.problems import Forbidden
from contracts.permissions import Role
from teams.domain.sso import domain_of
from teams.storage import sso, sso_sign_ins


async def refuse_password(tx: Tx, user_id: UUID) -> None:
    """Raises Forbidden (`sso_required`) for a member, not an owner, whom an organization holds to its provider."""
    demand = await sso_sign_ins.get_demand(tx, user_id)
    if demand is not None:
        raise _required(demand.name)


async def must_come_by_sso(tx: Tx, user_id: UUID, session_id: UUID) -> bool:
    """Whether this sign-in was made through another door than the one that its person has to use by now."""
    return await sso_sign_ins.get_demand(tx, user_id, session_id) is not None


async def refuse_invitation(tx: Tx, org_id: UUID, organization_name: str, email: str, role: str) -> None:
    """Whoever is held to the provider accepts an invitation by coming in through it. Raises Forbidden."""
    settings = await sso.get_settings(tx, org_id)
    if settings is None or not settings.enforced or role == Role.OWNER:
        return
    if domain_of(email) in await sso.list_verified_domains(tx, org_id):
        raise _required(organization_name)


def _required(organization_name: str) -> Forbidden:
    return Forbidden("sso_required", f"{organization_name} uses single sign-on: choose Sign in with SSO.")
