"""Single sign-on as it really runs: a real provider, a hostile one, and a real DNS server on this machine."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.teams.tests.sso.hostile_provider import HostileProvider
from tests.openid_provider.nameserver import NameServer, running_nameserver
from tests.openid_provider.running import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, running_provider

_domains = count(1)


@pytest.fixture(scope="module")
async def nameserver() -> AsyncIterator[NameServer]:
    async with running_nameserver() as running:
        yield running


@pytest.fixture(scope="module")
def changed_settings(nameserver: NameServer) -> dict[str, Any]:
    return {"sso_private_providers": True, "sso_nameservers": [nameserver.address]}


@pytest.fixture(scope="session")
async def real_provider() -> AsyncIterator[OpenIdProvider]:
    async with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
async def provider(real_provider: OpenIdProvider, teams: Any) -> OpenIdProvider:
    await real_provider.allow(teams.settings.sso_redirect_uri)
    return real_provider


@pytest.fixture
async def hostile() -> AsyncIterator[HostileProvider]:
    async with HostileProvider().listening() as listening:
        yield listening


@dataclass
class Landing:
    """Where a browser ends, and what it holds then."""

    path: str
    query: dict[str, str]
    cookies: SimpleCookie
    location: str

    @property
    def reason(self) -> str:
        assert self.path == "/login/sso", self.location
        return self.query["reason"]

    @property
    def refresh_token(self) -> str:
        assert self.path == "/login/sso/done", self.location
        return self.cookies["refresh_token"].value


@dataclass
class Sso:
    """An organization with single sign-on, and what people do with it."""

    teams: Any
    owner: Any
    domain: str
    names: NameServer
    cookies: dict[str, str] = field(default_factory=dict)

    async def start(self, email: str, **fields: Any) -> str:
        """The address a browser is sent to; the browser keeps its cookie."""
        answer = await self.teams.call("POST", "/v1/auth/sso/start", {"email": email} | fields)
        assert answer.status == 200, answer.body
        self.cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
        return str(answer.body["authorization_url"])

    async def back(self, url: str, cookies: dict[str, str] | None = None) -> Landing:
        """The browser opens the address that the provider sent it to."""
        split = urlsplit(url)
        sent = "; ".join(f"{k}={v}" for k, v in (self.cookies if cookies is None else cookies).items())
        headers = {"Cookie": sent} if sent else {}
        target = f"{self.teams.url}{split.path}?{split.query}"
        async with self.teams.http.get(target, headers=headers, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            location = answer.headers["Location"]
            assert answer.headers["Cache-Control"] == "no-store"
            query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
            return Landing(urlsplit(location).path, query, answer.cookies, location)

    async def sign_in(self, provider: Any, login: str) -> Landing:
        """All of it, as a browser does it."""
        return await self.back(await provider.sign_in(await self.start(login), login))

    async def tokens(self, landing: Landing) -> dict[str, Any]:
        """What the console gets when it opens after the sign-in."""
        answer = await self.teams.call("POST", "/v1/auth/refresh", {}, Cookie=f"refresh_token={landing.refresh_token}")
        assert answer.status == 200, answer.body
        return dict(answer.body)

    async def put(self, **fields: Any) -> Any:
        """Change the settings; what is not told stays."""
        present = (await self.teams.call("GET", "/v1/organization/sso", token=self.owner.token)).body
        body = {
            "issuer": present["issuer"],
            "client_id": present["client_id"] or CLIENT_ID,
            "default_role": present["default_role"] or "member",
            "enforced": present["enforced"],
            "require_mfa_claim": present["require_mfa_claim"],
        }
        return await self.teams.call(
            "PUT",
            "/v1/organization/sso",
            body | fields,
            token=self.owner.token,
            If_Match=f'"{present["version"]}"',
        )

    async def add_domain(self, domain: str, *, publish: bool = True) -> Any:
        """Claim a domain, publish its record, verify it."""
        claimed = await self.teams.call(
            "POST", "/v1/organization/sso/domains", {"domain": domain}, token=self.owner.token
        )
        assert claimed.status == 201, claimed.body
        if publish:
            self.names.records[domain] = ["v=spf1 -all", claimed.body["record"]]
        path = f"/v1/organization/sso/domains/{claimed.body['id']}"
        return await self.teams.call("POST", f"{path}/verify", {}, token=self.owner.token)


def new_domain() -> str:
    return f"corp{next(_domains)}.example.org"


async def make_sso(teams: Any, names: NameServer, issuer: str, **fields: Any) -> Sso:
    """A new organization whose provider is `issuer` and whose domain is verified; its owner has an address there."""
    domain = new_domain()
    owner = await teams.register(f"owner@{domain}")
    made = Sso(teams, owner, domain, names)
    verified = await made.add_domain(domain)
    assert verified.body["state"] == "verified", verified.body
    answer = await made.put(**({"issuer": issuer, "client_secret": CLIENT_SECRET} | fields))
    assert answer.status == 200, answer.body
    return made


@pytest.fixture
async def corp(teams: Any, nameserver: NameServer, provider: OpenIdProvider) -> Sso:
    """An organization at the real provider."""
    return await make_sso(teams, nameserver, provider.issuer)


@pytest.fixture
async def attacked(teams: Any, nameserver: NameServer, hostile: HostileProvider) -> Sso:
    """An organization whose provider says whatever a test wants."""
    return await make_sso(teams, nameserver, hostile.issuer, client_id=CLIENT_ID)
