"""The live connection is lost and comes back."""

import asyncio

from playwright.async_api import expect

from tests.browser.visitor import Visitor

ENGINES = "Analytical Engines"


async def test_while_notifier_is_away_the_page_says_so_and_catches_up_by_itself(visitor, platform) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await ada.live()
    link = await grace.invitation_link()
    await asyncio.to_thread(platform.stop, "notifier-serve")
    try:
        await expect(ada.page.get_by_role("button", name="Live alerts are interrupted. Reconnect now")).to_be_visible()
        await grace.page.goto(link)
        await grace.fill_account()
        await grace.press(f"Join {ENGINES}")
        await grace.at_home()
    finally:
        await asyncio.to_thread(platform.start, "notifier-serve")
    await expect(ada.toast(grace.name)).to_be_visible(timeout=40_000)
    await expect(ada.bell).to_have_accessible_name("Alerts, 1 unread")
    await ada.live()
