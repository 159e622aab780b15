"""Roles shape the members page."""

from playwright.async_api import expect

from tests.browser.visitor import Visitor

ENGINES = "Analytical Engines"


async def test_a_role_is_changed_and_changed_back(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await grace.join(ENGINES)
    role = ada.page.get_by_label(f"Role of {grace.name}")
    await role.select_option(label="Admin")
    await expect(ada.toast(f"{grace.name} is now admin")).to_be_visible()
    await expect(role).to_have_value("admin")
    await ada.toast(f"{grace.name} is now admin").get_by_role("button", name="Undo").click()
    await expect(role).to_have_value("member")


async def test_what_a_role_may_not_do_is_not_offered_and_says_why(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email, "Viewer")
    await grace.join(ENGINES)
    await grace.go("Members")
    await expect(grace.member(ada.name)).to_be_visible()
    await expect(grace.page.get_by_role("button", name="Invite somebody")).to_have_count(0)
    await expect(grace.page.get_by_role("button", name=f"Remove {ada.name}")).to_have_count(0)
    await expect(grace.page.get_by_text("Your role here is viewer.")).to_contain_text(
        f"It does not include “Invite people”; {ada.name} can give you a role that does."
    )


async def test_a_write_that_is_refused_says_why(visitor) -> None:
    """The form was open already, and the page has not heard that its reader's role lost a permission."""
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    inviting = ["See who belongs to the organization", "See who was invited", "Invite people"]
    await ada.page.goto("/settings/roles")
    await ada.press("New role")
    editing = ada.page.get_by_role("dialog")
    await editing.get_by_role("textbox", name="Name").fill("Recruiter")
    for permission in inviting:
        await editing.get_by_label(permission).check()
    await editing.get_by_role("button", name="Make role").click()
    await expect(ada.page.get_by_test_id("role").filter(has_text="Recruiter")).to_be_visible()
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email, "Recruiter")
    await grace.join(ENGINES)
    await grace.go("Members")
    await grace.press("Invite somebody")
    dialog = grace.page.get_by_role("dialog")
    await dialog.get_by_label("E-mail").fill("joan@example.com")
    await grace.page.route("**/v1/me", lambda route: route.abort())
    await ada.page.goto("/settings/roles")
    await ada.press("Edit Recruiter")
    await editing.get_by_label("Invite people").uncheck()
    await editing.get_by_role("button", name="Review").click()
    await editing.get_by_role("button", name="Save role").click()
    await expect(editing).to_be_hidden()
    await dialog.get_by_role("button", name="Send invitation").click()
    await expect(dialog.get_by_role("alert")).to_have_text(
        f"Your role here is Recruiter. It does not include “Invite people”; {ada.name} can give you a role that does."
    )


async def test_a_new_role_changes_the_open_page_without_reload(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email, "Viewer")
    await grace.join(ENGINES)
    await grace.go("Members")
    await grace.live()
    await ada.page.get_by_label(f"Role of {grace.name}").select_option(label="Admin")
    await expect(grace.page.get_by_role("button", name="Invite somebody")).to_be_visible()


async def test_a_removal_can_be_called_off(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    grace: Visitor = await visitor("Grace Hopper")
    await ada.invite(grace.email)
    await grace.join(ENGINES)
    await ada.press(f"Remove {grace.name}")
    keep = ada.page.get_by_role("button", name=f"Keep {grace.name}")
    await expect(keep).to_be_focused()
    await ada.page.keyboard.press("Enter")
    await expect(keep).to_be_hidden()
    await expect(ada.member(grace.name)).to_be_visible()
