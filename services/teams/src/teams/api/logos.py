"""/v1/organization/logo for those who change it, /v1/logos for everybody who sees it."""

from functools import partial
from uuid import UUID

from aiohttp import web

from chassis.blobs import Blobs, media_type_of
from chassis.database import Tx
from chassis.problems import NotFound
from chassis.rate_limits import RateLimit
from chassis.web import Access, Caller, Door, IfMatch, Routes
from contracts.ids import new_id
from contracts.permissions import Permission
from teams.api.caller import organization_of
from teams.api.models import OrganizationAnswer
from teams.domain.logos import MOST_BYTES, key_of
from teams.pillow_gateway import Pictures
from teams.usecases.set_logo import set_logo

ROUTES = Routes("organizations")


@ROUTES.put(
    "/v1/organization/logo",
    access=Permission.ORGANIZATION_UPDATE,
    summary="Upload your organization's logo",
    max_body=MOST_BYTES,
    rate_limits=(RateLimit(60, 3600, "organization"),),
)
async def put_logo(  # noqa: PLR0917 - all of it is bound by type
    door: Door, caller: Caller, if_match: IfMatch, body: bytes, pictures: Pictures, blobs: Blobs
) -> OrganizationAnswer:
    """The body is the file: PNG, JPEG or WebP, at most a megabyte and 4096 by 4096 pixels.

    What it is, its content says. It is kept as WebP of at most 512 pixels, without anything else the file held.
    """
    org_id, logo_id = organization_of(caller), new_id()
    # The file before the row: a crash in between leaves a file that nobody sees, for `collect_logos`.
    await blobs.put(key_of(org_id, logo_id), await pictures.logo(body))

    async def store(tx: Tx) -> OrganizationAnswer:
        return await _set(tx, caller, if_match, blobs, logo_id)

    return await door.write(store)


@ROUTES.delete(
    "/v1/organization/logo", access=Permission.ORGANIZATION_UPDATE, summary="Remove your organization's logo"
)
async def delete_logo(tx: Tx, caller: Caller, if_match: IfMatch, blobs: Blobs) -> OrganizationAnswer:
    """Its address leads nowhere from now on; browsers that have seen it may keep it."""
    return await _set(tx, caller, if_match, blobs, None)


@ROUTES.get(
    "/v1/logos/{organization_id}/{logo_id}",
    access=Access.PUBLIC,
    summary="An organization's logo",
    streams=["image/webp"],
)
async def get_logo(organization_id: UUID, logo_id: UUID, blobs: Blobs) -> web.StreamResponse:
    """Where `logo_url` leads. Each upload has an address of its own, so it can be kept for ever."""
    key = key_of(organization_id, logo_id)
    try:
        content = await blobs.read(key)
    except LookupError:
        raise NotFound from None
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "ETag": f'"{logo_id}"'}
    return web.Response(body=content, content_type=media_type_of(key), headers=headers)


async def _set(tx: Tx, caller: Caller, if_match: IfMatch, blobs: Blobs, logo_id: UUID | None) -> OrganizationAnswer:
    """What it replaces goes once the row holds; if that fails, with the next collection."""
    org_id = organization_of(caller)
    organization, replaced = await set_logo(
        tx, org_id=org_id, actor_id=caller.person_id, read=if_match, logo_id=logo_id
    )
    if replaced is not None:
        tx.after_commit.append(partial(blobs.delete, key_of(org_id, replaced)))
    return OrganizationAnswer.of(organization, caller.role)
