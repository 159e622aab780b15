"""Roles, API keys and service accounts: made, shown, ended; each page held against axe."""

import aiohttp
from playwright.async_api import expect

from tests.browser.visitor import Visitor

ENGINES = "Analytical Engines"


async def test_a_key_is_shown_once_works_and_is_revoked(visitor, http: aiohttp.ClientSession, platform) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    page = ada.page
    await page.goto("/settings/api-keys")
    await expect(page.get_by_text("No keys yet")).to_be_visible()
    await ada.press("New API key")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="Name").fill("Nightly import")
    await dialog.get_by_role("button", name="Make key").click()
    await expect(dialog.get_by_text("Choose what the key may do.")).to_be_visible()
    await dialog.get_by_label("See who belongs to the organization").check()
    await dialog.get_by_role("button", name="Make key").click()
    secret = await dialog.get_by_test_id("secret").inner_text()
    await dialog.get_by_role("button", name="Done").click()
    await expect(page.get_by_test_id("api-key")).to_contain_text(f"obk_…{secret[-4:]}")
    await expect(page.get_by_text(secret)).to_have_count(0)

    headers = {"Authorization": f"Bearer {secret}"}
    async with http.get(f"{platform.gateway_url}/v1/members", headers=headers) as answer:
        assert answer.status == 200
    await ada.press("Revoke Nightly import")
    await page.get_by_role("dialog").get_by_role("button", name="Revoke key").click()
    await expect(page.get_by_text("No keys yet")).to_be_visible()


async def test_a_role_of_ones_own_is_reviewed_before_it_changes_and_offered_where_roles_are(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    page = ada.page
    await page.goto("/settings/roles")
    await ada.press("New role")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="Name").fill("Recruiter")
    await dialog.get_by_label("Invite people").check()
    await dialog.get_by_role("button", name="Make role").click()
    await expect(page.get_by_test_id("role").filter(has_text="Recruiter")).to_be_visible()

    await ada.press("Edit Recruiter")
    await page.get_by_role("dialog").get_by_label("See who was invited").check()
    await page.get_by_role("dialog").get_by_role("button", name="Review").click()
    await expect(page.get_by_test_id("dry-run")).to_contain_text("They gain:")
    await page.get_by_role("dialog").get_by_role("button", name="Save role").click()
    await expect(page.get_by_test_id("role").filter(has_text="Recruiter")).to_contain_text("2 permissions")

    await page.goto("/members?invite=true")
    await expect(page.get_by_role("dialog").get_by_label("Recruiter")).to_be_visible()


async def test_a_service_account_is_made_and_stopped_with_one_click(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    page = ada.page
    await page.goto("/settings/service-accounts")
    await ada.press("New service account")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="Name").fill("Triage agent")
    await dialog.get_by_role("button", name="Make service account").click()
    row = page.get_by_test_id("service-account")
    await expect(row).to_contain_text("Active")
    await ada.press("Stop Triage agent")
    await expect(row).to_contain_text("Stopped")
    await ada.press("Start Triage agent")
    await expect(row).to_contain_text("Active")
