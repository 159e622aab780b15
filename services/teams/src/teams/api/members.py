"""/v1/members."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from chassis.database import Tx
from chassis.web import Access, Caller, IfMatch, Listing, Page, Routes
from contracts.permissions import Permission
from teams.api.caller import organization_of
from teams.api.models import MemberAnswer, MembersCount, RoleKey
from teams.usecases.change_role import change_role
from teams.usecases.list_members import count_members, list_members
from teams.usecases.remove_member import remove_member

ROUTES = Routes("members")


class ChangeRoleRequest(BaseModel):
    """The new role: a built-in one's name or a custom one's id. It may do at most what you may."""

    role: RoleKey


@ROUTES.get("/v1/members", access=Permission.MEMBERS_READ, summary="The members of your organization")
async def get_members(tx: Tx, caller: Caller, query: Listing) -> Page[MemberAnswer]:
    """The first joined first."""
    rows = await list_members(tx, organization_of(caller), after=query.after(datetime, UUID), limit=query.limit)
    return Page[MemberAnswer].of(
        rows, query.limit, item=MemberAnswer.of, key=lambda row: (row.membership.joined_at, row.membership.id)
    )


@ROUTES.get("/v1/members/count", access=Permission.MEMBERS_READ, summary="How many members your organization has")
async def get_members_count(tx: Tx, caller: Caller) -> MembersCount:
    """Active ones; who is invited is not yet one."""
    return MembersCount(count=await count_members(tx, organization_of(caller)))


@ROUTES.patch(
    "/v1/members/{user_id}",
    access=Permission.MEMBERS_UPDATE_ROLE,
    summary="Change a member's role",
    problems=(404, 409, 412, 428),
)
async def patch_member(
    tx: Tx, caller: Caller, user_id: UUID, if_match: IfMatch, body: ChangeRoleRequest
) -> MemberAnswer:
    """If-Match is the member's `version` from the list. Their tokens with the old role stop working at once."""
    member = await change_role(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.person_id,
        user_id=user_id,
        role=body.role,
        read=if_match,
    )
    return MemberAnswer.of(member)


@ROUTES.delete(
    "/v1/members/{user_id}",
    access=Access.SIGNED_IN,
    summary="Remove a member (needs members:remove), or leave",
    status=204,
    problems=(403, 404, 409),
)
async def delete_member(tx: Tx, caller: Caller, user_id: UUID) -> None:
    """Anybody may remove themselves, so the permission is asked for where it is known who is meant."""
    await remove_member(tx, org_id=organization_of(caller), actor_id=caller.person_id, user_id=user_id)
