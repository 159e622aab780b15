"""Switch: the same sign-in, from now on in another of the person's organizations."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from teams.storage import memberships
from teams.tokens import AccessTokens
from teams.usecases.act_as import act_as
from teams.usecases.issue_tokens import SignedIn, issue_tokens
from teams.usecases.lock_live_session import lock_live_session


async def switch_organization(
    tx: Tx, access_tokens: AccessTokens, *, user_id: UUID, session_id: UUID, org_id: UUID
) -> SignedIn:
    """An access token for that organization; the refresh token stays. Raises NotFound for one they don't belong to."""
    session = await lock_live_session(tx, session_id)
    await act_as(tx, user_id, org_id)
    membership = await memberships.hold_membership(tx, org_id, user_id)
    if membership is None or not membership.active:
        raise NotFound
    return await issue_tokens(tx, access_tokens, replace(session, current_organization=org_id), refresh=False)
