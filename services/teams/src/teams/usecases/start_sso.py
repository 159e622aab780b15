"""Leave for the provider: find whose it is, ask it where to go (outside of any transaction), keep the attempt."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from teams.domain.sso import ATTEMPT_LIFETIME, Attempt, check_same_provider
from teams.storage import sso, sso_sign_ins
from teams.tokens import hash_secret


async def act_in(tx: Tx, org_id: UUID) -> None:
    """The rest of the transaction sees this organization, while nobody is known yet."""
    tx.context = replace(tx.context, org_id=org_id)
    await tx.act_for(org_id=org_id)


async def begin_start_sso(tx: Tx, *, domain: str | None, slug: str | None, next_path: str, fresh: bool) -> Attempt:
    """The provider of a domain's people, or of an organization's. No account is looked at.

    Raises NotFound (`sso_not_available`), the same for a domain nobody verified and for one without settings.
    """
    org_id = await sso.find_organization(tx, domain=domain, slug=slug)
    settings = None
    if org_id is not None:
        await act_in(tx, org_id)
        settings = await sso.get_settings(tx, org_id)
    if settings is None:
        raise NotFound("Single sign-on is not set up for this.", code="sso_not_available")
    return Attempt(settings.org_id, settings.provider, next_path, fresh)


async def finish_start_sso(tx: Tx, attempt: Attempt, *, state: str, browser_secret: str) -> None:
    """Keep it for ten minutes. Raises Forbidden (`sso_changed`) where settings changed while the provider was asked."""
    await act_in(tx, attempt.org_id)
    check_same_provider(await sso.get_settings(tx, attempt.org_id), attempt.provider)
    await sso_sign_ins.insert_attempt(
        tx,
        attempt,
        state_hash=hash_secret(state),
        browser_hash=hash_secret(browser_secret),
        expires_at=tx.now + ATTEMPT_LIFETIME,
    )
