"""/v1/permissions: the matrix, and why one may or may not do something."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chassis.database import Tx
from chassis.web import Access, Caller, Routes
from contracts.permissions import DESCRIPTIONS, ROLE_PERMISSIONS, Permission, Role
from teams.api.caller import organization_of
from teams.api.models import Answer
from teams.domain.roles import BUILT_IN_NAMES, HeldRole
from teams.storage.memberships import Member
from teams.usecases.explain_permission import explain_permission, rule_of

ROUTES = Routes("permissions")


class PermissionAnswer(Answer):
    """A permission, and what it allows in words."""

    permission: Permission
    description: str


class BuiltInRoleAnswer(Answer):
    """A built-in role's row of the matrix."""

    role: Role
    name: str
    permissions: list[Permission]


class PermissionsAnswer(Answer):
    """Every permission, and the built-in roles that hold it, strongest role first."""

    permissions: list[PermissionAnswer]
    roles: list[BuiltInRoleAnswer]


class ExplainQuery(BaseModel):
    """What is asked about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    permission: Permission


class NamedRoleAnswer(Answer):
    """A role by key and name."""

    role: str
    name: str

    @classmethod
    def of(cls, held: HeldRole) -> "NamedRoleAnswer":
        return cls(role=held.key, name=held.name)


class GranterAnswer(Answer):
    """A member who can give one of the roles that hold the permission."""

    user_id: UUID
    name: str
    email: str

    @classmethod
    def of(cls, member: Member) -> "GranterAnswer":
        return cls(user_id=member.membership.user_id, name=member.name, email=member.email)


class ExplanationAnswer(Answer):
    """Whether you may, which of your roles decides, the rule in words, and who could change that."""

    permission: Permission
    description: str
    allowed: bool
    role: NamedRoleAnswer
    rule: str
    held_by: list[NamedRoleAnswer]
    granted_by: list[GranterAnswer]


@ROUTES.get("/v1/permissions", access=Access.SIGNED_IN, summary="Every permission and every built-in role")
async def get_permissions() -> PermissionsAnswer:
    """The same matrix that decides."""
    described = [PermissionAnswer(permission=one, description=DESCRIPTIONS[one]) for one in Permission]
    roles = [
        BuiltInRoleAnswer(role=role, name=BUILT_IN_NAMES[role], permissions=sorted(held))
        for role, held in ROLE_PERMISSIONS.items()
    ]
    return PermissionsAnswer(permissions=described, roles=roles)


@ROUTES.get(
    "/v1/permissions/explain",
    access=Access.SIGNED_IN,
    summary="Why you may or may not do something",
    problems=(403, 404),
)
async def get_explanation(tx: Tx, caller: Caller, query: ExplainQuery) -> ExplanationAnswer:
    """`granted_by` are up to ten members who can give you a role that holds it, the longest here first."""
    found = await explain_permission(
        tx, org_id=organization_of(caller), user_id=caller.user_id, permission=query.permission
    )
    return ExplanationAnswer(
        permission=found.permission,
        description=DESCRIPTIONS[found.permission],
        allowed=found.allowed,
        role=NamedRoleAnswer.of(found.role),
        rule=rule_of(found),
        held_by=[NamedRoleAnswer.of(role) for role in found.holders],
        granted_by=[GranterAnswer.of(member) for member in found.granters],
    )
