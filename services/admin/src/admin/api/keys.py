"""/admin/v1/jwks.json: the public halves of the keys that sign staff tokens."""

from admin.api.models import Answer
from admin.tokens import StaffTokens
from chassis.web import Access, Reply, Routes

ROUTES = Routes("keys")

CACHE_SECONDS = 300


class StaffKeyAnswer(Answer):
    """A public key (RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class StaffKeysAnswer(Answer):
    """A JWK Set (RFC 7517)."""

    keys: list[StaffKeyAnswer]


@ROUTES.get("/admin/v1/jwks.json", access=Access.PUBLIC, summary="Public keys of staff tokens")
async def admin_keys(tokens: StaffTokens) -> Reply[StaffKeysAnswer]:
    """Not among the customers' keys: nothing that believes those may believe these."""
    headers = {"Cache-Control": f"public, max-age={CACHE_SECONDS}"}
    return Reply(StaffKeysAnswer.model_validate(tokens.jwks()), headers=headers)
