"""WCAG 2.2 AA as far as axe can tell, on every page, in both schemes, on a phone and on a desk; and without a mouse."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.visitor import PASSWORD, Visitor

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (rules) => (await axe.run(document, {runOnly: rules})).violations.map(
  ({id, impact, nodes}) => `${impact} ${id}: ${nodes.map(({html}) => html.slice(0, 160)).join(" | ")}`)"""
OUTSIDE = {
    "/login": "Sign in",
    "/signup": "Create your account",
    "/invitations/accept": "Join an organization",
    "/forgot-password": "Choose a new password",
    "/reset-password": "Choose a new password",
    "/verify-email": "Confirm your address",
    "/restore-email": "Undo a change of address",
}
INSIDE = {
    "/": "Ada",
    "/members": "Members",
    "/analytics": "Analytics",
    "/billing": "Billing",
    "/notifications": "Alerts",
    "/organizations/new": "New organization",
    "/settings/roles": "Roles",
    "/settings/api-keys": "API keys",
    "/settings/service-accounts": "Service accounts",
    "/settings/profile": "Profile",
    "/settings/security": "Sign-in and devices",
}
SIZES = (390, 1440)


SETTLED = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime)).map((one) => one.finished))"""


async def check(page: Page) -> None:
    """Nothing that axe finds, once what comes in has come; nothing to scroll sideways for."""
    await page.evaluate(SETTLED)
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    violations = await page.evaluate(RUN, RULES)
    assert violations == [], (page.url, violations)
    await check_width(page)


async def check_width(page: Page) -> None:
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(sideways) <= 0, page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_before_the_login(visitor, scheme) -> None:
    someone: Visitor = await visitor("Someone", color_scheme=scheme)
    for path, heading in OUTSIDE.items():
        await someone.page.goto(path)
        await expect(someone.page.get_by_role("heading", level=1)).to_have_text(heading)
        for width in SIZES:
            await someone.page.set_viewport_size({"width": width, "height": 900})
            await check(someone.page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_behind_the_login(visitor, scheme) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace", color_scheme=scheme)).sign_up("Analytical Engines")
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await grace.join("Analytical Engines")
    await ada.invite("katherine@example.com")
    for path, heading in INSIDE.items():
        await ada.page.goto(path)
        await expect(ada.page.get_by_role("heading", level=1)).to_contain_text(heading)
        await ada.live()
        for width in SIZES:
            # Tall enough for the whole page: what the bar at a phone's bottom covers comes out by scrolling.
            await ada.page.set_viewport_size({"width": width, "height": 2000})
            await check(ada.page)
        await ada.page.set_viewport_size({"width": 2560, "height": 1440})
        await check_width(ada.page)


async def test_what_opens_over_a_page(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Analytical Engines")
    for opener in (
        "Alerts, nothing unread",
        "Your account: Ada Lovelace",
        "Organization: Analytical Engines. Switch or create",
    ):
        await ada.press(opener)
        await expect(ada.page.get_by_role("dialog")).to_be_visible()
        await check(ada.page)
        await ada.page.keyboard.press("Escape")
        await expect(ada.page.get_by_role("button", name=opener)).to_be_focused()
    await ada.go("Members")
    await ada.press("Invite somebody")
    await expect(ada.page.get_by_role("dialog").get_by_label("E-mail")).to_be_focused()
    await check(ada.page)


async def test_a_person_without_a_mouse_signs_up_and_invites(visitor) -> None:
    ada: Visitor = await visitor("Ada Lovelace")
    grace: Visitor = await visitor("Grace Hopper")
    await ada.page.goto("/signup")
    await expect(ada.page.get_by_role("heading", level=1)).to_be_visible()
    for words in ("Engines", ada.name, ada.email, PASSWORD):
        await ada.page.keyboard.press("Tab")
        await ada.page.keyboard.type(words)
    await ada.page.keyboard.press("Enter")
    await ada.at_home()
    await tab_to(ada.page, "Members")
    await expect(ada.page.get_by_role("heading", level=1, name="Members")).to_be_visible()
    await expect(ada.page.get_by_role("button", name="Invite somebody")).to_be_enabled()
    await tab_to(ada.page, "Invite somebody")
    await expect(ada.page.get_by_role("dialog").get_by_label("E-mail")).to_be_focused()
    await ada.page.keyboard.type(grace.email)
    await ada.page.keyboard.press("Enter")
    await expect(ada.invitation(grace.email)).to_be_visible()


async def tab_to(page: Page, words: str) -> None:
    """Tab until the thing with these words has the focus, then Enter."""
    for _ in range(30):
        await page.keyboard.press("Tab")
        if words in await page.evaluate("document.activeElement.innerText ?? ''"):
            await page.keyboard.press("Enter")
            return
    raise AssertionError(f"{words!r} was not reached by Tab")
