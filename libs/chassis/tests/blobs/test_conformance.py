"""What every place for files does alike: a local folder, and a server that speaks S3."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from chassis.blob_routes import download_routes
from chassis.blobs import Blobs
from chassis.keys import encode
from chassis.server import listen, stop_listening
from chassis.settings import BlobSettings, ServiceSettings
from chassis.testing import eventually
from chassis.web import create_app
from local_stack.ports import free_port
from tests.s3_server import S3Server, running_s3

MINUTE = timedelta(minutes=1)
WEBP = b"RIFF\x00\x00\x00\x00WEBP" + bytes(range(256))
LARGE = 12 * 1024 * 1024


@pytest.fixture(scope="module")
async def s3() -> AsyncIterator[S3Server]:
    async with running_s3() as server:
        yield server


@pytest.fixture(params=["folder", "s3", "s3 below a prefix"])
async def settings(request: pytest.FixtureRequest, tmp_path: Path, s3: S3Server) -> BlobSettings:
    if request.param == "folder":
        return BlobSettings.model_validate({"blobs_url": f"file://{tmp_path}", "blobs_link_key": encode(b"k" * 32)})
    return await s3.bucket("platform/files" if "prefix" in request.param else "")


@pytest.fixture
async def blobs(settings: BlobSettings) -> AsyncIterator[Blobs]:
    """With an application that serves the folder's links, as a service does."""
    port = free_port()
    opened = Blobs.open(settings, links_at=URL(f"http://127.0.0.1:{port}/v1/files"))
    app = create_app(ServiceSettings(), [download_routes("/v1/files")], service="files", provide={Blobs: opened})
    runner, _ = await listen(app, "127.0.0.1", port, shutdown_seconds=1, setting="HTTP_PORT")
    yield opened
    await stop_listening(runner)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_what_was_written_is_read(blobs: Blobs) -> None:
    await blobs.put("logos/0190/one.webp", WEBP)
    assert await blobs.read("logos/0190/one.webp") == WEBP
    assert b"".join([piece async for piece in blobs.stream("logos/0190/one.webp")]) == WEBP


async def test_an_empty_blob_is_one(blobs: Blobs) -> None:
    await blobs.put("reports/empty.csv", b"")
    assert await blobs.read("reports/empty.csv") == b""


async def test_what_is_not_there_is_a_lookup_error(blobs: Blobs) -> None:
    for ask in (blobs.read("logos/none.webp"), anext(blobs.stream("logos/none.webp")), blobs.link("none", MINUTE)):
        with pytest.raises(LookupError):
            await ask


async def test_deleted_is_gone_and_deleting_again_is_fine(blobs: Blobs) -> None:
    await blobs.put("logos/one.webp", WEBP)
    await blobs.delete("logos/one.webp")
    await blobs.delete("logos/one.webp")
    with pytest.raises(LookupError):
        await blobs.read("logos/one.webp")


async def test_the_list_holds_what_is_below_and_nothing_else(blobs: Blobs) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    for key in ("logos/a/1.webp", "logos/b/2.webp", "logos-old/3.webp", "reports/4.csv"):
        await blobs.put(key, WEBP)
    found = {blob.key: blob async for page in blobs.pages("logos/") for blob in page}
    assert sorted(found) == ["logos/a/1.webp", "logos/b/2.webp"]
    assert found["logos/a/1.webp"].size == len(WEBP)
    assert before < found["logos/a/1.webp"].written_at < datetime.now(UTC) + timedelta(seconds=2)
    assert [page async for page in blobs.pages("nothing/")] == []


async def test_a_large_blob_comes_and_goes_in_pieces(blobs: Blobs) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(12):
            yield bytes([number]) * (LARGE // 12)

    await blobs.put("reports/large.csv", pieces())
    sizes = [len(piece) async for piece in blobs.stream("reports/large.csv")]
    assert sum(sizes) == LARGE
    assert max(sizes) < LARGE


async def test_a_writer_that_breaks_off_leaves_nothing(blobs: Blobs) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * (LARGE // 2)
        raise RuntimeError("the report failed")

    with pytest.raises(RuntimeError, match="the report failed"):
        await blobs.put("reports/half.csv", pieces())
    with pytest.raises(LookupError):
        await blobs.read("reports/half.csv")
    assert [page async for page in blobs.pages("reports/")] == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../secret",
        "a/../b",
        "a//b",
        "a/",
        "A/b",
        "a b",
        "a\\b",
        "a\x00",
        "a:b",
        "a?b",
        "é",
        "a" * 501,
    ],
)
async def test_what_is_no_key_of_ours_reaches_no_store(blobs: Blobs, key: str) -> None:
    for ask in (blobs.put(key, b""), blobs.read(key), blobs.delete(key), blobs.link(key, MINUTE)):
        with pytest.raises(ValueError, match="not a key"):
            await ask


async def test_a_link_downloads_without_a_token(blobs: Blobs, http: aiohttp.ClientSession) -> None:
    await blobs.put("reports/0190/july.csv", b"day,runs\n")
    async with http.get(URL(await blobs.link("reports/0190/july.csv", MINUTE), encoded=True)) as answer:
        assert (answer.status, await answer.read(), answer.content_type) == (200, b"day,runs\n", "text/csv")
        assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_a_link_ends(blobs: Blobs, http: aiohttp.ClientSession) -> None:
    await blobs.put("reports/july.csv", b"day,runs\n")
    link = URL(await blobs.link("reports/july.csv", timedelta(seconds=1)), encoded=True)

    if "X-Amz-Expires" in link.query:
        # What S3 itself holds it to; the server of these tests checks neither end nor signature.
        assert (link.query["X-Amz-Expires"], len(link.query["X-Amz-Signature"])) == ("1", 64)
        return

    async def ended() -> bool:
        async with http.get(link) as answer:
            return answer.status in (403, 404)

    await eventually(ended)


async def test_a_link_lives_a_week_at_most(blobs: Blobs) -> None:
    await blobs.put("reports/july.csv", b"")
    for lives in (timedelta(0), timedelta(days=8)):
        with pytest.raises(ValueError, match="a week at most"):
            await blobs.link("reports/july.csv", lives)
