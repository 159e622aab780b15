"""OpenID Connect providers: the only importer of the JOSE library in teams. Every call is one to a stranger's server.

Authorization code flow with PKCE (RFC 9700): discovery, keys, the exchange of a code, and what an ID token must be
before a word of it is believed (OpenID Connect Core 1.0, 3.1.3.7). Never called inside a transaction.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from chassis.clock import Clock
from chassis.outward import Fetched, Outward, OutwardFailed
from chassis.problems import Forbidden, Unavailable
from teams.domain.sso import Asserted, Provider
from teams.id_tokens import IdTokenRefused, KeySet, check_claims, open_id_token, text
from teams.openid_messages import Discovery, Proof, Returned, asserted, basic_credentials, check_sender, refusal

DISCOVERY_SECONDS = 600.0
KEYS_SECONDS = 600.0
REFETCH_SECONDS = 5.0
REMEMBERED = 256

_SENTENCES = {
    "address_refused": "The provider's address is in a private network, which is not allowed here.",
    "url_refused": "The provider names an address that is not a plain https address.",
    "unreachable": "The provider cannot be reached.",
    "slow": "The provider did not answer in time.",
    "redirected": "The provider answers with a redirect: enter the issuer exactly as it names itself.",
    "too_large": "The provider's answer is too large.",
    "garbage": "The provider's answer is not what OpenID Connect asks for.",
    "refused": "The provider answered with an error.",
}


@dataclass
class _Keys:
    """A provider's keys; `refetched_at` is when an unknown one last made us look again."""

    keys: KeySet
    fetched_at: float
    refetched_at: float = float("-inf")


class ProviderFailed(Unavailable):
    """503: the provider is away or answers nonsense. `reason` is the code's end."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"sso_provider_{reason}", _SENTENCES[reason], headers={"Retry-After": "30"})


class OpenIdProviders:
    """Talks to any provider. What was learnt is remembered for ten minutes, of at most 256 of them."""

    def __init__(self, outward: Outward, *, redirect_uri: str, clock: Clock) -> None:
        self._outward = outward
        self.redirect_uri = redirect_uri
        self._clock = clock
        self._discovered: OrderedDict[str, tuple[float, Discovery]] = OrderedDict()
        self._keys: OrderedDict[str, _Keys] = OrderedDict()

    def takes_issuer(self, issuer: str) -> bool:
        """Whether it could be one (Core 1.0, 2): an address that we would call, without a query."""
        try:
            return not self._outward.check_url(issuer).query_string
        except OutwardFailed:
            return False

    async def discover(self, issuer: str, *, fresh: bool = False) -> Discovery:
        """What the provider says of itself. Raises ProviderFailed, Forbidden `sso_issuer_mismatch`."""
        known = self._discovered.get(issuer)
        if known and not fresh and _now() - known[0] < DISCOVERY_SECONDS:
            return known[1]
        document = await self._json("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
        discovery = self._read(document)
        if discovery.issuer != issuer:
            raise Forbidden("sso_issuer_mismatch", f"The provider calls itself {discovery.issuer[:200]}.")
        _remember(self._discovered, issuer, (_now(), discovery))
        return discovery

    async def check(self, issuer: str) -> Discovery:
        """The same, asked anew, and that its keys can be read. Raises as `discover`, and ProviderFailed."""
        discovery = await self.discover(issuer, fresh=True)
        if not (await self._fetch_keys(discovery.jwks_uri)).keys:
            raise ProviderFailed("garbage")
        return discovery

    async def redeem(self, provider: Provider, secret: str, returned: Returned, proof: Proof) -> Asserted:
        """The person behind a code. Raises Forbidden (mix-up, a refused code or secret, a token that proves nothing),
        ProviderFailed."""
        discovery = await self.discover(provider.issuer)
        check_sender(discovery, returned)
        tokens = await self._exchange(discovery, provider.client_id, secret, returned.code, proof.verifier)
        claims = await self._claims(discovery, provider, tokens, proof.nonce)
        person = claims if "email" in claims else claims | await self._userinfo(discovery, claims, tokens)
        return asserted(provider.issuer, person)

    async def _claims(
        self, discovery: Discovery, provider: Provider, tokens: dict[str, Any], nonce: str
    ) -> dict[str, Any]:
        id_token, access_token = text(tokens, "id_token"), text(tokens, "access_token")
        if id_token is None:
            raise ProviderFailed("garbage")
        try:
            key = await self._find_key(discovery.jwks_uri, id_token)
            claims = open_id_token(id_token, key)
            now = int(self._clock.now().timestamp())
            check_claims(claims, provider, nonce=nonce, now=now, id_token=id_token, access_token=access_token)
        except IdTokenRefused as refused:
            raise Forbidden("sso_token_refused", f"The provider's ID token was refused: {refused}.") from None
        return claims

    async def _exchange(
        self, discovery: Discovery, client_id: str, secret: str, code: str, verifier: str
    ) -> dict[str, Any]:
        """RFC 6749, 4.1.3. Raises Forbidden where the provider refuses code or secret, ProviderFailed."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {}
        if "client_secret_basic" in discovery.token_endpoint_auth_methods_supported:
            headers["Authorization"] = basic_credentials(client_id, secret)
        else:
            form |= {"client_id": client_id, "client_secret": secret}
        answer = await self._fetch("POST", discovery.token_endpoint, headers=headers, form=form)
        if answer.status in (400, 401):
            raise refusal(answer)
        return self._success(answer)

    async def _userinfo(self, discovery: Discovery, claims: dict[str, Any], tokens: dict[str, Any]) -> dict[str, Any]:
        """Where the address is not in the ID token (Core 5.3): asked for with the access token, of the same subject."""
        access_token = text(tokens, "access_token")
        if discovery.userinfo_endpoint is None or access_token is None:
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        found = self._success(await self._fetch("GET", discovery.userinfo_endpoint, headers=headers))
        if found.get("sub") != claims["sub"]:
            raise Forbidden("sso_token_refused", "The provider's userinfo is about somebody else.")
        return {name: found[name] for name in ("email", "email_verified", "name") if name in found}

    async def _find_key(self, uri: str, id_token: str) -> Any:
        """The key that a token names; the set is read again for one that is new, at most every five seconds.

        Raises IdTokenRefused, ProviderFailed.
        """
        known = self._keys.get(uri)
        if known is None or _now() - known.fetched_at > KEYS_SECONDS:
            known = _Keys(await self._fetch_keys(uri), _now())
        elif known.keys.find(id_token) is None and _now() - known.refetched_at > REFETCH_SECONDS:
            known = _Keys(await self._fetch_keys(uri), _now(), _now())
        _remember(self._keys, uri, known)
        key = known.keys.find(id_token)
        if key is None:
            raise IdTokenRefused("it is signed with none of the provider's keys")
        return key

    async def _fetch_keys(self, uri: str) -> KeySet:
        return KeySet.of(await self._json("GET", uri))

    def _read(self, document: dict[str, Any]) -> Discovery:
        """Raises ProviderFailed: not the document, or one with an address that we would not call."""
        try:
            discovery = Discovery.model_validate(document)
        except ValidationError:
            raise ProviderFailed("garbage") from None
        endpoints = (discovery.authorization_endpoint, discovery.token_endpoint, discovery.jwks_uri)
        for url in (*endpoints, discovery.userinfo_endpoint):
            if url is not None:
                self._reading(lambda url=url: self._outward.check_url(url))  # type: ignore[misc]
        return discovery

    async def _json(self, method: str, url: str) -> dict[str, Any]:
        return self._success(await self._fetch(method, url))

    async def _fetch(self, method: str, url: str, **options: Any) -> Fetched:
        try:
            return await self._outward.fetch(method, url, **options)
        except OutwardFailed as failed:
            raise ProviderFailed(failed.code) from None

    def _success(self, answer: Fetched) -> dict[str, Any]:
        if answer.status != 200:
            raise ProviderFailed("refused")
        document: dict[str, Any] = self._reading(answer.json)
        return document

    @staticmethod
    def _reading(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except OutwardFailed as failed:
            raise ProviderFailed(failed.code) from None


def _now() -> float:
    return asyncio.get_running_loop().time()


def _remember(known: "OrderedDict[str, Any]", name: str, what: object) -> None:
    known[name] = what
    known.move_to_end(name)
    if len(known) > REMEMBERED:
        known.popitem(last=False)
