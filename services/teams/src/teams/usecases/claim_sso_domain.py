"""Claim a domain for single sign-on, prove it, let go of it."""

import secrets
from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import Conflict, NotFound
from contracts.ids import new_id
from contracts.permissions import Permission
from teams.domain.activity import Action, Subject
from teams.domain.sso import DOMAINS_MAX, SsoDomain
from teams.storage import organizations, sso
from teams.usecases.act_as import get_acting_member
from teams.usecases.record_activity import record_activity

TOKEN_BYTES = 24


async def add_sso_domain(tx: Tx, *, org_id: UUID, actor_id: UUID, domain: str) -> SsoDomain:
    """A claim with a token of its own, which counts for nothing yet. Raises Conflict (claimed before, too many)."""
    await organizations.lock_organization(tx, org_id)
    await get_acting_member(tx, org_id, actor_id, Permission.SSO_UPDATE)
    if len(await sso.list_domains(tx, org_id)) >= DOMAINS_MAX:
        raise Conflict("sso_domains_exhausted", f"An organization has at most {DOMAINS_MAX} domains.")
    claimed = SsoDomain(
        id=new_id(),
        org_id=org_id,
        domain=domain,
        token=secrets.token_urlsafe(TOKEN_BYTES),
        verified_at=None,
        created_by=actor_id,
        created_at=tx.now,
    )
    if not await sso.insert_domain(tx, claimed):
        raise Conflict("sso_domain_exists", "This domain is in the list already.")
    _record(tx, Action.SSO_DOMAIN_ADDED, claimed)
    return claimed


async def begin_verify_sso_domain(tx: Tx, domain_id: UUID) -> SsoDomain:
    """What to look for in the DNS. Raises NotFound."""
    domain = await sso.get_domain(tx, domain_id)
    if domain is None:
        raise NotFound
    return domain


async def finish_verify_sso_domain(
    tx: Tx, *, org_id: UUID, actor_id: UUID, looked_up: SsoDomain, seen: bool
) -> SsoDomain:
    """The record was seen: the domain is this organization's, and a domain is one organization's at a time.

    A domain that is verified already stays so. Raises Conflict (record not seen, or held elsewhere), NotFound (removed
    while the DNS was asked), Forbidden.
    """
    await get_acting_member(tx, org_id, actor_id, Permission.SSO_UPDATE)
    domain = await begin_verify_sso_domain(tx, looked_up.id)
    if domain.verified_at is not None:
        return domain
    if not seen:
        raise Conflict(
            "sso_record_missing",
            f"{domain.domain} has no TXT record {domain.record} yet. New records can take an hour to be seen.",
        )
    if not await sso.verify_domain(tx, domain.id, tx.now):
        raise Conflict("sso_domain_taken", "Another organization holds this domain: it has to remove it first.")
    _record(tx, Action.SSO_DOMAIN_VERIFIED, domain)
    return replace(domain, verified_at=tx.now)


async def remove_sso_domain(tx: Tx, *, org_id: UUID, actor_id: UUID, domain_id: UUID) -> None:
    """Its people neither can nor must sign in by the provider any more. Raises NotFound, Forbidden."""
    await organizations.lock_organization(tx, org_id)
    await get_acting_member(tx, org_id, actor_id, Permission.SSO_UPDATE)
    domain = await begin_verify_sso_domain(tx, domain_id)
    await sso.delete_domain(tx, domain_id)
    _record(tx, Action.SSO_DOMAIN_REMOVED, domain)


def _record(tx: Tx, action: Action, domain: SsoDomain) -> None:
    record_activity(tx, action, Subject("sso_domain", str(domain.id), domain.domain))
