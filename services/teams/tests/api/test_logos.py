"""An organization's logo, kept in a folder and in a store that speaks S3."""

import io
import json
import struct
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from chassis.blobs import Blobs
from services.teams.tests.conftest import Answer, Person, Teams
from tests.s3_server import running_s3

LOGO = "/v1/organization/logo"
PRIVATE = b"a place nobody should learn"


@pytest.fixture(scope="module", params=["folder", "s3"])
async def changed_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, Any]]:
    if request.param == "folder":
        yield {"blobs_url": f"file://{tmp_path_factory.mktemp('files')}"}
        return
    async with running_s3() as server:
        yield (await server.bucket("teams")).model_dump()


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), color: Any = "teal", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new(more.pop("mode", "RGB"), size, color).save(out, kind, **more)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", len(header) - 4) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + checked + picture()[33:]


async def upload(
    teams: Teams, person: Person, content: bytes, match: str = "*", kind: str = "image/png", **headers: str
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"Authorization": f"Bearer {person.token}", "If-Match": match, "Content-Type": kind} | named
    async with teams.http.put(teams.url + LOGO, data=content, headers=sent) as answer:
        text = await answer.text()
        return Answer(answer.status, json.loads(text) if text else None, answer.headers, answer.cookies)


async def shown(teams: Teams, path: str) -> tuple[int, bytes, Any]:
    async with teams.http.get(teams.url + path) as answer:
        return answer.status, await answer.read(), answer.headers


async def files(teams: Teams, person: Person) -> list[str]:
    blobs = Blobs.open(teams.settings)
    return [blob.key async for page in blobs.pages(f"logos/{person.org_id}") for blob in page]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_everybody_sees_what_was_uploaded(teams: Teams, kind: str) -> None:
    ada = await teams.register()
    before = (await teams.call("GET", "/v1/organization", token=ada.token)).body
    assert before["logo_url"] is None
    answer = await upload(teams, ada, picture(kind, (64, 48)), '"1"', kind="application/x-whatever")
    assert (answer.status, answer.headers["ETag"]) == (200, '"2"')
    status, content, headers = await shown(teams, answer.body["logo_url"])
    assert (status, headers["Content-Type"]) == (200, "image/webp")
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with Image.open(io.BytesIO(content)) as logo:
        assert (logo.format, logo.size) == ("WEBP", (64, 48))
        assert max(abs(a - b) for a, b in zip(logo.convert("RGB").getpixel((30, 20)), (0, 128, 128), strict=True)) < 8
    listed = (await teams.call("GET", "/v1/organizations", token=ada.token)).body["items"]
    me = (await teams.call("GET", "/v1/me", token=ada.token)).body
    assert listed[0]["logo_url"] == me["organizations"][0]["logo_url"] == me["organization"]["logo_url"]
    assert me["organization"]["logo_url"] == answer.body["logo_url"]


async def test_whoever_is_invited_sees_it_before_they_sign_in(teams: Teams) -> None:
    ada = await teams.register()
    bare, greeted = teams.new_email(), teams.new_email()
    await teams.invite(ada, bare)
    url = (await upload(teams, ada, picture("PNG", (64, 48)), '"1"')).body["logo_url"]
    await teams.invite(ada, greeted)
    mailed = [(await teams.mails(email, "invitation"))[-1]["logo_path"] for email in (bare, greeted)]
    assert mailed == [None, url]
    token = {"token": await teams.link_token(bare)}
    assert (await teams.call("POST", "/v1/invitations/preview", token)).body["logo_url"] == url
    await teams.call("DELETE", LOGO, token=ada.token, If_Match='"2"')
    assert (await teams.call("POST", "/v1/invitations/preview", token)).body["logo_url"] is None


async def test_a_logo_is_small_upright_and_nothing_but_a_picture(teams: Teams) -> None:
    ada = await teams.register()
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it to the right
    exif[0x010E] = PRIVATE.decode()
    answer = await upload(teams, ada, picture("JPEG", (1600, 800), exif=exif, comment=PRIVATE))
    _, content, _ = await shown(teams, answer.body["logo_url"])
    assert PRIVATE not in content
    with Image.open(io.BytesIO(content)) as logo:
        assert logo.size == (256, 512)
        assert not logo.getexif()
        assert not {"exif", "icc_profile", "xmp"} & set(logo.info)


async def test_transparency_stays_and_a_moving_picture_stands_still(teams: Teams) -> None:
    ada = await teams.register()
    frames = [Image.new("RGBA", (32, 32), color) for color in ((200, 0, 0, 0), (0, 0, 200, 255))]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    answer = await upload(teams, ada, out.getvalue())
    with Image.open(io.BytesIO((await shown(teams, answer.body["logo_url"]))[1])) as logo:
        assert getattr(logo, "n_frames", 1) == 1
        assert logo.convert("RGBA").getpixel((16, 16))[3] == 0


SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (SVG, "logo_svg_refused"),
        (b"\xef\xbb\xbf  <SVG>", "logo_svg_refused"),
        (b"<!-- a --><svg/>", "logo_svg_refused"),
        (b"", "logo_format_refused"),
        (b"hello", "logo_format_refused"),
        (b"<html><script>alert(1)</script></html>", "logo_format_refused"),
        (picture("GIF"), "logo_format_refused"),
        (picture("TIFF"), "logo_format_refused"),
        (picture("BMP"), "logo_format_refused"),
        (picture("PNG", (64, 64))[:60], "logo_broken"),
        (picture("JPEG", (640, 640))[:300], "logo_broken"),
        (png_that_claims(60_000, 60_000), "logo_too_many_pixels"),
        (png_that_claims(5_000, 5_000), "logo_too_many_pixels"),
        (picture("PNG", (4097, 4096), mode="1", color=0), "logo_too_many_pixels"),
    ],
)
async def test_what_is_no_picture_of_ours_is_refused(teams: Teams, content: bytes, code: str) -> None:
    ada = await teams.register()
    for kind in ("image/png", "image/svg+xml"):
        answer = await upload(teams, ada, content, kind=kind)
        assert (answer.status, answer.code) == (422, code)
    assert await files(teams, ada) == []
    assert (await teams.call("GET", "/v1/organization", token=ada.token)).body["version"] == 1


async def test_more_than_a_megabyte_is_refused(teams: Teams) -> None:
    ada = await teams.register()
    answer = await upload(teams, ada, picture() + b"\x00" * 1024 * 1024)
    assert (answer.status, answer.code) == (413, "body_too_large")


async def test_the_version_that_was_read_counts(teams: Teams) -> None:
    ada = await teams.register()
    assert (await upload(teams, ada, picture(), '"1"')).status == 200
    assert (await upload(teams, ada, picture(), '"1"')).status == 412
    assert (await teams.call("DELETE", LOGO, token=ada.token)).status == 428
    assert (await teams.call("DELETE", LOGO, token=ada.token, If_Match='"1"')).status == 412
    assert (await teams.call("DELETE", LOGO, token=ada.token, If_Match='"2"')).status == 200


async def test_who_may_not_change_the_organization_changes_no_logo(teams: Teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    assert (await upload(teams, bob, picture())).code == "permission_denied"
    assert (await teams.call("DELETE", LOGO, token=bob.token, If_Match="*")).code == "permission_denied"
    eve = await teams.register()
    assert (await upload(teams, eve, picture(color="red"))).status == 200
    assert (await teams.call("GET", "/v1/organization", token=ada.token)).body["logo_url"] is None


async def test_another_logo_has_another_address_and_the_old_one_leads_nowhere(teams: Teams) -> None:
    ada = await teams.register()
    first = (await upload(teams, ada, picture())).body["logo_url"]
    second = (await upload(teams, ada, picture())).body["logo_url"]
    assert first != second
    assert [(await shown(teams, path))[0] for path in (first, second)] == [404, 200]
    assert len(await files(teams, ada)) == 1
    removed = await teams.call("DELETE", LOGO, token=ada.token, If_Match="*")
    assert (removed.status, removed.body["logo_url"]) == (200, None)
    assert ((await shown(teams, second))[0], await files(teams, ada)) == (404, [])
    again = await teams.call("DELETE", LOGO, token=ada.token, If_Match="*")
    assert (again.status, again.body["version"]) == (200, removed.body["version"])


async def test_addresses_nobody_was_given_lead_nowhere(teams: Teams) -> None:
    ada = await teams.register()
    path = (await upload(teams, ada, picture())).body["logo_url"]
    other = path.rpartition("/")[2]
    for tried in (f"/v1/logos/{uuid4()}/{other}", f"/v1/logos/{ada.org_id}/{uuid4()}", "/v1/logos/x/y"):
        assert (await shown(teams, tried))[0] == 404


async def test_a_change_is_told(teams: Teams) -> None:
    ada = await teams.register()
    path = (await upload(teams, ada, picture())).body["logo_url"]
    await teams.call("DELETE", LOGO, token=ada.token, If_Match="*")
    told = [row for row in await teams.activity(ada.org_id) if row["action"] == "organization.updated"]
    assert [(row["details"]["before"], row["details"]["after"]) for row in told] == [
        ({"logo": None}, {"logo": path}),
        ({"logo": path}, {"logo": None}),
    ]
    events = [e for e in await teams.events(about=ada.org_id) if e["type"] == "organization.updated"]
    assert [(e["sequence"], e["data"]["logo_path"]) for e in events] == [(2, path), (3, None)]


async def test_a_repeated_upload_with_a_key_happens_once(teams: Teams) -> None:
    ada = await teams.register()
    one, two = [await upload(teams, ada, picture(), '"1"', Idempotency_Key="logo") for _ in range(2)]
    assert (one.status, two.status, two.body) == (200, 200, one.body)
    assert two.headers["Idempotency-Replayed"] == "true"
    other = await upload(teams, ada, picture(color="red"), '"1"', Idempotency_Key="logo")
    assert other.status == 422


async def test_files_that_no_row_names_are_collected_when_nobody_can_name_them_any_more(
    teams: Teams, shift: Any
) -> None:
    ada = await teams.register()
    kept = (await upload(teams, ada, picture())).body["logo_url"]
    assert (await upload(teams, ada, picture(), '"1"')).status == 412, "its file was written before the refusal"
    assert len(await files(teams, ada)) == 2
    await teams.run_jobs()
    assert len(await files(teams, ada)) == 2
    shift(hours=2)
    await teams.run_jobs()
    assert len(await files(teams, ada)) == 1
    assert (await shown(teams, kept))[0] == 200


async def test_a_purged_organizations_logo_is_erased(teams: Teams, shift: Any) -> None:
    ada = await teams.register()
    path = (await upload(teams, ada, picture())).body["logo_url"]
    name = {"confirmation": ada.body["organization"]["name"]}
    assert (await teams.call("DELETE", "/v1/organization", name, token=ada.token)).status == 200
    shift(hours=2)
    await teams.run_jobs()
    assert (await shown(teams, path))[0] == 200, "it can still be restored"
    teams.clock.shift += timedelta(days=31)
    await teams.run_jobs()
    await teams.run_jobs()
    assert ((await shown(teams, path))[0], await files(teams, ada)) == (404, [])
