from datetime import UTC, datetime
from uuid import UUID

import pytest

from chassis.keys import SigningKey, VerifyingKey
from chassis.tokens import TokenExpired, key_id, open_token
from contracts.tokens import AccessClaims
from teams.domain.roles import built_in
from teams.tokens import AccessTokens, hash_secret, new_secret

NOW = datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC)
USER, SESSION, ORG = UUID(int=1), UUID(int=2), UUID(int=3)


def mint(tokens: AccessTokens, org_id: UUID | None = ORG) -> str:
    role = built_in("admin") if org_id else None
    return tokens.mint(user_id=USER, session_id=SESSION, org_id=org_id, role=role, now=NOW)


def test_claims() -> None:
    key = SigningKey.generate()
    claims = AccessClaims.model_validate(open_token(mint(AccessTokens([key])), key.verifying, now=NOW.timestamp()))
    assert (claims.sub, claims.sid, claims.org, claims.role, claims.aud) == (USER, SESSION, ORG, "admin", "customer")
    assert claims.iat == NOW.timestamp()
    assert claims.exp == int(NOW.timestamp()) + 600


def test_a_person_without_organization_has_neither_org_nor_role() -> None:
    key = SigningKey.generate()
    claims = open_token(mint(AccessTokens([key]), org_id=None), key.verifying, now=NOW.timestamp())
    assert not {"org", "role", "permissions"} & claims.keys()


def test_ten_minutes_and_no_more() -> None:
    key = SigningKey.generate()
    token = mint(AccessTokens([key]))
    open_token(token, key.verifying, now=NOW.timestamp() + 599)
    with pytest.raises(TokenExpired):
        open_token(token, key.verifying, now=NOW.timestamp() + 600)


def test_the_first_key_signs_and_all_are_published_without_their_secret() -> None:
    new, old = SigningKey.generate(), SigningKey.generate()
    tokens = AccessTokens([new, old])
    assert key_id(mint(tokens)) == new.kid
    jwks = tokens.jwks()["keys"]
    assert [jwk["kid"] for jwk in jwks] == [new.kid, old.kid]
    assert all("d" not in jwk for jwk in jwks)
    before_rotation = mint(AccessTokens([old]))
    published = {jwk["kid"]: VerifyingKey.from_jwk(jwk) for jwk in jwks}
    open_token(before_rotation, published[key_id(before_rotation)], now=NOW.timestamp())


def test_no_key_no_tokens() -> None:
    with pytest.raises(ValueError, match="at least one"):
        AccessTokens([])


def test_secrets_are_long_random_and_kept_as_hashes() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(secret) == 43 for secret in made)
    assert all(len(hash_secret(secret)) == 32 for secret in made)
