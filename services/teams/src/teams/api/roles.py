"""/v1/roles."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Tx
from chassis.web import Caller, IfMatch, Listing, Page, Routes
from contracts.permissions import Permission, Role
from teams.api.caller import organization_of
from teams.api.models import Answer, RoleKey, known_permissions
from teams.api.registration import Name
from teams.domain import roles as rules
from teams.domain.roles import BUILT_IN_DESCRIPTIONS, CustomRole, HeldRole, held
from teams.storage.roles import Uses
from teams.usecases.create_role import create_role
from teams.usecases.delete_role import delete_role
from teams.usecases.dry_run_role import ChangedKey, DryRun, dry_run_role
from teams.usecases.list_roles import list_roles
from teams.usecases.update_role import update_role

ROUTES = Routes("roles")

Description = Annotated[str, Field(max_length=rules.DESCRIPTION_MAX)]
Permissions = Annotated[list[Permission], Field(max_length=len(Permission))]


class CreateRoleRequest(BaseModel):
    """A role of your own. It may do at most what you may."""

    name: Name
    description: Description = ""
    permissions: Permissions


class UpdateRoleRequest(BaseModel):
    """What is absent stays as it is."""

    name: Name | None = None
    description: Description | None = None
    permissions: Permissions | None = None


class DryRunRequest(BaseModel):
    """The permissions the role would have."""

    permissions: Permissions


class DeleteRoleQuery(BaseModel):
    """Who has the role gets the replacement: a built-in role's name or another role's id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    replacement: RoleKey | None = None


class RoleAnswer(Answer):
    """A role. `id` is what members and invitations carry as `role`; a built-in one's is its name, and never changes."""

    id: str
    name: str
    description: str
    built_in: bool
    permissions: list[Permission]
    members: int
    invitations: int
    service_accounts: int
    sso_default: bool = Field(description="People who come in by single sign-on get it.")
    changed_at: datetime | None
    version: int

    @classmethod
    def of(cls, role: HeldRole, uses: Uses) -> Self:
        custom = role.custom
        return cls(
            id=role.key,
            name=role.name,
            description=custom.description if custom else BUILT_IN_DESCRIPTIONS[Role(role.key)],
            built_in=custom is None,
            permissions=known_permissions(role.permissions),
            members=uses.members,
            invitations=uses.invitations,
            service_accounts=uses.service_accounts,
            sso_default=uses.sso,
            changed_at=custom.changed_at if custom else None,
            version=custom.version if custom else 1,
        )


class AffectedMemberAnswer(Answer):
    """A member who has the role."""

    user_id: UUID
    name: str
    email: str


class AffectedAccountAnswer(Answer):
    """A service account that has the role."""

    id: UUID
    name: str


class AffectedKeyAnswer(Answer):
    """An API key that would gain or lose permissions."""

    id: UUID
    name: str
    gains: list[Permission]
    loses: list[Permission]

    @classmethod
    def of(cls, changed: ChangedKey) -> Self:
        key = changed.key
        gains, loses = known_permissions(changed.gains), known_permissions(changed.loses)
        return cls(id=key.id, name=key.name, gains=gains, loses=loses)


class DryRunAnswer(Answer):
    """What an edit would do. Everybody listed gains `gains` and loses `loses`; `members` are the first hundred."""

    gains: list[Permission]
    loses: list[Permission]
    members: list[AffectedMemberAnswer]
    member_count: int
    invitation_count: int
    service_accounts: list[AffectedAccountAnswer]
    api_keys: list[AffectedKeyAnswer]

    @classmethod
    def of(cls, run: DryRun) -> Self:
        members = [
            AffectedMemberAnswer(user_id=one.membership.user_id, name=one.name, email=one.email) for one in run.members
        ]
        return cls(
            gains=known_permissions(run.gains),
            loses=known_permissions(run.loses),
            members=members,
            member_count=run.member_count,
            invitation_count=run.invitation_count,
            service_accounts=[AffectedAccountAnswer(id=one.id, name=one.name) for one in run.accounts],
            api_keys=[AffectedKeyAnswer.of(one) for one in run.keys],
        )


def _answer(role: CustomRole, uses: Uses | None = None) -> RoleAnswer:
    return RoleAnswer.of(held(role), uses or Uses())


@ROUTES.get("/v1/roles", access=Permission.ROLES_READ, summary="Built-in roles and your organization's own")
async def get_roles(tx: Tx, caller: Caller, query: Listing) -> Page[RoleAnswer]:
    """The built-in ones first, strongest first; then your own by name. With how many have each."""
    found = await list_roles(tx, organization_of(caller))
    start = (query.after(int) or (0,))[0]
    numbered = list(enumerate(found, start=1))[max(start, 0) : max(start, 0) + query.limit + 1]
    return Page[RoleAnswer].of(
        numbered, query.limit, item=lambda one: RoleAnswer.of(one[1].role, one[1].uses), key=lambda one: (one[0],)
    )


@ROUTES.post(
    "/v1/roles", access=Permission.ROLES_UPDATE, summary="Make a role of your own", status=201, problems=(409,)
)
async def post_role(tx: Tx, caller: Caller, body: CreateRoleRequest) -> RoleAnswer:
    """It may do at most what you may."""
    role = await create_role(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.person_id,
        name=rules.clean_role_name(body.name),
        description=rules.clean_description(body.description),
        permissions=frozenset(body.permissions),
    )
    return _answer(role)


@ROUTES.patch(
    "/v1/roles/{role_id}",
    access=Permission.ROLES_UPDATE,
    summary="Change a role of your own",
    problems=(404, 409, 412, 428),
)
async def patch_role(tx: Tx, caller: Caller, role_id: UUID, if_match: IfMatch, body: UpdateRoleRequest) -> RoleAnswer:
    """If-Match is the role's `version`. Sign-ins and keys with the old permissions stop working at once and come back
    with the new ones by themselves.
    """
    role = await update_role(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.person_id,
        role_id=role_id,
        read=if_match,
        name=None if body.name is None else rules.clean_role_name(body.name),
        description=None if body.description is None else rules.clean_description(body.description),
        permissions=None if body.permissions is None else frozenset(body.permissions),
    )
    uses = next((one.uses for one in await list_roles(tx, role.org_id) if one.role.key == str(role.id)), None)
    return _answer(role, uses)


@ROUTES.delete(
    "/v1/roles/{role_id}",
    access=Permission.ROLES_UPDATE,
    summary="Delete a role of your own",
    status=204,
    problems=(404, 409),
)
async def delete_own_role(tx: Tx, caller: Caller, role_id: UUID, query: DeleteRoleQuery) -> None:
    """Refused while somebody has it (409 `role_in_use`), unless a replacement is named, which they get then."""
    await delete_role(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.person_id,
        role_id=role_id,
        replacement=query.replacement,
    )


@ROUTES.post(
    "/v1/roles/{role_id}/dry-run",
    access=Permission.ROLES_UPDATE,
    summary="What an edit of a role would do",
    idempotent=False,
    problems=(404,),
)
async def post_dry_run(tx: Tx, caller: Caller, role_id: UUID, body: DryRunRequest) -> DryRunAnswer:
    """Changes nothing: who would gain and lose what, and which API keys shrink or grow."""
    run = await dry_run_role(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.person_id,
        role_id=role_id,
        permissions=frozenset(body.permissions),
    )
    return DryRunAnswer.of(run)
