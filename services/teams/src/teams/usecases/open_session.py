"""Open a sign-in for a person who has just proven who they are."""

from datetime import datetime
from uuid import UUID

from chassis.database import Tx
from contracts.ids import new_id
from teams.domain import sessions as rules
from teams.domain.sessions import Client, Device, Session
from teams.storage import sessions
from teams.tokens import AccessTokens
from teams.usecases.act_as import act_as
from teams.usecases.issue_tokens import SignedIn, issue_tokens
from teams.usecases.remember_device import remember_device


async def open_session(
    tx: Tx,
    access_tokens: AccessTokens,
    *,
    user_id: UUID,
    org_id: UUID | None,
    client: Client,
    device: Device,
    shown_factor: datetime | None = None,
) -> SignedIn:
    """A new sign-in for 30 days with its first pair of tokens, in `org_id` if the person belongs to it."""
    session = await store_session(
        tx, user_id=user_id, org_id=org_id, client=client, device=device, shown_factor=shown_factor
    )
    return await issue_tokens(tx, access_tokens, session, refresh=True)


async def store_session(
    tx: Tx,
    *,
    user_id: UUID,
    org_id: UUID | None,
    client: Client,
    device: Device,
    shown_factor: datetime | None = None,
) -> Session:
    """The sign-in, before it has tokens. The transaction acts as the person in that organization from here on."""
    await act_as(tx, user_id, org_id)
    session = Session(
        id=new_id(),
        user_id=user_id,
        current_organization=org_id,
        client=client,
        expires_at=tx.now + rules.LIFETIME,
        revoked_at=None,
        version=1,
        shown_factor=shown_factor,
    )
    await remember_device(tx, session, device)
    await sessions.insert_session(tx, session, device)
    return session
