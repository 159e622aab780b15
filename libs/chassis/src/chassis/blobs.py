"""Files: the one small door to where they lie, a local folder or any S3-compatible store.

A key is ours: ids and words we chose, never what a person typed. A blob is written whole and never changes under its
key; what replaces it gets a key of its own. So a link to one can be kept for ever, and who collects orphans never
meets a writer. Write the blob first and the row that names it second: a crash between leaves an orphan, no broken row.
"""

import mimetypes
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store
from yarl import URL

from chassis.blob_links import Links
from chassis.problems import Unavailable
from chassis.settings import BlobSettings, StartRefused

if TYPE_CHECKING:
    from obstore.store import RetryConfig, S3Config

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)*")
_LONGEST_KEY = 500
_CONNECT = timedelta(seconds=3)
_ANSWER = timedelta(seconds=30)
_TRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=10)}
LONGEST_LINK = timedelta(days=7)
"""What S3 allows (Signature Version 4), so the folder as well."""


@dataclass(frozen=True)
class Blob:
    """One that is there. `size` in bytes."""

    key: str
    size: int
    written_at: datetime


class Blobs:
    """Keeps files. Every method raises Unavailable while the store is away, and ValueError for what is no key."""

    def __init__(self, store: LocalStore | S3Store, links: Links | None = None) -> None:
        self._store = store
        self._links = links

    @classmethod
    def open(cls, settings: BlobSettings, *, links_at: URL | None = None) -> Self:
        """Connects to nothing yet. `links_at` is where `blob_routes.download_routes` answers, as browsers reach it.

        Raises StartRefused for settings that lead nowhere.
        """
        scheme, _, place = settings.blobs_url.partition(":")
        if scheme == "s3":
            return cls(_s3(settings, URL(settings.blobs_url)))
        folder = place.removeprefix("//")
        if scheme != "file" or not folder:
            raise StartRefused("BLOBS_URL: say file:///folder or s3://bucket/prefix")
        return cls(_folder(Path(folder)), _links(settings, links_at))

    async def put(self, key: str, content: bytes | AsyncIterable[bytes]) -> None:
        """Write a whole blob: either all of it is there afterwards, or nothing."""
        attributes = {"Content-Type": media_type_of(key), "Content-Disposition": "attachment"}
        # A folder keeps no attributes: there the key says the same.
        kept = attributes if isinstance(self._store, S3Store) else None
        with _away():
            await obstore.put_async(self._store, checked(key), content, attributes=kept)

    async def read(self, key: str) -> bytes:
        """All of it, for what is small. Raises LookupError."""
        with _away():
            found = await obstore.get_async(self._store, checked(key))
            return bytes(await found.bytes_async())

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """Piece by piece, for what is large. Raises LookupError before the first piece."""
        with _away():
            found = await obstore.get_async(self._store, checked(key))
            async for piece in found.stream():
                yield bytes(piece)

    async def delete(self, key: str) -> None:
        """Gone afterwards, whether or not it was there."""
        with _away():
            try:
                await obstore.delete_async(self._store, checked(key))
            except FileNotFoundError:
                return

    async def pages(self, prefix: str) -> AsyncIterator[list[Blob]]:
        """All below a prefix (`logos/`), page by page, in no order."""
        with _away():
            async for page in obstore.list(self._store, checked(prefix.rstrip("/"))):
                yield [Blob(one["path"], one["size"], one["last_modified"]) for one in page]

    async def link(self, key: str, lives: timedelta) -> str:
        """A URL that whoever holds it can download from until it ends, as a file called like the key's last part.

        `lives` is at most a week. Raises LookupError for a blob that is not there.
        """
        if not timedelta(seconds=1) <= lives <= LONGEST_LINK:
            raise ValueError("a link lives for a second at least and a week at most")
        with _away():
            await obstore.head_async(self._store, checked(key))
            if isinstance(self._store, S3Store):
                return await obstore.sign_async(self._store, "GET", key, lives)
        if self._links is None:
            raise ValueError("this service serves no links to its folder")
        return self._links.make(key, lives)

    def key_of(self, named: str, expires: int, signature: str) -> str | None:
        """The key in a link to our folder; None where we did not make the link, or it has ended."""
        return None if self._links is None else self._links.key_of(named, expires, signature)


def checked(key: str) -> str:
    """The key. Raises ValueError for what could leave its place or mean two things in two stores."""
    if len(key) > _LONGEST_KEY or not _KEY.fullmatch(key):
        raise ValueError("not a key of ours")
    return key


def media_type_of(key: str) -> str:
    """By the key's ending: we chose it."""
    return mimetypes.guess_type(key)[0] or "application/octet-stream"


@contextmanager
def _away() -> Iterator[None]:
    """A store's errors as everybody knows them."""
    try:
        yield
    except FileNotFoundError as error:
        raise LookupError("no such blob") from error
    except (BaseError, OSError) as error:
        raise Unavailable(
            "files_unavailable", "Files are not available right now; try again.", headers={"Retry-After": "5"}
        ) from error


def _folder(folder: Path) -> LocalStore:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartRefused(f"BLOBS_URL: cannot use {folder}: {error.strerror}") from error
    return LocalStore(folder.resolve())


def _links(settings: BlobSettings, links_at: URL | None) -> Links | None:
    if links_at is None:
        return None
    if settings.blobs_link_key is None:
        raise StartRefused(
            "BLOBS_LINK_KEY: links to files in a folder need a secret to sign them (32 bytes, base64url)"
        )
    return Links(links_at, settings.blobs_link_key.get_secret_value())


def _s3(settings: BlobSettings, place: URL) -> S3Store:
    if not place.host:
        raise StartRefused("BLOBS_URL: s3://bucket or s3://bucket/prefix")
    keys = (settings.blobs_s3_access_key_id, settings.blobs_s3_secret_access_key)
    if (keys[0] is None) != (keys[1] is None):
        raise StartRefused("BLOBS_S3_ACCESS_KEY_ID and BLOBS_S3_SECRET_ACCESS_KEY need each other")
    endpoint = settings.blobs_s3_endpoint
    config: S3Config = {"region": settings.blobs_s3_region or "us-east-1"}
    if endpoint is not None:
        config["endpoint"] = endpoint
    if keys[0] is not None and keys[1] is not None:
        config["access_key_id"] = keys[0].get_secret_value()
        config["secret_access_key"] = keys[1].get_secret_value()
    plain = endpoint is not None and endpoint.startswith("http://")
    return S3Store(
        place.host,
        prefix=place.path.strip("/") or None,
        config=config,
        client_options={"allow_http": plain, "connect_timeout": _CONNECT, "timeout": _ANSWER},
        retry_config=_TRIES,
    )
