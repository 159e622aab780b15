"""What happened is on the analytics page within seconds, as figures, a chart and a table."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from tests.browser.test_accessibility import check
from tests.browser.visitor import Visitor

ENGINES = "Analytical Engines"
TRACK = """async ({events, token}) => (await fetch("/v1/events", {method: "POST", body: JSON.stringify({events}),
  headers: {"Content-Type": "application/json", Authorization: token}})).status"""


async def at_analytics(ada: Visitor) -> None:
    await ada.go("Analytics")
    await expect(tile(ada, "Events")).to_be_visible()


def tile(someone: Visitor, name: str):
    return someone.page.get_by_role("list", name="Figures").get_by_role("button", name=re.compile(f"^{name}"))


async def track(ada: Visitor, *events: dict) -> None:
    """As the customer's own product would, with the token that the page's own calls carry."""
    async with ada.page.expect_request("**/v1/analytics/overview*") as seen:
        pass
    token = (await (await seen.value).all_headers())["authorization"]
    assert await ada.page.evaluate(TRACK, {"events": list(events), "token": token}) == 202


async def test_what_happens_appears_while_one_looks(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await at_analytics(ada)
    await expect(tile(ada, "Invited")).to_contain_text("1", timeout=20_000)
    await grace.join(ENGINES)
    await expect(tile(ada, "Joined")).to_contain_text("2", timeout=20_000)
    await expect(tile(ada, "New accounts")).to_contain_text("2")
    figures = ada.page.get_by_role("list", name="Figures")
    await expect(figures.get_by_role("listitem").last).to_contain_text(
        re.compile(r"^Your plan, a month\D*0\.00right now")
    )
    await tile(ada, "Joined").click()
    panel = ada.page.get_by_role("region", name="Joined by day")
    await expect(panel.get_by_role("img", name=re.compile("^Joined, 30 days, 2 altogether"))).to_be_visible()
    await expect(panel.locator("path.recharts-area-area")).to_be_visible()
    await panel.get_by_text("Table", exact=True).click()
    first = panel.get_by_role("row").nth(1)
    await expect(first).to_contain_text("still settling")
    await expect(first.get_by_role("cell").first).to_have_text("2")


async def test_periods_are_in_the_address_and_compared(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await at_analytics(ada)
    now = datetime.now(UTC)
    times = [now - timedelta(days=days) for days in (1, 2, 3, 8, 9, 40)]
    await track(
        ada, *({"name": "report.opened", "id": str(i), "occurred_at": t.isoformat()} for i, t in enumerate(times))
    )
    await ada.page.get_by_text("7 days", exact=True).click()
    await expect(ada.page).to_have_url(re.compile("days=7"))
    top = ada.page.get_by_role("region", name="Most frequent").get_by_role("listitem").filter(has_text="report.opened")
    await expect(top).to_contain_text(re.compile("3.*50.?% more"), timeout=20_000)
    await ada.page.get_by_text("Other", exact=True).click()
    await ada.page.get_by_label("From", exact=True).fill((now - timedelta(days=41)).date().isoformat())
    await ada.page.get_by_label("To", exact=True).fill((now - timedelta(days=39)).date().isoformat())
    await ada.press("Show")
    await expect(tile(ada, "Events")).to_contain_text("1 more", timeout=20_000)
    await ada.page.reload()
    await expect(tile(ada, "Events")).to_contain_text("1 more")
    await tile(ada, "Joined").click()
    await expect(ada.page.get_by_text("Nothing here in these days")).to_be_visible()
    await ada.press("Check these numbers")
    await expect(ada.page.get_by_text(re.compile(r"^All \d+ events are counted, each once\.$"))).to_be_visible()


async def test_a_failure_says_so_and_can_be_tried_again(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    failing = {
        "status": 503,
        "content_type": "application/problem+json",
        "body": '{"status":503,"code":"database_unavailable"}',
    }

    async def refuse(route) -> None:
        await route.fulfill(**failing)

    await ada.page.route("**/v1/analytics/overview*", refuse)
    await ada.go("Analytics")
    await expect(ada.page.get_by_text("This could not be loaded")).to_be_visible(timeout=30_000)
    await ada.page.unroute("**/v1/analytics/overview*", refuse)
    await ada.press("Try again")
    await expect(tile(ada, "Events")).to_be_visible()


async def test_chart_and_table_pass_axe_on_a_phone_and_a_desk_in_both_schemes(visitor) -> None:
    for scheme in ("light", "dark"):
        ada: Visitor = await (await visitor("Ada Lovelace", color_scheme=scheme)).sign_up(ENGINES)
        await at_analytics(ada)
        for width in (390, 1440):
            await ada.page.set_viewport_size({"width": width, "height": 900})
            for view in ("Table", "Chart"):
                await ada.page.get_by_text(view, exact=True).click()
                shown = "table" if view == "Table" else ".recharts-surface"
                await expect(ada.page.locator(shown).first).to_be_visible()
                await check(ada.page)
