"""Invitations, from both ends."""

import re

from playwright.async_api import expect

from tests.browser.visitor import Visitor

ENGINES = "Analytical Engines"


async def test_the_token_leaves_the_address_bar(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await grace.page.goto(await grace.invitation_link())
    await expect(grace.page.get_by_role("heading", name=f"Join {ENGINES}")).to_be_visible()
    await expect(grace.page).to_have_url(re.compile("/invitations/accept$"))
    await expect(grace.page.get_by_label("E-mail")).to_have_value(grace.email)


async def test_an_existing_account_signs_in_and_joins(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await (await visitor("Grace Hopper")).sign_up("Compilers")
    await grace.sign_out()
    await expect(grace.page).to_have_url(re.compile("/login"))
    await ada.invite(grace.email)
    await grace.page.goto(await grace.invitation_link())
    await grace.page.get_by_label("Password", exact=True).fill("a long walk to the sea 1815")
    await grace.press("Sign in to join")
    await grace.press(f"Join {ENGINES}")
    await grace.at_home()
    await expect(grace.page.get_by_role("button", name=re.compile(f"^Organization: {ENGINES}"))).to_be_visible()


async def test_the_wrong_account_is_told_so_and_can_switch(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    link = await grace.invitation_link()
    katherine: Visitor = await (await visitor("Katherine Johnson")).sign_up("Orbits")
    await katherine.page.goto(link)
    await expect(katherine.page.get_by_role("alert")).to_contain_text(katherine.email)
    await katherine.press(f"Switch to {grace.email}")
    await expect(katherine.page.get_by_label("E-mail")).to_have_value(grace.email)
    await katherine.page.get_by_label("Your name").fill(grace.name)
    await katherine.page.get_by_label("Password", exact=True).fill("nanoseconds of wire 1906")
    await katherine.press(f"Join {ENGINES}")
    await grace_is_home(katherine, grace)


async def grace_is_home(window: Visitor, grace: Visitor) -> None:
    await expect(window.page.get_by_role("heading", level=1)).to_contain_text(grace.first_name)


async def test_a_used_or_broken_link_says_what_to_do(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    link = await grace.invitation_link()
    await grace.join(ENGINES)
    late: Visitor = await visitor("Late Visitor")
    await late.page.goto(link)
    await expect(late.page.get_by_role("alert")).to_contain_text("no longer good")
    await late.page.goto("/login")
    await late.page.goto("/invitations/accept")
    await expect(late.page.get_by_text("This link is incomplete")).to_be_visible()


async def test_resend_brings_a_new_mail_and_revoke_makes_the_link_useless(visitor, platform) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    first = await grace.mailbox.next()
    await ada.press(f"Resend the invitation to {grace.email}")
    await expect(ada.toast("The last mail went out less than a minute ago")).to_be_visible()
    await platform.query(
        "UPDATE teams.team_invitations SET sent_at = sent_at - interval '2 minutes' WHERE email = $1", grace.email
    )
    await ada.press(f"Resend the invitation to {grace.email}")
    await expect(ada.toast(f"Sent to {grace.email} again")).to_be_visible()
    link = await grace.invitation_link(after=first["id"])
    await ada.press(f"Revoke the invitation for {grace.email}")
    await expect(ada.invitation(grace.email)).to_have_count(0)
    await grace.page.goto(link)
    await expect(grace.page.get_by_role("alert")).to_contain_text("no longer good")


async def test_a_bad_address_and_a_full_house_are_told_in_the_dialog(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    for number in range(4):
        await ada.invite(f"guest-{number}@example.com")
    await ada.press("Invite somebody")
    dialog = ada.page.get_by_role("dialog", name="Invite somebody")
    await dialog.get_by_label("E-mail").fill("nobody")
    await dialog.get_by_role("button", name="Send invitation").click()
    await expect(dialog.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    await dialog.get_by_label("E-mail").fill("guest-5@example.com")
    await dialog.get_by_role("button", name="Send invitation").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Every seat of your plan is taken")
