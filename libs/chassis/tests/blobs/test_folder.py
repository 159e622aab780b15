"""Links to a local folder, and settings that lead nowhere."""

from datetime import timedelta
from pathlib import Path

import pytest
from yarl import URL

from chassis.blob_links import Links
from chassis.blobs import Blobs
from chassis.keys import encode
from chassis.problems import Unavailable
from chassis.settings import BlobSettings, StartRefused
from chassis.testing import FixedClock
from tests.s3_server import running_s3

SECRET = encode(b"k" * 32)
AT = URL("https://app.example/v1/files")
MINUTE = timedelta(minutes=1)


def parts(link: str) -> tuple[str, int, str]:
    url = URL(link)
    return url.name, int(url.query["expires"]), url.query["signature"]


def test_a_link_is_believed_until_it_ends() -> None:
    clock = FixedClock()
    links = Links(AT, SECRET, clock)
    link = links.make("reports/0190/july.csv", MINUTE)
    assert link.startswith("https://app.example/v1/files/reports:0190:july.csv?")
    assert links.key_of(*parts(link)) == "reports/0190/july.csv"
    clock.move(seconds=59)
    assert links.key_of(*parts(link)) == "reports/0190/july.csv"
    clock.move(seconds=1)
    assert links.key_of(*parts(link)) is None


def test_whatever_is_changed_in_a_link_ends_it() -> None:
    links = Links(AT, SECRET, FixedClock())
    name, expires, signature = parts(links.make("reports/july.csv", MINUTE))
    other = "A" if signature[0] != "A" else "B"
    for changed in (
        ("reports:august.csv", expires, signature),
        (name, expires + 1, signature),
        (name, expires, other + signature[1:]),
        (name, expires, ""),
        (name, expires, "é"),
    ):
        assert links.key_of(*changed) is None
    assert Links(AT, encode(b"o" * 32), FixedClock()).key_of(name, expires, signature) is None


@pytest.mark.parametrize("url", ["", "/folder", "file:", "ftp://x", "s3:", "s3:///prefix"])
def test_a_place_that_is_none_refuses_the_start(url: str) -> None:
    with pytest.raises(StartRefused, match="BLOBS_URL"):
        Blobs.open(BlobSettings(blobs_url=url))


def test_a_folder_that_cannot_be_made_refuses_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartRefused, match="BLOBS_URL"):
        Blobs.open(BlobSettings(blobs_url=f"file://{tmp_path}/file/folder"))


def test_links_to_a_folder_need_a_secret(tmp_path: Path) -> None:
    settings = {"blobs_url": f"file://{tmp_path}"}
    for key in (None, "short"):
        with pytest.raises(StartRefused, match="BLOBS_LINK_KEY"):
            Blobs.open(BlobSettings.model_validate(settings | {"blobs_link_key": key}), links_at=AT)


def test_half_a_pair_of_keys_refuses_the_start() -> None:
    settings = {"blobs_url": "s3://files", "blobs_s3_access_key_id": "AKIA"}
    with pytest.raises(StartRefused, match="BLOBS_S3_SECRET_ACCESS_KEY"):
        Blobs.open(BlobSettings.model_validate(settings))


async def test_a_store_that_is_away_is_unavailable_and_says_so_soon() -> None:
    async with running_s3() as server:
        blobs = Blobs.open(await server.bucket())
        await blobs.put("logos/one.webp", b"one")
        await server.stop()
        with pytest.raises(Unavailable, match="files_unavailable"):
            await blobs.read("logos/one.webp")
