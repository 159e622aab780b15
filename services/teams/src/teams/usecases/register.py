"""Register: an account together with a new organization, or with a seat in the one that invited."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Tx
from chassis.problems import Conflict
from contracts.ids import new_id
from contracts.teams import UserRegisteredV1
from teams.domain.people import User
from teams.domain.sessions import Client, Device, registration_door
from teams.events import add_user_event
from teams.storage import links, login_attempts, users
from teams.tokens import AccessTokens
from teams.usecases.accept_invitation import find_invitation, join_by_invitation, lock_open_invitation
from teams.usecases.act_as import act_as
from teams.usecases.create_organization import create_organization
from teams.usecases.demand_sso import refuse_invitation
from teams.usecases.issue_tokens import SignedIn
from teams.usecases.mail_link import mail_link
from teams.usecases.open_session import open_session


@dataclass(frozen=True)
class Registration:
    """What a newcomer said, cleaned; exactly one of the last two is set."""

    email: str
    password_hash: str
    name: str
    locale: str
    time_zone: str
    organization_name: str | None
    invitation_token: str | None


async def check_registration(tx: Tx, client_address: str) -> None:
    """Raises TooManyRequests where this client was refused too often."""
    await login_attempts.REGISTRATION.check(tx, registration_door(client_address))


async def count_refusal(tx: Tx, client_address: str) -> None:
    """The client learned that an address is taken. Raises TooManyRequests where it learned too much at once."""
    await login_attempts.REGISTRATION.count(tx, registration_door(client_address))


async def register(
    tx: Tx, access_tokens: AccessTokens, registration: Registration, *, client: Client, device: Device, mail_key: str
) -> SignedIn:
    """Make the account, sign it in. An invitation proves its address; another account's gets a link mailed.

    Raises Conflict `registration_refused` if the address has an account; NotFound, Gone, Forbidden by invitation.
    """
    user_id = new_id()
    if registration.invitation_token is not None:
        org_id = await _register_invited(tx, user_id, registration, registration.invitation_token)
    else:
        user = await _insert(tx, user_id, registration, verified=False)
        await mail_link(tx, user, "verify_email", mail_key=mail_key)
        name = registration.organization_name or registration.name
        organization = await create_organization(
            tx, user_id=user_id, name=name, locale=registration.locale, time_zone=registration.time_zone
        )
        org_id = organization.id
    return await open_session(tx, access_tokens, user_id=user_id, org_id=org_id, client=client, device=device)


async def _register_invited(tx: Tx, user_id: UUID, registration: Registration, token: str) -> UUID:
    found = await find_invitation(tx, token)
    await act_as(tx, user_id, found.org_id)
    invitation = await lock_open_invitation(tx, found.invitation_id, registration.email)
    await refuse_invitation(tx, found.org_id, found.organization_name, registration.email, invitation.role)
    user = await _insert(tx, user_id, registration, verified=True)
    await act_as(tx, user_id, found.org_id)
    await join_by_invitation(tx, invitation, user)
    return found.org_id


async def _insert(tx: Tx, user_id: UUID, registration: Registration, *, verified: bool) -> User:
    await act_as(tx, user_id)
    user = User(
        id=user_id,
        email=registration.email,
        name=registration.name,
        locale=registration.locale,
        time_zone=registration.time_zone,
        email_verified=verified,
        version=1,
    )
    held = await links.is_held(tx, user.email, user.id)
    if held or not await users.insert_user(tx, user, registration.password_hash):
        raise Conflict(
            "registration_refused", "This address cannot be registered. If it is yours, sign in or reset your password."
        )
    add_user_event(tx, UserRegisteredV1, user)
    return user
