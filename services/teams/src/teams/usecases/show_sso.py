"""Show an organization's single sign-on."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Tx
from teams.domain.sso import SsoDomain, SsoSettings
from teams.storage import roles, sso


@dataclass(frozen=True)
class Sso:
    """The settings, if there are any, and the domains that the organization claims.

    `default_role_name` is set where the default role is one of the organization's own.
    """

    settings: SsoSettings | None
    domains: list[SsoDomain]
    default_role_name: str | None = None


async def show_sso(tx: Tx, org_id: UUID) -> Sso:
    """As it is now."""
    settings = await sso.get_settings(tx, org_id)
    names = await roles.get_names(tx, org_id, [settings.default_role] if settings else [])
    name = names.get(settings.default_role) if settings else None
    return Sso(settings, await sso.list_domains(tx, org_id), name)
