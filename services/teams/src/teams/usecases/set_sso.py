"""Set, or remove, an organization's single sign-on."""

from dataclasses import dataclass, replace
from uuid import UUID

from chassis.answers import IfMatch
from chassis.database import Tx
from chassis.problems import NotFound, invalid_field
from chassis.vault import Vault
from contracts.permissions import Permission
from teams.domain.activity import Action, Subject
from teams.domain.roles import check_may_grant, role_unknown
from teams.domain.sso import Provider, SsoSettings, check_default_role, check_enforceable
from teams.storage import organizations, roles, sso
from teams.usecases.act_as import get_acting_member
from teams.usecases.record_activity import changes, record_activity
from teams.usecases.show_sso import Sso, show_sso


@dataclass(frozen=True)
class WantedSso:
    """What an owner set, cleaned. `default_role` is a role's key. Without a secret the present one stays."""

    provider: Provider
    client_secret: str | None
    default_role: str
    enforced: bool
    require_mfa_claim: bool


async def set_sso(tx: Tx, vault: Vault, *, org_id: UUID, actor_id: UUID, read: IfMatch, wanted: WantedSso) -> Sso:
    """Set it whole. Sign-ins under way with another provider are refused when they come back.

    The organization is locked. Raises PreconditionFailed (nothing set yet is version 0), Forbidden (a default role
    above the actor's), Conflict (enforced without a verified domain), Invalid (no secret, no such role, or owner).
    """
    await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.SSO_UPDATE)
    current = await sso.get_settings(tx, org_id)
    read.check(current.version if current else 0)
    check_default_role(wanted.default_role)
    role = await roles.get_role(tx, org_id, wanted.default_role)
    if role is None:
        raise role_unknown("/default_role")
    check_may_grant(actor.permissions, role.permissions)
    check_enforceable(wanted.enforced, await sso.list_verified_domains(tx, org_id))
    settings = SsoSettings(
        org_id=org_id,
        issuer=wanted.provider.issuer,
        client_id=wanted.provider.client_id,
        client_secret=_secret(vault, org_id, current, wanted),
        default_role=role.key,
        enforced=wanted.enforced,
        require_mfa_claim=wanted.require_mfa_claim,
        version=current.version + 1 if current else 1,
        changed_by=actor_id,
        changed_at=tx.now,
    )
    await sso.store_settings(tx, settings)
    _record(tx, current, settings, secret=wanted.client_secret is not None)
    return await show_sso(tx, org_id)


async def replace_default_role(tx: Tx, org_id: UUID, role: str, other: str, *, by: UUID) -> None:
    """Newcomers get the other role where they would have got the one. The organization must be locked.

    Raises Invalid (at `replacement`) where that would make them owners.
    """
    current = await sso.get_settings(tx, org_id)
    if current is None or current.default_role != role:
        return
    check_default_role(other, "replacement")
    changed = replace(current, default_role=other, version=current.version + 1, changed_by=by, changed_at=tx.now)
    await sso.store_settings(tx, changed)
    _record(tx, current, changed, secret=False)


async def remove_sso(tx: Tx, *, org_id: UUID, actor_id: UUID) -> None:
    """Nobody comes in by it any more, and nobody has to. Domains stay, so do members and their sign-ins.

    Raises NotFound, Forbidden.
    """
    await organizations.lock_organization(tx, org_id)
    await get_acting_member(tx, org_id, actor_id, Permission.SSO_UPDATE)
    settings = await sso.get_settings(tx, org_id)
    if settings is None:
        raise NotFound
    await sso.delete_settings(tx, org_id)
    record_activity(tx, Action.SSO_REMOVED, Subject("sso", str(org_id), settings.issuer))


def _record(tx: Tx, before: SsoSettings | None, after: SsoSettings, *, secret: bool) -> None:
    """That the secret was changed is told, the secret is not."""
    old, new = changes(before, after, "issuer", "client_id", "default_role", "enforced", "require_mfa_claim")
    told = new | ({"client_secret": "changed"} if secret else {})
    record_activity(tx, Action.SSO_UPDATED, Subject("sso", str(after.org_id), after.issuer), before=old, after=told)


def _secret(vault: Vault, org_id: UUID, current: SsoSettings | None, wanted: WantedSso) -> bytes:
    """A kept secret goes to nobody but the provider it was entered for. Raises Invalid."""
    if wanted.client_secret is not None:
        return vault.seal(org_id, wanted.client_secret)
    if current is None or current.provider != wanted.provider:
        raise invalid_field("/client_secret", "secret_required", "Enter the client secret of this provider.")
    return current.client_secret
