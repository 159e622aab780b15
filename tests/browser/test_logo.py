"""An organization's logo: uploaded, shown, replaced and removed by a person; seen by members."""

import io
import os
import re
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.async_api import Locator, expect

from tests.browser.test_accessibility import SIZES, check
from tests.browser.visitor import Visitor

ENGINES = "Analytical Engines"


def logo(color: str, kind: str = "PNG") -> dict[str, Any]:
    """A ring on nothing, as a file that a person chooses."""
    picture, out = Image.new("RGBA", (300, 300)), io.BytesIO()
    ImageDraw.Draw(picture).ellipse((20, 20, 280, 280), outline=color, width=60)
    picture.save(out, kind)
    return {"name": f"logo.{kind.lower()}", "mimeType": f"image/{kind.lower()}", "buffer": out.getvalue()}


async def choose(person: Visitor, button: str, file: dict[str, Any]) -> None:
    async with person.page.expect_file_chooser() as chooser:
        await person.page.get_by_role("button", name=button).click()
    await (await chooser.value).set_files([file])


def pictures(within: Locator) -> Locator:
    return within.locator('img[src^="/v1/logos/"]')


async def painted(picture: Locator) -> bool:
    return await picture.evaluate("image => image.decode().then(() => image.naturalWidth === 300)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_logo_is_uploaded_replaced_and_removed(visitor, scheme) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace", color_scheme=scheme)).sign_up(ENGINES)
    bar, main = ada.page.get_by_role("banner"), ada.page.get_by_role("main")
    await ada.page.goto("/organization")
    await choose(ada, "Upload a logo…", logo("teal"))
    await expect(ada.toast("Logo saved")).to_be_visible()
    await expect(pictures(main)).to_be_visible()
    assert await painted(pictures(main))
    await expect(pictures(bar).first).to_be_visible()
    first = await pictures(main).get_attribute("src")
    for width in SIZES:
        await ada.page.set_viewport_size({"width": width, "height": 900})
        await ada.page.get_by_role("button", name=f"Organization: {ENGINES}").click()
        switcher = ada.page.get_by_role("dialog", name="Your organizations")
        await expect(pictures(switcher)).to_be_visible()
        if folder := os.environ.get("SCREENSHOTS"):
            await ada.page.screenshot(path=f"{folder}/logo-switcher-{width}-{scheme}.png")
        await ada.page.keyboard.press("Escape")
        await check(ada.page)
        if folder:
            await ada.page.screenshot(path=f"{folder}/logo-{width}-{scheme}.png", full_page=True)
    await choose(ada, "Replace…", logo("crimson", "WEBP"))
    await expect(pictures(main)).not_to_have_attribute("src", str(first))
    await ada.press("Remove")
    await expect(ada.toast("Logo removed")).to_be_visible()
    await expect(pictures(ada.page.locator("body"))).to_have_count(0)
    await expect(ada.page.get_by_role("button", name="Upload a logo…")).to_be_visible()


async def test_what_is_no_picture_is_refused_in_words(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await ada.page.goto("/organization")
    drawn = {"name": "logo.png", "mimeType": "image/png", "buffer": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}
    await choose(ada, "Upload a logo…", drawn)
    await expect(ada.page.get_by_role("alert")).to_contain_text("save it as PNG, JPEG or WebP")
    large = {"name": "logo.png", "mimeType": "image/png", "buffer": b"\x89PNG" + bytes(1_100_000)}
    await choose(ada, "Upload a logo…", large)
    await expect(ada.page.get_by_role("alert")).to_contain_text(re.compile("larger than", re.IGNORECASE))
    await choose(ada, "Upload a logo…", logo("teal", "WEBP"))
    await expect(ada.toast("Logo saved")).to_be_visible()
    await expect(ada.page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_whoever_is_invited_sees_it_in_the_mail_and_on_the_page(visitor, scheme) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await ada.page.goto("/organization")
    await choose(ada, "Upload a logo…", logo("teal"))
    await expect(ada.toast("Logo saved")).to_be_visible()
    shown = await pictures(ada.page.get_by_role("main")).get_attribute("src")
    await ada.page.goto("/")
    grace: Visitor = await visitor("Grace Hopper", color_scheme=scheme)
    await ada.invite(grace.email)
    mail = await grace.mailbox.next()
    assert re.search(rf'<img src="https?://[^/]+{shown}" alt="{ENGINES}"', mail["html"])
    await grace.page.goto(await grace.invitation_link())
    await expect(grace.page.get_by_role("heading", name=f"Join {ENGINES}")).to_be_visible()
    assert await painted(pictures(grace.page.get_by_role("main")))
    for width in SIZES:
        await grace.page.set_viewport_size({"width": width, "height": 900})
        await check(grace.page)
        if folder := os.environ.get("SCREENSHOTS"):
            await grace.page.screenshot(path=f"{folder}/invited-{width}-{scheme}.png")
    if folder:
        mailbox = await grace.context.new_page()
        await mailbox.set_content(mail["html"])
        await mailbox.screenshot(path=f"{folder}/invitation-mail-{scheme}.png")


async def test_a_member_sees_it_and_changes_nothing(visitor) -> None:
    ada: Visitor = await (await visitor("Ada Lovelace")).sign_up(ENGINES)
    await ada.page.goto("/organization")
    await choose(ada, "Upload a logo…", logo("teal"))
    await expect(ada.toast("Logo saved")).to_be_visible()
    grace: Visitor = await visitor("Grace Hopper")
    await ada.page.goto("/")
    await ada.invite(grace.email)
    await grace.join(ENGINES)
    await grace.page.goto("/organization")
    await expect(pictures(grace.page.get_by_role("main"))).to_be_visible()
    await expect(grace.page.get_by_role("button", name="Replace…")).to_have_count(0)
    await expect(grace.page.get_by_role("button", name="Remove")).to_have_count(0)
