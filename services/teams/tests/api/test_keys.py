from chassis.keys import VerifyingKey
from chassis.tokens import key_id, open_token


async def test_anybody_verifies_a_token_with_the_published_keys(teams) -> None:
    ada = await teams.register()
    answer = await teams.call("GET", "/.well-known/jwks.json")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    keys = {jwk["kid"]: VerifyingKey.from_jwk(jwk) for jwk in answer.body["keys"]}
    claims = open_token(ada.token, keys[key_id(ada.token)], now=teams.clock.now().timestamp())
    assert claims["sub"] == str(ada.user_id)
    assert claims["role"] == "owner"
    assert all("d" not in jwk for jwk in answer.body["keys"])
