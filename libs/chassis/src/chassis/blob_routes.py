"""Where links to files in a local folder lead: `download_routes("/v1/files")` among a service's routes."""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from chassis.blobs import Blobs, media_type_of
from chassis.problems import NotFound
from chassis.routes import Access, Routes


class DownloadQuery(BaseModel):
    """What the link says beside the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expires: Annotated[int, Field(ge=0, lt=2**40)]
    signature: Annotated[str, Field(max_length=100)]


def download_routes(path: str) -> Routes:
    """One operation below `path`. Who has a link may download: it says itself until when."""
    routes = Routes("files", while_suspended=True)

    @routes.get(
        path + "/{file}",
        access=Access.PUBLIC,
        summary="Download a file by a link",
        streams=["application/octet-stream"],
    )
    async def download_file(request: web.Request, file: str, query: DownloadQuery, blobs: Blobs) -> web.StreamResponse:
        """A link that was changed, has ended, or whose file is gone leads nowhere: 404."""
        key = blobs.key_of(file, query.expires, query.signature)
        if key is None:
            raise NotFound
        pieces = blobs.stream(key)
        try:
            first = await anext(pieces, b"")
        except LookupError:
            raise NotFound from None
        name = key.rpartition("/")[2]
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        response = web.StreamResponse(headers=headers)
        response.content_type = media_type_of(key)
        await response.prepare(request)
        await response.write(first)
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
        return response

    return routes
