"""The organization's log and settings, and lists of people to invite, as a person meets them."""

import csv
import io
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.test_accessibility import SIZES, check
from tests.browser.visitor import PASSWORD, Visitor

ENGINES = "Analytical Engines"


async def visit(person: Visitor, place: str, heading: str) -> None:
    """By the organization's menu."""
    await person.page.get_by_role("button", name="Switch or create").click()
    await person.page.get_by_role("dialog").get_by_role("button", name=place, exact=True).click()
    await expect(person.page.get_by_role("heading", level=1)).to_have_text(heading)


def table_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


async def test_the_log_is_narrowed_searched_and_taken_along(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await grace.join(ENGINES)
    await visit(ada, "Activity", "Activity")
    rows = ada.page.get_by_test_id("activity")
    await expect(rows).to_have_count(3)
    await expect(rows.first).to_contain_text("Grace Hopper joined")
    await expect(rows.nth(1)).to_contain_text(f"Ada Lovelace invited {grace.email}")
    await ada.page.get_by_label("What").select_option(label="Members")
    await expect(rows).to_have_count(1)
    await ada.page.get_by_label("What").select_option(label="Everything")
    await ada.page.get_by_label("Search").fill("engines")
    await ada.press("Find")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text(f"created the organization {ENGINES}")
    await expect(ada.page).to_have_url(re.compile("search=engines"))
    async with ada.page.expect_download() as started:
        await ada.press("Download CSV")
    table = table_of(await (await started.value).path())
    assert [row["action"] for row in table] == ["organization.created"]
    await ada.press("Clear filters")
    await expect(rows).to_have_count(3)
    await ada.page.get_by_label("Search").fill("nothing like it")
    await ada.press("Find")
    await expect(ada.page.get_by_text("Nothing matches")).to_be_visible()


async def test_a_member_reads_why_there_is_no_log(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await grace.join(ENGINES)
    await visit(grace, "Activity", "Activity")
    await expect(grace.page.get_by_text("Your role here is member.")).to_be_visible()
    await visit(grace, "Settings", "Organization")
    await expect(grace.page.get_by_label("Name", exact=True)).not_to_be_editable()
    await expect(grace.page.get_by_role("button", name="Delete…")).to_have_count(0)


async def test_a_list_is_invited_and_says_what_failed(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await ada.go("Members")
    await ada.press("Invite several")
    dialog = ada.page.get_by_role("dialog")
    await dialog.get_by_label("E-mail addresses").fill(
        f"Grace <grace@example.com>, alan@example.com\n{ada.email}\nnobody"
    )
    await dialog.get_by_role("button", name="Send 4 invitations").click()
    await expect(dialog.get_by_text("2 invitations are on their way.")).to_be_visible()
    await expect(dialog.get_by_role("listitem")).to_have_count(2)
    await check(ada.page)
    await dialog.get_by_role("button", name="Done").click()
    await expect(ada.invitation("grace@example.com")).to_be_visible()
    await expect(ada.invitation("alan@example.com")).to_be_visible()


async def test_settings_are_saved_and_the_organization_deleted_and_restored(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await visit(ada, "Settings", "Organization")
    await ada.page.get_by_label("Name", exact=True).fill("Difference Engines")
    await ada.press("Save changes")
    await expect(ada.toast("Settings saved")).to_be_visible()
    await expect(ada.page.get_by_role("button", name="Organization: Difference Engines")).to_be_visible()
    await ada.press("Delete…")
    dialog = ada.page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Delete organization")).to_be_disabled()
    await dialog.get_by_label("Type Difference Engines to confirm").fill("Difference Engines")
    await dialog.get_by_role("button", name="Delete organization").click()
    await expect(ada.toast("Difference Engines was deleted")).to_be_visible()


async def test_ownership_is_handed_over(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await grace.join(ENGINES)
    await visit(ada, "Settings", "Organization")
    await ada.press("Hand over…")
    dialog = ada.page.get_by_role("dialog")
    await dialog.get_by_label("New owner").select_option(label=f"{grace.name} ({grace.email})")
    await dialog.get_by_label("Your password").fill("a wrong guess")
    await dialog.get_by_role("button", name="Hand over").click()
    await expect(dialog.get_by_text("This is not your password.")).to_be_visible()
    await dialog.get_by_label("Your password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Hand over").click()
    await expect(ada.toast(f"{grace.name} owns {ENGINES} now")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_are_accessible(visitor, scheme) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace", color_scheme=scheme)).sign_up(ENGINES)
    await ada.invite("grace@example.com")
    for path, heading in (("/activity", "Activity"), ("/organization", "Organization")):
        await ada.page.goto(path)
        await expect(ada.page.get_by_role("heading", level=1)).to_have_text(heading)
        await ada.live()
        for width in SIZES:
            await ada.page.set_viewport_size({"width": width, "height": 900})
            await check(ada.page)
            if folder := os.environ.get("SCREENSHOTS"):
                await ada.page.screenshot(path=f"{folder}{path}-{width}-{scheme}.png", full_page=True)
