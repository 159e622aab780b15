"""GET /.well-known/jwks.json: the public halves of the keys that sign access tokens."""

from chassis.web import Access, Reply, Routes
from teams.api.models import Answer
from teams.tokens import AccessTokens

ROUTES = Routes("keys")

CACHE_SECONDS = 300


class KeyAnswer(Answer):
    """A public key (RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class KeysAnswer(Answer):
    """A JWK Set (RFC 7517)."""

    keys: list[KeyAnswer]


@ROUTES.get("/.well-known/jwks.json", access=Access.PUBLIC, summary="Public keys of access tokens")
async def get_keys(access_tokens: AccessTokens) -> Reply[KeysAnswer]:
    """May be kept for five minutes; a key is published that long before it signs."""
    headers = {"Cache-Control": f"public, max-age={CACHE_SECONDS}"}
    return Reply(KeysAnswer.model_validate(access_tokens.jwks()), headers=headers)
