"""The operations console in a real browser: sign-in with two factors, customers, a dead letter, the log."""

import asyncio
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.test_accessibility import check
from tests.browser.visitor import Visitor
from tests.integration import staff
from tests.integration.staff import Superadmin
from tests.integration.test_dead_letters import dead, joined, publish

PLACES = {
    "Overview": "",
    "Customers": "customers",
    "Dead letters": "dead-letters",
    "Erasures": "erasures",
    "Audit log": "audit",
    "Staff": "staff",
}
SHOTS = os.environ.get("SCREENSHOTS")


@pytest.fixture
async def root(platform, http) -> Superadmin:
    return await asyncio.to_thread(Superadmin.hired, platform, http)


async def sign_in(page: Page, root: Superadmin, code: str) -> None:
    await page.goto("/admin/")
    await page.get_by_label("E-mail").fill(root.email)
    await page.get_by_label("Password", exact=True).fill(staff.PASSWORD)
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Second factor")
    await expect(page.get_by_label("Code")).to_be_focused()
    await page.get_by_label("Code").fill(code)
    await page.get_by_role("button", name="Sign in").click()


async def go(page: Page, place: str) -> None:
    await page.get_by_role("navigation", name="Main").get_by_role("link", name=place).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(place)


async def shoot(page: Page, name: str) -> None:
    """A picture for the eye, where SCREENSHOTS names a folder."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def test_password_and_code_open_the_console_and_a_wrong_code_does_not(visitor, root) -> None:
    window: Visitor = await visitor("Root")
    page = window.page
    await sign_in(page, root, "000000")
    await expect(page.get_by_role("alert")).to_contain_text("That code does not fit")
    await page.get_by_label("Code").fill(root.code())
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    await expect(page.get_by_role("region", name="Customers")).to_contain_text("Organizations")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Operations")
    await page.goto("/admin/customers")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Operations")


async def test_a_customer_is_found_and_shown(visitor, root) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Analytical Engines")
    window: Visitor = await visitor("Root")
    page = window.page
    await sign_in(page, root, root.recovery_codes.pop())
    await go(page, "Customers")
    search = page.get_by_role("searchbox", name="Search customers")
    link = page.get_by_role("region", name="Organizations").get_by_role("link", name="Analytical Engines")
    await search.fill(ada.email)
    await expect(link).to_have_count(1)
    await link.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Analytical Engines")
    await expect(page.get_by_role("region", name="Members")).to_contain_text(ada.email)
    await expect(page.get_by_role("region", name="Lately")).to_contain_text("organization.created")
    await page.goto("/admin/customers/00000000-0000-7000-8000-000000000000")
    await expect(page.get_by_text("There is no such customer")).to_be_visible()


async def test_a_dead_letter_is_rehearsed_and_given_up_and_the_log_tells_of_it(visitor, platform, root) -> None:
    event = joined(role=None)
    await publish(platform, event.to_json(), str(event.id))
    await dead(platform, str(event.id))
    window: Visitor = await visitor("Root")
    page = window.page
    await sign_in(page, root, root.recovery_codes.pop())
    await go(page, "Dead letters")
    notifier = page.get_by_role("region", name="notifier")
    await (
        notifier.get_by_role("listitem")
        .filter(has_text="role")
        .get_by_role("button", name=re.compile("^Open"))
        .first.click()
    )
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("An example of these messages")).to_contain_text("member.joined")
    await expect(dialog.get_by_role("button", name="Replay")).to_be_disabled()
    await dialog.get_by_role("button", name="Rehearse").click()
    await expect(dialog.get_by_role("status")).to_contain_text("would still fail")
    await check(page)
    await shoot(page, "letter")
    await dialog.get_by_label("Reason").fill("a test's own")
    await dialog.get_by_role("button", name="Give up").click()
    await expect(dialog).to_be_hidden()
    await go(page, "Audit log")
    await expect(page.get_by_role("region", name="Verification")).to_contain_text("whole")
    entries = page.get_by_role("region", name="Entries").get_by_role("listitem")
    await expect(entries.filter(has_text="deadletters.discarded").filter(has_text=root.email).first).to_be_visible()
    assert await platform.query("SELECT FROM notifier.discarded_messages WHERE event_id = $1", event.id)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_stands_in_anybodys_way(visitor, platform, root, scheme) -> None:
    await (await visitor("Ada Lovelace")).sign_up("Analytical Engines")
    event = joined(state="perhaps")
    await publish(platform, event.to_json(), str(event.id))
    await dead(platform, str(event.id))
    window: Visitor = await visitor("Root", color_scheme=scheme)
    page = window.page
    await page.goto("/admin/login")
    await expect(page.get_by_label("E-mail")).to_be_visible()
    await check(page)
    await shoot(page, f"login-{scheme}")
    await sign_in(page, root, root.recovery_codes.pop())
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    for place, path in PLACES.items():
        for width in (390, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            await go(page, place)
            await expect(page.get_by_role("status").filter(has_text="Loading")).to_have_count(0)
            await check(page)
            await shoot(page, f"{path or 'overview'}-{scheme}-{width}")
    await go(page, "Customers")
    await page.get_by_role("region", name="Organizations").get_by_role("link").first.click()
    for width in (390, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        await expect(page.get_by_role("region", name="Members")).to_be_visible()
        await check(page)
        await shoot(page, f"customer-{scheme}-{width}")


async def test_the_bundle_holds_no_customers_page_and_no_inline_script(visitor) -> None:
    window: Visitor = await visitor("Root")
    answer = await window.page.goto("/admin/")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    await window.page.goto("/admin/docs")
    await expect(window.page.get_by_role("heading", name=re.compile("operations API"))).to_be_visible()
    built = Path(__file__).parents[2] / "web" / "dist" / "admin" / "assets"
    text = "".join(file.read_text() for file in built.glob("*.js"))
    assert "/admin/v1/customers" in text
    assert "/v1/invitations" not in text
