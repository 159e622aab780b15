"""Single sign-on in front of the console: an owner sets it up, a colleague comes in at a real provider."""

import os
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.test_accessibility import SIZES, check
from tests.browser.test_identity import open_security, set_up_mfa
from tests.browser.visitor import Visitor
from tests.integration.person import Mailbox
from tests.integration.platform import Platform
from tests.openid_provider.nameserver import NameServer, running_nameserver
from tests.openid_provider.running import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, running_provider

TALL = 2800
"""Pixels: the whole page, and below it the toasts, which else lie over its last button (axe: target-size)."""


@pytest.fixture(scope="module")
async def nameserver() -> AsyncIterator[NameServer]:
    async with running_nameserver() as running:
        yield running


@pytest.fixture(scope="module")
async def provider(platform: Platform, nameserver: NameServer) -> AsyncIterator[OpenIdProvider]:
    """A provider on this machine, and a platform that may call it and asks our own DNS."""
    async with running_provider() as running:
        await running.allow(f"{platform.gateway_url}/v1/auth/sso/callback")
        platform.stop("teams-serve")
        platform.start("teams-serve", SSO_PRIVATE_PROVIDERS="true", SSO_NAMESERVERS=f'["{nameserver.address}"]')
        yield running
        platform.stop("teams-serve")
        platform.start("teams-serve")


async def set_up(
    ada: Visitor, nameserver: NameServer, provider: OpenIdProvider, role: str = "Viewer", *, claim: bool = False
) -> str:
    """Through the page, as an owner does it; returns the domain."""
    domain = f"{uuid4().hex[:8]}.example.org"
    page = ada.page
    await ada.press(re.compile("^Organization: "))
    await ada.press("Single sign-on")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Single sign-on")
    await page.get_by_label("Domain", exact=True).fill(domain)
    await ada.press("Add domain")
    row = page.get_by_role("region", name="Domains").get_by_role("listitem").filter(has_text=domain)
    record = await row.locator("code").inner_text()
    await ada.press(f"Verify {domain}")
    await expect(ada.toast(f"{domain} is not verified yet")).to_be_visible()
    nameserver.records[domain] = [record]
    await ada.press(f"Verify {domain}")
    await expect(row.get_by_text("Verified", exact=True)).to_be_visible()
    await page.get_by_label("Issuer").fill(provider.issuer)
    await page.get_by_label("Client id").fill(CLIENT_ID)
    await page.get_by_label("Client secret", exact=True).fill(CLIENT_SECRET)
    await page.get_by_label("Role of people who come in").select_option(label=role)
    await page.get_by_label("Require single sign-on").check()
    await page.get_by_label("Ask for a code unless the provider confirms").set_checked(claim)
    await ada.press("Save")
    await expect(ada.toast("Single sign-on is saved")).to_be_visible()
    await ada.press("Test")
    await expect(ada.toast("The provider answers")).to_be_visible()
    return domain


async def test_an_owner_sets_it_up_and_a_colleague_comes_in(visitor, nameserver, provider) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Analytical Engines")
    domain = await set_up(ada, nameserver, provider)
    login = f"grace@{domain}"
    await provider.know(login, name="Grace Hopper")
    grace: Visitor = await visitor("Grace Hopper")
    await grace.page.goto("/login?next=%2Fmembers")
    await grace.page.get_by_role("link", name="Sign in with SSO").click()
    await grace.page.get_by_label("Work e-mail").fill(login)
    await grace.press("Continue")
    await expect(grace.page.get_by_role("heading", name="Test provider")).to_be_visible()
    await expect(grace.page.get_by_label("Login")).to_have_value(login)
    await grace.press("Continue")
    await expect(grace.page.get_by_role("heading", level=1)).to_have_text("Members")
    await expect(grace.member("Grace Hopper")).to_contain_text("Viewer")
    assert "code=" not in grace.page.url
    await grace.page.reload()
    await expect(grace.page.get_by_role("heading", level=1)).to_have_text("Members")
    await grace.page.goto("/settings/single-sign-on")
    await expect(grace.page.get_by_text("Owners and admins see this")).to_be_visible()


async def come_in(person: Visitor, login: str, heading: str = "Members") -> None:
    """As somebody whom the provider does not know in this browser yet; ends on the members page, or what is before."""
    await person.page.goto("/login/sso?next=%2Fmembers")
    await person.page.get_by_label("Work e-mail").fill(login)
    await person.press("Continue")
    await expect(person.page.get_by_role("heading", name="Test provider")).to_be_visible()
    await person.press("Continue")
    await expect(person.page.get_by_role("heading", level=1)).to_have_text(heading)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_who_has_no_password_ends_their_account_by_signing_in_once_more(
    visitor, nameserver, provider, scheme
) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Analytical Engines")
    grace: Visitor = await visitor("Grace Hopper", color_scheme=scheme)
    grace.email = f"grace@{await set_up(ada, nameserver, provider)}"
    await provider.know(grace.email, name="Grace Hopper")
    await come_in(grace, grace.email)
    await grace.page.goto("/settings/profile")
    await grace.press("Delete my account…")
    dialog = grace.page.get_by_role("dialog")
    await dialog.get_by_label(f"Type {grace.email} to confirm").fill(grace.email)
    await expect(dialog.get_by_label("Your password")).to_have_count(0)
    await dialog.get_by_role("button", name="Delete my account").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Sign in by single sign-on once more")
    await look(grace, f"no-password-{scheme}")
    await dialog.get_by_role("button", name="Sign in once more").click()
    await expect(grace.page.get_by_role("heading", name="Test provider")).to_be_visible()
    await grace.press("Continue")
    await expect(grace.page.get_by_role("heading", level=1)).to_have_text("Profile")
    await grace.press("Delete my account…")
    await expect(dialog.get_by_text("you signed in a moment ago")).to_be_visible()
    await dialog.get_by_label(f"Type {grace.email} to confirm").fill(grace.email)
    await look(grace, f"signed-in-once-more-{scheme}")
    await dialog.get_by_role("button", name="Delete my account").click()
    await expect(grace.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    mail = await Mailbox(grace.mailbox.http, grace.mailbox.url, grace.email).next()
    assert mail["subject"] == "Your account was deleted"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_who_comes_in_without_a_second_step_sets_it_up_once_and_then_enters_a_code(
    visitor, nameserver, provider, scheme
) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace", color_scheme=scheme)).sign_up("Analytical Engines")
    await open_security(ada)
    await ada.press("Set up two-step sign-in")
    await set_up_mfa(ada)
    await ada.press("Ask every member for it")
    await expect(ada.toast("Every member needs two-step sign-in now")).to_be_visible()
    login = f"grace@{await set_up(ada, nameserver, provider, claim=True)}"
    await look(ada, f"provider-form-{scheme}")
    await provider.know(login, name="Grace Hopper", amr=["pwd"])
    first: Visitor = await visitor("Grace Hopper")
    await come_in(first, login, "Your organization asks for two-step sign-in")
    await first.press("Sign in once more")
    await first.press("Continue")
    await expect(first.page.get_by_text("you signed in a moment ago")).to_be_visible()
    _, codes = await set_up_mfa(first, password=None)
    await expect(first.page.get_by_role("heading", level=1)).to_have_text("Members")
    grace: Visitor = await visitor("Grace Hopper", color_scheme=scheme)
    await come_in(grace, login, "This organization asks for a second step")
    await look(grace, f"step-up-{scheme}")
    await grace.press("Continue")
    await expect(grace.page.get_by_text("Enter the six digits")).to_be_visible()
    await grace.page.get_by_label("Code").fill("000000")
    await grace.press("Continue")
    await expect(grace.page.get_by_text("does not fit")).to_be_visible()
    await expect(grace.page.get_by_label("Code")).to_be_focused()
    await look(grace, f"step-up-refused-{scheme}")
    await grace.page.get_by_label("Code").fill(codes[0])
    await grace.press("Continue")
    await expect(grace.page.get_by_role("heading", level=1)).to_have_text("Members")
    await grace.page.reload()
    await expect(grace.member("Grace Hopper")).to_contain_text("Viewer")


async def look(person: Visitor, name: str) -> None:
    """At both widths; a picture for the eye where SCREENSHOTS names a folder."""
    for width in SIZES:
        await person.page.set_viewport_size({"width": width, "height": TALL})
        await check(person.page)
        if folder := os.environ.get("SCREENSHOTS"):
            await person.page.screenshot(path=f"{folder}/{name}-{width}.png")


async def test_who_did_not_sign_in_once_more_hears_it_and_stays_signed_in(visitor, nameserver, provider) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Analytical Engines")
    grace: Visitor = await visitor("Grace Hopper")
    login = f"grace@{await set_up(ada, nameserver, provider)}"
    await provider.know(login, name="Grace Hopper")
    await come_in(grace, login)
    await grace.page.goto("/settings/security")
    await grace.page.get_by_role("region", name="Password").get_by_role("button", name="Sign in once more").click()
    await grace.press("Cancel")
    await expect(grace.page.get_by_role("alert")).to_contain_text("You did not sign in at your provider")
    await grace.page.goto("/members")
    await expect(grace.page.get_by_role("heading", level=1)).to_have_text("Members")


async def test_a_newcomer_gets_the_role_of_the_organizations_own_that_is_the_default(
    visitor, nameserver, provider
) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Analytical Engines")
    page = ada.page
    await page.goto("/settings/roles")
    await ada.press("New role")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="Name").fill("Night engineer")
    await dialog.get_by_label("See who belongs to the organization").check()
    await dialog.get_by_role("button", name="Make role").click()
    await expect(dialog).to_be_hidden()
    domain = await set_up(ada, nameserver, provider, role="Night engineer")
    await provider.know(f"grace@{domain}", name="Grace Hopper")
    grace: Visitor = await visitor("Grace Hopper")
    await come_in(grace, f"grace@{domain}")
    await expect(grace.member("Grace Hopper")).to_contain_text("Night engineer")
    await expect(grace.page.get_by_role("button", name="Invite somebody")).to_have_count(0)
    await ada.go("Members")
    await expect(ada.member("Grace Hopper")).to_contain_text("Night engineer")


async def test_who_is_refused_is_told_why(visitor, nameserver, provider) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Analytical Engines")
    domain = await set_up(ada, nameserver, provider)
    await provider.know(f"eve@{domain}", email="ceo@victim.example")
    eve: Visitor = await visitor("Eve")
    await eve.page.goto("/login/sso")
    await eve.page.get_by_label("Work e-mail").fill("eve@nowhere.example.net")
    await eve.press("Continue")
    await expect(eve.page.get_by_role("alert")).to_contain_text("not set up")
    await eve.page.get_by_label("Work e-mail").fill(f"eve@{domain}")
    await eve.press("Continue")
    await eve.press("Continue")
    await expect(eve.page.get_by_role("alert")).to_contain_text("not in a domain")
    await expect(eve.page).to_have_url(re.compile(r"/login/sso\?reason=sso_email_domain_refused$"))
    await check(eve.page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_its_pages_are_accessible(visitor, nameserver, provider, scheme) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace", color_scheme=scheme)).sign_up("Analytical Engines")
    await set_up(ada, nameserver, provider)
    await ada.page.get_by_label("Domain", exact=True).fill("waiting.example.org")
    await ada.press("Add domain")
    await expect(ada.page.get_by_text("Waiting for the record")).to_be_visible()
    someone: Visitor = await visitor("Someone", color_scheme=scheme)
    await someone.page.goto("/login/sso?reason=sso_denied")
    await expect(someone.page.get_by_role("alert")).to_be_visible()
    for page in (ada.page, someone.page):
        for width in SIZES:
            await page.set_viewport_size({"width": width, "height": TALL})
            await check(page)
