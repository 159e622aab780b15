"""/v1/api-keys."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from chassis.database import Tx
from chassis.problems import NotFound
from chassis.web import Caller, Listing, Page, Reference, Reply, Routes
from contracts.permissions import Permission
from teams.api.caller import check_person, organization_of
from teams.api.models import Answer, known_permissions
from teams.api.registration import Name
from teams.domain import people
from teams.domain.api_keys import LONGEST_OVERLAP, ApiKey
from teams.storage.api_keys import ListedKey, get_key
from teams.usecases.create_api_key import WithSecret, create_api_key
from teams.usecases.list_api_keys import list_api_keys
from teams.usecases.revoke_api_key import revoke_api_key
from teams.usecases.rotate_api_key import rotate_api_key

ROUTES = Routes("api keys")

DAY = 24 * 60 * 60


class CreateApiKeyRequest(BaseModel):
    """A key for yourself (`permissions` required), or for a service account (absent: all that the account may do)."""

    name: Name
    permissions: Annotated[list[Permission], Field(max_length=len(Permission))] | None = None
    service_account_id: UUID | None = None
    expires_at: AwareDatetime | None = None


class RotateApiKeyRequest(BaseModel):
    """How long the old secret goes on working; 0 ends it at once."""

    overlap_seconds: int = Field(DAY, ge=0, le=int(LONGEST_OVERLAP.total_seconds()))


class ApiKeyListing(Listing):
    """Filter by whose keys."""

    service_account_id: UUID | None = None


class ApiKeyAnswer(Answer):
    """A key without its secret, which ends in `hint`. `permissions` null: all that its service account may do.

    What it may do at a given moment is never more than its creator (or the service account) may then. `last_used_at` is
    right to within five minutes.
    """

    id: UUID
    name: str
    permissions: list[Permission] | None
    hint: str
    created_by: UUID
    service_account_id: UUID | None
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, key: ApiKey, **more: object) -> Self:
        values = {
            "id": key.id,
            "name": key.name,
            "permissions": None if key.permissions is None else known_permissions(key.permissions),
            "hint": key.hint,
            "created_by": key.created_by,
            "service_account_id": key.service_account_id,
            "expires_at": key.expires_at,
            "last_used_at": key.last_used_at,
            "created_at": key.created_at,
        }
        return cls.model_validate(values | more)


class ListedApiKeyAnswer(ApiKeyAnswer):
    """With names; null of a creator who left."""

    creator_name: str | None
    service_account_name: str | None

    @classmethod
    def of_listed(cls, row: ListedKey) -> Self:
        return cls.of(row.key, creator_name=row.creator_name, service_account_name=row.service_account_name)


class NewApiKeyAnswer(ApiKeyAnswer):
    """A key with its secret. It is shown this once: a repeated request (Idempotency-Key) gets null."""

    secret: str | None


def _shown_once(made: WithSecret) -> Reply[NewApiKeyAnswer]:
    answer = NewApiKeyAnswer.of(made.key, secret=made.secret)
    return Reply(answer, reference={"key_id": str(made.key.id)}, headers={"Cache-Control": "no-store"})


async def repeat_without_secret(tx: Tx, caller: Caller, reference: Reference) -> Reply[NewApiKeyAnswer]:
    """Only its hash was kept, so the secret cannot be shown again: rotate the key if it was lost."""
    key = await get_key(tx, organization_of(caller), UUID(reference["key_id"]))
    if key is None:
        raise NotFound
    return Reply(NewApiKeyAnswer.of(key, secret=None))


async def repeat_rotation(tx: Tx, caller: Caller, key_id: UUID) -> Reply[NewApiKeyAnswer]:
    """The same; the path names the key."""
    return await repeat_without_secret(tx, caller, Reference(key_id=str(key_id)))


@ROUTES.get("/v1/api-keys", access=Permission.API_KEYS_READ, summary="Your organization's API keys")
async def get_api_keys(tx: Tx, caller: Caller, query: ApiKeyListing) -> Page[ListedApiKeyAnswer]:
    """The newest first, without revoked ones."""
    rows = await list_api_keys(
        tx,
        organization_of(caller),
        account_id=query.service_account_id,
        after=query.after(UUID),
        limit=query.limit,
    )
    return Page[ListedApiKeyAnswer].of(
        rows, query.limit, item=ListedApiKeyAnswer.of_listed, key=lambda row: (row.key.id,)
    )


@ROUTES.post(
    "/v1/api-keys",
    access=Permission.API_KEYS_UPDATE,
    summary="Make an API key",
    status=201,
    idempotent="rederive",
    rederive=repeat_without_secret,
    problems=(409,),
)
async def post_api_key(tx: Tx, caller: Caller, body: CreateApiKeyRequest) -> Reply[NewApiKeyAnswer]:
    """The secret (`obk_…`, for `Authorization: Bearer`) is in this answer and nowhere else. Only people make keys: one
    that leaked must not outlive its revocation in keys of its own making.
    """
    check_person(caller)
    made = await create_api_key(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.user_id,
        name=people.clean_name(body.name),
        permissions=None if body.permissions is None else frozenset(body.permissions),
        service_account_id=body.service_account_id,
        expires_at=body.expires_at,
    )
    return _shown_once(made)


@ROUTES.post(
    "/v1/api-keys/{key_id}/rotate",
    access=Permission.API_KEYS_UPDATE,
    summary="Give a key a new secret",
    idempotent="rederive",
    rederive=repeat_rotation,
    problems=(404, 409),
)
async def post_rotation(tx: Tx, caller: Caller, key_id: UUID, body: RotateApiKeyRequest) -> Reply[NewApiKeyAnswer]:
    """The key keeps its id, its permissions and its end. Your own keys and those of service accounts."""
    check_person(caller)
    made = await rotate_api_key(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.user_id,
        key_id=key_id,
        overlap=timedelta(seconds=body.overlap_seconds),
    )
    return _shown_once(made)


@ROUTES.delete(
    "/v1/api-keys/{key_id}",
    access=Permission.API_KEYS_UPDATE,
    summary="Revoke a key",
    status=204,
    problems=(404,),
)
async def delete_api_key(tx: Tx, caller: Caller, key_id: UUID) -> None:
    """It works nowhere any more within a second, and never again."""
    await revoke_api_key(tx, org_id=organization_of(caller), actor_id=caller.person_id, key_id=key_id)
