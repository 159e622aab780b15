"""The story the core is about, as two people see it in two browsers."""

import re

from playwright.async_api import expect

from tests.browser.visitor import Visitor

ENGINES = "Analytical Engines"


async def test_a_colleague_is_invited_joins_is_seen_live_and_is_removed(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email, "Admin")
    await expect(ada.invitation(grace.email)).to_contain_text("Admin")
    await ada.live()
    await ada.page.evaluate("window.notReloaded = true")

    await grace.join(ENGINES)
    await _ada_sees_it_live(ada, grace)
    await _ada_reads_it(ada)
    await _grace_is_out(ada, grace)


async def _ada_sees_it_live(ada: Visitor, grace: Visitor) -> None:
    await expect(ada.toast(grace.name)).to_be_visible()
    await expect(ada.bell).to_have_accessible_name("Alerts, 1 unread")
    await expect(ada.member(grace.name)).to_be_visible()
    await expect(ada.invitation(grace.email)).to_have_count(0)
    assert await ada.page.evaluate("window.notReloaded")


async def _ada_reads_it(ada: Visitor) -> None:
    await ada.bell.click()
    alerts = ada.page.get_by_role("dialog", name="Latest alerts")
    await expect(alerts.get_by_role("listitem")).to_contain_text("Grace Hopper")
    await alerts.get_by_role("button", name=re.compile("^Mark as read")).click()
    await expect(ada.bell).to_have_accessible_name("Alerts, nothing unread")
    await ada.page.keyboard.press("Escape")


async def _grace_is_out(ada: Visitor, grace: Visitor) -> None:
    await grace.live()
    await ada.member(grace.name).get_by_role("button", name=f"Remove {grace.name}").click()
    confirmation = ada.page.get_by_role("dialog", name=f"Remove {grace.name}?")
    farewell = grace.page.get_by_role("heading", name="You are not part of this organization any more")
    async with ada.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        await confirmation.get_by_role("button", name="Remove", exact=True).click()
    await expect(farewell).to_be_visible()
    await expect(ada.member(grace.name)).to_have_count(0)
    await expect(ada.toast(f"{grace.name} was removed")).to_be_visible()


async def test_read_in_one_window_is_read_in_the_other(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    second = await ada.context.new_page()
    ada.watch(second)
    await second.goto("/notifications")
    await expect(second.locator("[data-live]")).to_have_attribute("data-live", "live")
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await grace.join(ENGINES)
    badge = second.get_by_role("button", name="Alerts, 1 unread")
    await expect(badge).to_be_visible()
    await ada.go("Alerts")
    await ada.press("Mark all as read")
    await expect(second.get_by_role("button", name="Alerts, nothing unread")).to_be_visible()
