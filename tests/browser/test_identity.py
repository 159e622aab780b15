"""Forgotten passwords, proven addresses, two-step sign-in and devices, as people meet them: page, mailbox, page."""

import re

import pyotp
from playwright.async_api import expect

from tests.browser.test_accessibility import SIZES, check
from tests.browser.visitor import PASSWORD, Visitor

NEW = "a short ride to the hills 1906"
SECURITY = "/settings/security"


async def open_security(person: Visitor) -> None:
    await person.page.goto(SECURITY)
    await at_security(person)


async def at_security(person: Visitor) -> None:
    """Also after signing in again: one comes back to where one left."""
    await expect(person.page.get_by_role("heading", level=1)).to_have_text("Sign-in and devices")


async def set_up_mfa(person: Visitor, password: str | None = PASSWORD) -> tuple[pyotp.TOTP, list[str]]:
    """From a page that offers it, up to the end of the recovery codes; None: the sign-in is fresh instead."""
    page = person.page
    if password is not None:
        await page.get_by_label("Your password").fill(password)
    await person.press("Set up")
    secret = await page.locator("code").inner_text()
    totp = pyotp.TOTP(secret)
    for width in SIZES:
        await page.set_viewport_size({"width": width, "height": 900})
        await check(page)
    await page.get_by_label("Code").fill(totp.now())
    await person.press("Turn on")
    listed = page.get_by_role("group", name="Recovery codes").get_by_role("listitem")
    await expect(listed).to_have_count(10)
    codes = await listed.all_inner_texts()
    await check(page)
    await person.press("I have kept them")
    return totp, codes


async def test_an_address_is_confirmed_from_the_mail(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    banner = ada.page.get_by_role("complementary", name="Your address")
    await expect(banner).to_contain_text(ada.email)
    await banner.get_by_role("button", name="Send again").click()
    await expect(ada.toast("The mail was not sent again")).to_contain_text("less than a minute ago")
    await ada.page.goto(await ada.mailed_link("/verify-email"))
    await expect(ada.page).to_have_url(re.compile("/verify-email$"))
    await ada.press("Confirm")
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text("Your address is confirmed")
    await ada.page.get_by_role("link", name="Go to home").click()
    await ada.at_home()
    await expect(banner).to_be_hidden()


async def test_a_forgotten_password_is_chosen_anew(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    await ada.sign_out()
    await ada.page.get_by_role("link", name="Forgot your password?").click()
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    await ada.page.get_by_label("E-mail").fill(ada.email)
    await ada.press("Mail me a link")
    await expect(ada.page.get_by_role("alert")).to_contain_text(ada.email)
    await check(ada.page)
    link = await ada.mailed_link("/reset-password")
    await ada.page.goto(link)
    await ada.page.get_by_label("New password").fill("passwordpassword")
    await ada.press("Set password")
    await expect(ada.page.get_by_label("New password")).to_have_accessible_description(
        re.compile("first that are guessed")
    )
    await ada.page.get_by_label("New password").fill(NEW)
    await ada.press("Set password")
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text("Your password is set")
    await ada.page.get_by_role("link", name="Sign in").click()
    await ada.sign_in(NEW)
    await ada.at_home()
    await ada.page.goto("about:blank")
    await ada.page.goto(link)
    await ada.page.get_by_label("New password").fill(NEW + " again")
    await ada.press("Set password")
    await expect(ada.page.get_by_role("alert")).to_contain_text("no longer good")


async def test_two_step_sign_in_from_set_up_to_turning_it_off(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    await open_security(ada)
    await ada.press("Set up two-step sign-in")
    _, codes = await set_up_mfa(ada)
    panel = ada.page.get_by_role("region", name="Two-step sign-in")
    await expect(panel).to_contain_text("10 recovery codes left")
    await check(ada.page)
    await ada.sign_out()
    await ada.sign_in()
    await check(ada.page)
    await ada.page.get_by_label("Code").fill("000000")
    await ada.press("Continue")
    await expect(ada.page.get_by_role("alert")).to_contain_text("does not fit")
    await ada.page.get_by_label("Code").fill(codes[0])
    await ada.press("Continue")
    await at_security(ada)
    await expect(panel).to_contain_text("9 recovery codes left")
    await panel.get_by_role("button", name="Turn off").click()
    await panel.get_by_label("Your password").fill(PASSWORD)
    await panel.get_by_label("Code").fill(codes[1])
    await check(ada.page)
    await panel.get_by_role("button", name="Turn off").click()
    await expect(panel).to_contain_text("your password alone")


async def test_an_organization_asks_its_members_for_two_step_sign_in(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    grace: Visitor = await (await visitor("Grace Hopper")).sign_up("Compilers")
    await ada.invite(grace.email)
    await grace.page.goto(await grace.invitation_link())
    await grace.press("Join Engines")
    await grace.at_home()
    await open_security(ada)
    demand = ada.page.get_by_role("button", name="Ask every member for it")
    await expect(ada.page.get_by_text("Set two-step sign-in up for yourself first.")).to_be_visible()
    await expect(demand).to_be_hidden()
    await ada.press("Set up two-step sign-in")
    await set_up_mfa(ada)
    await grace.live()
    await demand.click()
    await expect(ada.toast("Every member needs two-step sign-in now")).to_be_visible()
    await expect(grace.page.get_by_role("heading", level=1)).to_have_text("Your organization asks for two-step sign-in")
    await check(grace.page)
    await grace.press("Continue in Compilers")
    await grace.press(re.compile("^Organization: Compilers"))
    await grace.press(re.compile("^Engines"))
    await set_up_mfa(grace)
    await grace.at_home()


async def test_devices_are_seen_and_signed_out(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    phone: Visitor = await visitor("Ada Lovelace", width=390)
    phone.email = ada.email
    await phone.page.goto("/login")
    await phone.sign_in()
    await phone.at_home()
    mail = await ada.mailbox.next((await ada.mailbox.next())["id"])
    assert mail["subject"].startswith("New sign-in: ")
    await open_security(ada)
    devices = ada.page.get_by_role("region", name="Devices").get_by_role("listitem")
    await expect(devices).to_have_count(2)
    await expect(devices.filter(has_text="This device")).to_have_count(1)
    await devices.get_by_role("button", name=re.compile("^Sign out")).click()
    await expect(devices).to_have_count(1)
    await phone.page.reload()
    await expect(phone.page.get_by_role("heading", level=1)).to_have_text("Sign in")


async def test_profile_and_address_are_changed_and_a_change_is_undone(visitor, mailbox) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    await ada.page.goto("/settings/profile")
    await ada.page.get_by_label("Your name").fill("Ada King")
    await ada.press("Save")
    await expect(ada.toast("Your profile is saved")).to_be_visible()
    old, new = ada.email, f"new-{ada.email}"
    await ada.page.get_by_label("New address").fill(new)
    await ada.page.get_by_label("Your password").fill(PASSWORD)
    await ada.press("Change address")
    await expect(ada.page.get_by_text(f"Open the link in the mail to {new}")).to_be_visible()
    await check(ada.page)
    ada.mailbox = mailbox(new)
    await ada.page.goto(await ada.mailed_link("/verify-email"))
    await ada.press("Confirm")
    await expect(ada.page.get_by_role("alert")).to_contain_text(f"{new} is yours")
    ada.mailbox = mailbox(old)
    await ada.page.goto(await ada.mailed_link("/restore-email"))
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text("Was it not you?")
    await check(ada.page)
    await ada.press("Keep my address and sign everybody out")
    await expect(ada.page.get_by_role("alert")).to_contain_text(f"{old} is yours again")
    assert await ada.mailed_link("/reset-password")


async def test_the_password_is_changed_by_the_one_that_holds(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    await open_security(ada)
    await ada.page.get_by_label("Present password").fill("not the password at all")
    await ada.page.get_by_label("New password").fill(NEW)
    await ada.press("Change password")
    await expect(ada.page.get_by_label("Present password")).to_have_accessible_description("This is not your password.")
    await ada.page.get_by_label("Present password").fill(PASSWORD)
    await ada.press("Change password")
    await expect(ada.toast("Your password is changed")).to_be_visible()
    await ada.sign_out()
    await ada.sign_in(NEW)
    await at_security(ada)
