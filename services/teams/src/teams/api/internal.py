"""/internal/v1: what other services ask teams about tokens. Never routed by the gateway."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from chassis.auth import Authenticator
from chassis.database import Tx
from chassis.problems import Unauthorized
from chassis.revocations import Revocation, RevocationList, TokenAnswer, TokenQuestion
from chassis.web import Access, Routes
from teams.storage import memberships
from teams.tokens import AccessTokens
from teams.usecases.check_token import check_token
from teams.usecases.exchange_api_key import exchange_api_key
from teams.usecases.list_revocations import list_revocations

ROUTES = Routes("internal")


@ROUTES.get("/internal/v1/revocations", access=Access.INTERNAL, summary="What was revoked in the last eleven minutes")
async def get_revocations(tx: Tx) -> RevocationList:
    """For a service that (re)connects to the bus: with this and the events from now on it knows all."""
    return RevocationList(items=[_revocation(row) for row in await list_revocations(tx)])


@ROUTES.post(
    "/internal/v1/tokens/check", access=Access.INTERNAL, summary="Whether a token still holds", idempotent=False
)
async def post_token_check(tx: Tx, body: TokenQuestion, authenticator: Authenticator) -> TokenAnswer:
    """For a service that is cut off from the bus."""
    try:
        caller = await authenticator.verify(body.token)
    except Unauthorized:
        return TokenAnswer(active=False)
    return TokenAnswer(active=await check_token(tx, caller))


class ExchangeQuestion(BaseModel):
    """An API key by its SHA-256 in hex: the secret itself goes no further than the gateway."""

    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ExchangeAnswer(BaseModel):
    """A token for a customer's audience that speaks for the key, and its end; null for a key that does not work."""

    access_token: str | None
    expires_at: datetime | None


@ROUTES.post(
    "/internal/v1/api-keys/exchange",
    access=Access.INTERNAL,
    summary="A short token for an API key",
    idempotent=False,
)
async def post_exchange(tx: Tx, body: ExchangeQuestion, access_tokens: AccessTokens) -> ExchangeAnswer:
    """For the gateway."""
    minted = await exchange_api_key(tx, access_tokens, bytes.fromhex(body.hash))
    token, expires_at = minted or (None, None)
    return ExchangeAnswer(access_token=token, expires_at=expires_at)


def _revocation(row: memberships.Revocation) -> Revocation:
    return Revocation.model_validate(
        {
            "kind": row.kind,
            "session_id": row.session_id,
            "user_id": row.user_id,
            "org_id": row.org_id,
            "subject_id": row.subject_id,
            "not_before": row.not_before,
        }
    )
