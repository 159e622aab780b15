"""Taking one's data along and ending one's account, as people do it: page, file, page."""

import json
import os

import pytest
from playwright.async_api import expect

from tests.browser.test_accessibility import SIZES, check
from tests.browser.visitor import PASSWORD, Visitor

ENGINES = "Analytical Engines"
SHOTS = os.environ.get("SCREENSHOTS")


async def open_profile(person: Visitor) -> None:
    await person.page.goto("/settings/profile")
    await expect(person.page.get_by_role("button", name="Delete my account…")).to_be_visible()


async def look(person: Visitor, name: str) -> None:
    """At both widths; a picture for the eye where SCREENSHOTS names a folder."""
    for width in SIZES:
        await person.page.set_viewport_size({"width": width, "height": 900})
        await check(person.page)
        if SHOTS:
            await person.page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)


async def test_the_data_comes_as_a_file(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await open_profile(ada)
    async with ada.page.expect_download() as begun:
        await ada.press("Download my data")
    download = await begun.value
    assert download.suggested_filename == "my-data.json"
    with open(await download.path(), encoding="utf-8") as file:  # noqa: ASYNC230, PTH123 - a small local file
        data = json.load(file)
    assert data["profile"]["email"] == ada.email
    assert [one["organization_name"] for one in data["memberships"]] == [ENGINES]
    assert data["activity"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_account_is_ended_and_the_address_registers_anew(visitor, scheme) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper", color_scheme=scheme)
    await ada.invite(grace.email)
    await grace.join(ENGINES)
    await open_profile(grace)
    await look(grace, f"your-data-{scheme}")
    await grace.press("Delete my account…")
    dialog = grace.page.get_by_role("dialog")
    end = dialog.get_by_role("button", name="Delete my account")
    await end.click()
    await expect(dialog.get_by_text("Type your address as it is.")).to_be_visible()
    await dialog.get_by_label(f"Type {grace.email} to confirm").fill(grace.email)
    await dialog.get_by_label("Your password").fill("a wrong guess at it")
    await end.click()
    await expect(dialog.get_by_text("This is not your password.")).to_be_visible()
    await look(grace, f"delete-me-{scheme}")
    await dialog.get_by_label("Your password").fill(PASSWORD)
    await end.click()
    await expect(grace.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await grace.sign_in()
    await expect(grace.page.get_by_role("alert")).to_be_visible()
    await ada.go("Members")
    await expect(ada.member("Grace Hopper")).to_have_count(0)
    await grace.sign_up("Compilers")


async def test_the_only_owner_is_told_what_stands_in_the_way(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await open_profile(ada)
    await ada.press("Delete my account…")
    dialog = ada.page.get_by_role("dialog")
    await dialog.get_by_label(f"Type {ada.email} to confirm").fill(ada.email)
    await dialog.get_by_label("Your password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Delete my account").click()
    await expect(dialog.get_by_role("alert")).to_contain_text(f"You are the only owner of {ENGINES}")
    await look(ada, "last-owner")
    await dialog.get_by_role("button", name="Keep my account").click()
    await expect(dialog).to_be_hidden()
