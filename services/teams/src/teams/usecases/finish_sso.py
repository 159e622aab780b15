"""Come back from the provider: use the attempt up, have the code redeemed (outside of any transaction), sign in."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Tx
from chassis.problems import Forbidden
from chassis.vault import Vault
from contracts.ids import new_id
from contracts.teams import UserRegisteredV1
from teams.domain import sso as rules
from teams.domain.organizations import Organization
from teams.domain.people import User
from teams.domain.sessions import Device
from teams.domain.sso import Asserted, Attempt
from teams.events import add_user_event
from teams.storage import memberships, organizations, roles, sso, sso_sign_ins, users
from teams.tokens import AccessTokens, hash_secret
from teams.usecases.act_as import act_as
from teams.usecases.check_not_deleted import check_not_deleted
from teams.usecases.issue_tokens import SignedIn, issue_tokens
from teams.usecases.join_by_sso import join_by_sso
from teams.usecases.open_session import store_session
from teams.usecases.start_sso import act_in
from teams.usecases.take_over_account import take_over_account


@dataclass(frozen=True)
class Redeemable:
    """An attempt that came back, and the secret that its provider wants to hear."""

    attempt: Attempt
    client_secret: str


async def begin_finish_sso(tx: Tx, vault: Vault, *, state: str, browser_secret: str) -> Redeemable:
    """Committed before the provider is asked, so that a state works once whatever happens then.

    Raises Forbidden: `sso_attempt_unknown` (used, late, never made, or another browser's), `sso_changed`.
    """
    attempt = await sso_sign_ins.take_attempt(
        tx, state_hash=hash_secret(state), browser_hash=hash_secret(browser_secret)
    )
    if attempt is None:
        raise Forbidden("sso_attempt_unknown", "This sign-in took too long, or was begun elsewhere: start again.")
    await act_in(tx, attempt.org_id)
    settings = rules.check_same_provider(await sso.get_settings(tx, attempt.org_id), attempt.provider)
    return Redeemable(attempt, vault.open(attempt.org_id, settings.client_secret))


async def finish_sso(
    tx: Tx, access_tokens: AccessTokens, attempt: Attempt, person: Asserted, device: Device
) -> SignedIn:
    """Sign the person in where the provider speaks: into their account, found or made, as a member, found or made.

    The organization is locked: seats are counted. Raises Forbidden (settings changed, not fresh, an address the
    provider does not speak for, a membership that was ended), Conflict (no seat), Gone (organization deleted).
    """
    org_id = attempt.org_id
    await act_in(tx, org_id)
    organization = await organizations.lock_organization(tx, org_id)
    await check_not_deleted(tx, org_id)
    settings = rules.check_same_provider(await sso.get_settings(tx, org_id), attempt.provider)
    rules.check_fresh(attempt, person, tx.now)
    domains = await sso.list_verified_domains(tx, org_id)
    user = await _person(tx, organization, person, domains)
    await join_by_sso(tx, org_id, user, await roles.hold_role(tx, org_id, settings.default_role))
    await sso_sign_ins.link(tx, org_id, person, user.id)
    session = await store_session(tx, user_id=user.id, org_id=org_id, client="browser", device=device)
    await sso_sign_ins.insert_session(tx, session.id, org_id, person)
    return await issue_tokens(tx, access_tokens, session, refresh=True)


async def _person(tx: Tx, organization: Organization, person: Asserted, domains: list[str]) -> User:
    """The account that was linked before; else that of the address, else a new one. The transaction acts as it."""
    linked = await sso_sign_ins.get_linked_user(tx, organization.id, person)
    if linked is not None:
        return await _linked(tx, organization.id, linked, domains)
    email = rules.clean_asserted_email(person, domains)
    account = await users.get_account(tx, email)
    if account is None:
        return await _make(tx, organization, person, email)
    await _refuse_second_subject(tx, organization.id, person, account.user_id)
    await act_as(tx, account.user_id, organization.id)
    return await take_over_account(tx, organization.id, await users.lock_user(tx, account.user_id))


async def _refuse_second_subject(tx: Tx, org_id: UUID, person: Asserted, user_id: UUID) -> None:
    """An address that a directory gave to somebody new does not open the account of who had it. Raises Forbidden."""
    membership = await memberships.get_membership(tx, org_id, user_id)
    active = membership is not None and membership.active
    if active and await sso_sign_ins.is_linked(tx, org_id, person.issuer, user_id):
        raise Forbidden(
            "sso_linked_otherwise",
            "This address belongs to another person of your provider: an owner has to remove that member first.",
        )


async def _linked(tx: Tx, org_id: UUID, user_id: UUID, domains: list[str]) -> User:
    """The account's own address must still be one that the organization speaks for. Raises Forbidden."""
    await act_as(tx, user_id, org_id)
    user = await users.lock_user(tx, user_id)
    rules.check_domain(user.email, domains)
    return user


async def _make(tx: Tx, organization: Organization, person: Asserted, email: str) -> User:
    user = User(
        id=new_id(),
        email=email,
        name=rules.name_for(person, email),
        locale=organization.locale,
        time_zone=organization.time_zone,
        email_verified=True,
        version=1,
    )
    await act_as(tx, user.id)
    if not await users.insert_user(tx, user, None):
        raise Forbidden("sso_attempt_unknown", "This account was made a moment ago: start again.")
    add_user_event(tx, UserRegisteredV1, user)
    await act_as(tx, user.id, organization.id)
    return user
