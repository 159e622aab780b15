"""The plan page: what is paid, another plan bought and given up, and what a role may see."""

import re

from playwright.async_api import Locator, expect

from tests.browser.visitor import Visitor

ENGINES = "Analytical Engines"


async def at_billing(person: Visitor) -> None:
    """The plan page, once the organization's first plan is there."""
    await person.go("Billing")
    await expect(person.page.get_by_role("region", name="Free", exact=True)).to_be_visible(timeout=20_000)


def offer(person: Visitor, plan: str) -> Locator:
    offers = person.page.get_by_role("list", name="Plans on offer").get_by_role("listitem")
    return offers.filter(has=person.page.get_by_role("heading", name=plan, exact=True))


async def buy(person: Visitor, plan: str, seats: int, card: str = "Visa ending 4242") -> Locator:
    """Choose a plan and confirm; returns the dialog."""
    await offer(person, plan).get_by_role("button", name=f"Choose {plan}").click()
    dialog = person.page.get_by_role("dialog", name=f"Change to {plan}")
    await dialog.get_by_label("Seats").fill(str(seats))
    await dialog.get_by_label(card).check()
    await dialog.get_by_role("button", name="Change the plan").click()
    return dialog


async def test_a_plan_is_bought_and_its_invoice_appears(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await at_billing(ada)
    await ada.live()
    await buy(ada, "Pro", 7)
    await expect(ada.toast("You are on Pro")).to_be_visible()
    plan = ada.page.get_by_role("region", name="Pro", exact=True)
    await expect(plan).to_contain_text("$343.00")
    await expect(plan).to_contain_text("1 of 7 seats")
    await expect(plan).to_contain_text("100,000 agent runs a month")
    invoices = ada.page.get_by_role("list", name="Invoices").get_by_role("listitem")
    await expect(invoices.filter(has_text=re.compile("US?\\$3[0-9]{2}"))).to_contain_text("Paid")


async def test_a_declined_card_says_so_and_can_be_replaced(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await at_billing(ada)
    dialog = await buy(ada, "Pro", 2, "Visa ending 0341")
    await expect(dialog.get_by_role("alert")).to_contain_text("declined")
    await dialog.get_by_label("Visa ending 4242").check()
    await dialog.get_by_role("button", name="Change the plan").click()
    await expect(ada.toast("You are on Pro")).to_be_visible()


async def test_a_plan_is_canceled_and_kept_after_all(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await at_billing(ada)
    await buy(ada, "Pro", 2)
    await ada.press("Cancel plan")
    await ada.page.get_by_role("dialog").get_by_role("button", name=re.compile("^End it on")).click()
    plan = ada.page.get_by_role("region", name="Pro", exact=True)
    await expect(plan).to_contain_text("Ends soon")
    await plan.get_by_role("button", name="Keep the plan").click()
    await expect(plan).to_contain_text("Active")


async def test_another_window_follows_without_reload(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await at_billing(ada)
    await ada.live()
    second = await ada.context.new_page()
    ada.watch(second)
    await second.goto("/billing")
    await expect(second.get_by_role("region", name="Free", exact=True)).to_be_visible()
    await expect(second.locator("[data-live]")).to_have_attribute("data-live", "live")
    await buy(ada, "Pro", 3)
    await expect(second.get_by_role("region", name="Pro", exact=True)).to_contain_text("1 of 3 seats")


async def test_a_role_without_the_permission_is_told_why(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await grace.join(ENGINES)
    await grace.go("Billing")
    await expect(grace.page.get_by_text("Your role here is member.")).to_be_visible()
    await expect(grace.page.get_by_role("region")).to_have_count(0)
    await expect(grace.page.get_by_role("button", name=re.compile("^Choose"))).to_have_count(0)
