"""Sign-up, login, sessions over reloads and tabs."""

import re

from playwright.async_api import expect

from tests.browser.visitor import Visitor


async def test_sign_up_says_at_each_field_what_is_missing_and_focuses_the_first(visitor) -> None:
    ada: Visitor = await visitor("Ada Lovelace")
    await ada.page.goto("/signup")
    await ada.press("Create account")
    for sentence in (
        "Enter a name for your organization.",
        "Enter the name your team",
        "Enter an e-mail",
        "at least 12",
    ):
        await expect(ada.page.get_by_text(sentence).last).to_be_visible()
    await expect(ada.page.get_by_label("Organization")).to_have_attribute("aria-invalid", "true")
    await expect(ada.page.get_by_label("Organization")).to_be_focused()


async def test_what_the_server_refuses_appears_at_its_field(visitor) -> None:
    ada: Visitor = await visitor("Ada Lovelace")
    await ada.page.goto("/signup")
    await ada.page.get_by_label("Organization").fill("Engines")
    await ada.page.get_by_label("E-mail").fill(ada.email)
    await ada.page.get_by_label("Your name").fill("Ada")
    await ada.page.get_by_label("Password", exact=True).fill("passwordpassword")
    await ada.press("Create account")
    password = ada.page.get_by_label("Password", exact=True)
    await expect(password).to_have_attribute("aria-invalid", "true")
    await expect(password).to_be_focused()
    await expect(password).to_have_accessible_description(re.compile("among the first that are guessed"))
    await expect(ada.page).to_have_url(re.compile("/signup$"))


async def test_a_wrong_password_is_told_in_a_sentence_that_does_not_tell_which_part_is_wrong(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    await ada.sign_out()
    await ada.sign_in("not the password at all")
    await expect(ada.page.get_by_role("alert")).to_have_text("That e-mail and password do not belong together.")
    await ada.sign_in()
    await ada.at_home()


async def test_a_reload_keeps_the_session_and_no_token_is_stored(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    await ada.page.reload()
    await ada.at_home()
    stored = await ada.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "ey" not in stored, stored
    assert await ada.page.evaluate("document.cookie") == ""


async def test_a_page_behind_the_login_is_reached_after_it(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    await ada.sign_out()
    await expect(ada.page).to_have_url(re.compile("/login"))
    await ada.page.goto("/members")
    await ada.sign_in()
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text("Members")


async def test_no_link_sends_people_elsewhere_after_the_login(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    await ada.sign_out()
    await ada.page.goto("/login?next=%2F%2Fevil.example%2F")
    await ada.sign_in()
    await ada.at_home()


async def test_signing_out_in_one_tab_signs_out_the_others(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    second = await ada.context.new_page()
    ada.watch(second)
    await second.goto("/members")
    await expect(second.get_by_role("heading", level=1)).to_have_text("Members")
    await ada.sign_out()
    await expect(second.get_by_role("heading", level=1)).to_have_text("Sign in")


async def test_tabs_that_open_together_refresh_one_after_the_other(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Engines")
    tabs = [await ada.context.new_page() for _ in range(4)]
    for tab in tabs:
        ada.watch(tab)
        await tab.goto("/members", wait_until="commit")
    for tab in tabs:
        await expect(tab.get_by_role("heading", level=1)).to_have_text("Members")


async def test_switching_organizations_shows_the_other_one_only(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up("Analytical Engines")
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await ada.press(re.compile("^Organization: Analytical Engines"))
    await ada.press("New organization")
    await ada.page.get_by_label("Organization name").fill("Difference Engines")
    await ada.press("Create organization")
    await expect(ada.page.get_by_role("button", name=re.compile("^Organization: Difference"))).to_be_visible()
    await ada.go("Members")
    await expect(ada.page.get_by_text("Nobody is waiting")).to_be_visible()
    await ada.press(re.compile("^Organization: Difference"))
    await ada.press(re.compile("^Analytical Engines"))
    await ada.at_home()
    await ada.go("Members")
    await expect(ada.invitation(grace.email)).to_be_visible()
