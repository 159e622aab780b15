"""The built web pages: files from a directory, compressed siblings, caching, and the console's own paths."""

from pathlib import Path

from aiohttp import web

from chassis.problems import NotFound
from gateway.paths import segment_text

ADMIN_ROOT = "admin"
_FOREVER = "public, max-age=31536000, immutable"
_CHECK_FIRST = "no-cache"
_API_ROOTS = frozenset(
    {"v1", "internal", "webhooks", ".well-known", "openapi.json", "asyncapi.json", "health", "metrics"}
)
_ADMIN_API_ROOTS = frozenset({"v1", "openapi.json"})

_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Pages not built</title>
<h1>These pages are not built yet</h1>
<p>The API is up. Run <code>make up</code> in the repository to build the pages, then load this page again.</p>
</html>
"""


def is_page(path: str) -> bool:
    """Whether a canonical path belongs to a console rather than to an API."""
    first, _, rest = path[1:].partition("/")
    if first == ADMIN_ROOT:
        return rest.split("/", 1)[0] not in _ADMIN_API_ROOTS
    return first not in _API_ROOTS


class Pages:
    """A single-page application in a directory: `index.html`, hashed files under `assets/`, others at the root.

    Files are read from the disk as they are asked for, so a new build shows without a restart.
    """

    def __init__(self, directory: Path, *, own_paths: bool) -> None:
        """With `own_paths` the application handles paths of its own: navigations to them get `index.html`."""
        self._directory = directory.resolve()
        self._index = self._directory / "index.html"
        self._own_paths = own_paths

    def answer(self, path: str, accept: str) -> web.StreamResponse:
        """The file of a canonical path, or the application for a person's navigation. Raises NotFound.

        Without a build: 503 with a page that says what to run.
        """
        relative = segment_text(path.lstrip("/"))
        file = self._find(relative)
        if file is not None:
            return _file(file, _FOREVER if relative.startswith("assets/") else _CHECK_FIRST)
        if relative and not self._is_navigation(relative, accept):
            raise NotFound("No such path.")
        if not self._index.is_file():
            return web.Response(status=503, text=_NOT_BUILT, content_type="text/html", headers={"Retry-After": "5"})
        return _file(self._index, _CHECK_FIRST)

    def _find(self, relative: str) -> Path | None:
        """A file below the directory, links followed; None for what is none, whatever the reason."""
        try:
            file = (self._directory / relative).resolve()
            return file if relative and file.is_relative_to(self._directory) and file.is_file() else None
        except OSError:
            return None

    def _is_navigation(self, relative: str, accept: str) -> bool:
        return self._own_paths and "text/html" in accept and not relative.startswith("assets/")


def _file(file: Path, caching: str) -> web.FileResponse:
    """aiohttp adds ETag, answers If-None-Match and ranges, and picks a .br or .gz sibling the client can read."""
    return web.FileResponse(file, headers={"Cache-Control": caching})
