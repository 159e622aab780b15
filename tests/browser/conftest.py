"""Real Chromium against the running platform: a browser for the run, a private window for each person."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, async_playwright

from local_stack import web_pages
from local_stack.places import Places
from tests.browser.visitor import Visitor
from tests.integration.person import Mailbox

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that a test answers itself counts as public, and may not speak to this machine.
    "--disable-features=LocalNetworkAccessChecks",
)
NAMES = ("chromium", "google-chrome", "chrome", "chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "visitor" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


def chromium() -> str:
    """The browser's path: CHROMIUM if set, else what the system has."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "no Chromium: run `make install`, or set CHROMIUM to its path"
    return found


@pytest.fixture(scope="session")
def console() -> None:
    """The pages, built if their sources changed; the gateway serves them from web/dist."""
    web_pages.build(Places.of())


@pytest.fixture(scope="session")
async def browser(console) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        yield running
        await running.close()


@pytest.fixture
def mailbox(platform, http: aiohttp.ClientSession) -> Callable[[str], Mailbox]:
    return lambda address: Mailbox(http, platform.mail_url, address)


Open = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def visitor(browser: Browser, platform, mailbox) -> AsyncIterator[Open]:
    """`await visitor("Ada Lovelace", width=390, …)`: a person with an address of their own and a private window.

    At the end of the test nobody's page may have failed, logged an error or broken the content security policy.
    """
    opened: list[Visitor] = []

    async def open_window(name: str, *, width: int = 1440, height: int = 900, **options: object) -> Visitor:
        settings = {"locale": "en-GB", "timezone_id": "Europe/Berlin", **options}
        context = await browser.new_context(
            base_url=platform.gateway_url, viewport={"width": width, "height": height}, **settings
        )
        person = await Visitor.called(name, context, mailbox)
        opened.append(person)
        return person

    yield open_window
    for person in opened:
        await person.context.close()
    complaints = [complaint for person in opened for complaint in person.complaints]
    assert not complaints, complaints
