"""Mint the tokens of a sign-in: an access token, and a refresh token where one is due."""

from dataclasses import dataclass, replace
from uuid import UUID

from chassis.database import Tx
from contracts.tokens import UNBOUNDED
from teams.domain.organizations import Membership, Organization
from teams.domain.people import User
from teams.domain.second_factors import is_due, is_shown
from teams.domain.sessions import Session
from teams.storage import (
    memberships,
    organizations,
    request_quotas,
    second_factors,
    sessions,
    sso,
    sso_sign_ins,
    standings,
    users,
)
from teams.storage.roles import hold_role
from teams.tokens import AccessTokens, hash_secret, new_secret
from teams.usecases.act_as import act_as


@dataclass(frozen=True)
class SignedIn:
    """A sign-in's fresh tokens and what they speak for. Secrets: neither stored nor logged.

    `mfa_due`: the organization asks for a second factor that the sign-in has not shown; the tokens reach nothing of it.
    """

    access_token: str
    refresh_token: str | None
    session: Session
    user: User
    organization: Organization | None
    membership: Membership | None
    mfa_due: bool = False


async def issue_tokens(tx: Tx, access_tokens: AccessTokens, session: Session, *, refresh: bool) -> SignedIn:
    """Tokens for the sign-in's organization; for another the person belongs to, or none, if they left that one.

    The membership and its role are held while the token is minted and the time read after that: so every token is
    either older than a change of either or carries the new. The session must be locked, or made by this transaction.
    """
    settled, membership = await _settle(tx, session)
    organization = await organizations.get_organization(tx, membership.org_id) if membership else None
    mfa_due = organization is not None and await _is_mfa_due(tx, organization, settled)
    suspended = membership is not None and (await standings.get_standing(tx, membership.org_id)).suspended
    await sessions.update_session(tx, settled)
    role = await hold_role(tx, membership.org_id, membership.role) if membership else None
    quota = await quota_of(tx, settled.current_organization) if settled.current_organization else None
    access_token = access_tokens.mint(
        user_id=settled.user_id,
        session_id=settled.id,
        org_id=None if mfa_due else settled.current_organization,
        role=None if mfa_due else role,
        mfa_due=mfa_due,
        suspended=suspended,
        now=tx.clock.now(),
        quota=quota,
    )
    refresh_token = await _add_refresh_token(tx, settled) if refresh else None
    user = await users.get_user(tx, settled.user_id)
    return SignedIn(access_token, refresh_token, settled, user, organization, membership, mfa_due)


async def _is_mfa_due(tx: Tx, organization: Organization, session: Session) -> bool:
    """Whether the sign-in has neither shown the person's own second factor nor comes with the provider's word for it.

    Read anew for each token, so a factor that was turned off since, or a demand made stricter, counts at the next one.
    """
    if not organization.require_mfa:
        return False
    settings = await sso.get_settings(tx, organization.id)
    return is_due(
        demanded=organization.require_mfa,
        shown=is_shown(session.shown_factor, await second_factors.get_confirmed_at(tx, session.user_id)),
        methods=await sso_sign_ins.get_methods(tx, organization.id, session.id),
        claim_required=settings is not None and settings.require_mfa_claim,
    )


async def _settle(tx: Tx, session: Session) -> tuple[Session, Membership | None]:
    if membership := await _hold(tx, session):
        return session, membership
    await act_as(tx, session.user_id)
    for own in await organizations.list_own_organizations(tx):
        candidate = replace(session, current_organization=own.organization.id)
        if membership := await _hold(tx, candidate):
            return candidate, membership
    await act_as(tx, session.user_id)
    return replace(session, current_organization=None), None


async def _hold(tx: Tx, session: Session) -> Membership | None:
    """The active membership behind the session's organization; from here on the transaction acts in it."""
    if session.current_organization is None:
        return None
    await act_as(tx, session.user_id, session.current_organization)
    membership = await memberships.hold_membership(tx, session.current_organization, session.user_id)
    return membership if membership and membership.active else None


async def quota_of(tx: Tx, org_id: UUID) -> int:
    """What the gateway limits the organization to; `UNBOUNDED` where its plan sets no bound."""
    quota = await request_quotas.get_quota(tx, org_id)
    return UNBOUNDED if quota is None else quota


async def _add_refresh_token(tx: Tx, session: Session) -> str:
    token = new_secret()
    await sessions.insert_refresh_token(tx, session, hash_secret(token))
    return token
