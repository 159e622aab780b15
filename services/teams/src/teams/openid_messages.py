"""What is said between us and an OpenID Connect provider: its description, our questions, its answers. No I/O."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import quote_plus

from pydantic import BaseModel, ConfigDict, Field
from yarl import URL

from chassis.outward import Fetched, OutwardFailed
from chassis.problems import Forbidden
from teams.domain.sso import Asserted
from teams.id_tokens import text

SCOPE = "openid email profile"


class Discovery(BaseModel):
    """What a provider publishes about itself (OpenID Connect Discovery 1.0, 3), as far as we read it."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = Field(default_factory=lambda: ["client_secret_basic"])
    authorization_response_iss_parameter_supported: bool = False


@dataclass(frozen=True)
class Proof:
    """What only the browser that began a sign-in and we know: PKCE verifier (RFC 7636) and nonce."""

    verifier: str
    nonce: str

    @classmethod
    def of(cls, browser_secret: str, state: str) -> Self:
        """Derived from the cookie's secret and the state, so that neither has to lie in the database."""
        return cls(*(_derive(browser_secret, f"{purpose} {state}") for purpose in ("verifier", "nonce")))

    @property
    def challenge(self) -> str:
        """The verifier as the provider may see it beforehand (S256)."""
        return _base64url(hashlib.sha256(self.verifier.encode()).digest())


@dataclass(frozen=True)
class Returned:
    """What a browser brings back from its provider."""

    code: str
    issuer: str | None


def authorization_url(
    discovery: Discovery,
    *,
    client_id: str,
    redirect_uri: str,
    state: str,
    proof: Proof,
    email: str,
    fresh: bool = False,
) -> str:
    """Where the browser goes; `email` (or "") saves the person typing it again.

    `fresh`: the provider asks who it is, also where it remembers them, and says when it did (Core 1.0, 3.1.2.1).
    """
    parameters = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "state": state,
        "nonce": proof.nonce,
        "code_challenge": proof.challenge,
        "code_challenge_method": "S256",
    }
    hint = {"login_hint": email} if email else {}
    again = {"prompt": "login", "max_age": "0"} if fresh else {}
    return str(URL(discovery.authorization_endpoint).update_query(parameters | hint | again))


def check_sender(discovery: Discovery, returned: Returned) -> None:
    """RFC 9207: a code that another provider sent is never taken to this one (mix-up). Raises Forbidden."""
    missing = returned.issuer is None and discovery.authorization_response_iss_parameter_supported
    if missing or returned.issuer not in (None, discovery.issuer):
        raise Forbidden("sso_mix_up", "This answer did not come from the provider that you were sent to.")


def refusal(answer: Fetched) -> Forbidden:
    """What a token endpoint means by 400 and 401 (RFC 6749, 5.2)."""
    try:
        code = answer.json().get("error")
    except OutwardFailed:
        code = None
    if code in ("invalid_client", "unauthorized_client"):
        return Forbidden("sso_client_refused", "The provider does not accept our client id and secret.")
    return Forbidden("sso_code_refused", "The provider did not accept its own answer: start again.")


def asserted(issuer: str, claims: dict[str, Any]) -> Asserted:
    """A person, from the claims of a verified ID token (and userinfo, where that had the address)."""
    methods = claims.get("amr")
    return Asserted(
        issuer=issuer,
        subject=claims["sub"],
        email=text(claims, "email"),
        email_verified=_truth(claims.get("email_verified")),
        name=text(claims, "name"),
        methods=tuple(m for m in methods if isinstance(m, str))[:16] if isinstance(methods, list) else (),
        authenticated_at=_instant(claims.get("auth_time")),
    )


def _instant(value: object) -> datetime | None:
    """Seconds since the epoch as a provider writes them; what is none says nothing."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _truth(value: object) -> bool | None:
    """Some providers write the boolean as a string. Anything else that is there is no yes."""
    if value is None:
        return None
    return value is True or value == "true"


def basic_credentials(client_id: str, secret: str) -> str:
    """RFC 6749, 2.3.1: both are form-encoded before they are joined."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _derive(secret: str, purpose: str) -> str:
    return _base64url(hmac.digest(secret.encode(), purpose.encode(), "sha256"))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
