"""What teams' endpoints answer, and how it is made of what the use cases return."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.permissions import Permission
from contracts.tokens import ACCESS_TOKEN_SECONDS
from teams.domain import invitations as invitation_rules
from teams.domain import organizations as organization_rules
from teams.domain import people
from teams.domain.logos import path_of
from teams.domain.roles import built_in
from teams.storage.memberships import Member
from teams.storage.organizations import OwnOrganization
from teams.usecases.issue_tokens import SignedIn
from teams.usecases.preview_invitation import Preview
from teams.usecases.show_me import Me

RoleKey = Annotated[
    str, Field(min_length=1, max_length=40, description="A built-in role's name, or the id of one of your own roles.")
]

LogoUrl = Annotated[
    str | None,
    Field(
        description="Relative to this API's address. Whoever has it sees the logo, without a token; it never changes "
        "what it shows. Null without a logo.",
        json_schema_extra={"format": "uri-reference"},
    ),
]


class Answer(BaseModel):
    """Parent of all answers."""

    model_config = ConfigDict(frozen=True)


def name_of_role(key: str, custom_name: str | None) -> str:
    """As people read it."""
    known = built_in(key)
    return known.name if known else custom_name or key


def known_permissions(held: Iterable[str]) -> list[Permission]:
    """Sorted; what a role of old may still list and nobody knows any more is left out."""
    return sorted(permission for permission in Permission if permission in set(held))


class UserAnswer(Answer):
    """A person, to themselves."""

    id: UUID
    email: str
    name: str
    locale: str
    time_zone: str
    email_verified: bool

    @classmethod
    def of(cls, user: people.User) -> Self:
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            locale=user.locale,
            time_zone=user.time_zone,
            email_verified=user.email_verified,
        )


class OrganizationAnswer(Answer):
    """An organization, and as what the caller belongs to it."""

    id: UUID
    name: str
    slug: str
    locale: str
    time_zone: str
    role: str | None
    require_mfa: bool = Field(
        description="Members reach nothing here before they show a second factor, or their provider does."
    )
    logo_url: LogoUrl
    created_at: datetime
    version: int

    @classmethod
    def of(cls, organization: organization_rules.Organization, role: str | None) -> Self:
        return cls(
            id=organization.id,
            name=organization.name,
            slug=organization.slug,
            locale=organization.locale,
            time_zone=organization.time_zone,
            role=role,
            require_mfa=organization.require_mfa,
            logo_url=path_of(organization.id, organization.logo_id),
            created_at=organization.created_at,
            version=organization.version,
        )


class SessionTokens(Answer):
    """A sign-in's tokens. Browsers get the refresh token as a cookie; it is null here then."""

    access_token: str
    refresh_token: str | None = Field(description="For clients of kind `api`, where a new one was made.")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name
    mfa_enrollment_required: bool = Field(
        description="The organization asks for two-step sign-in first; until then the token reaches nothing of it."
    )
    expires_in: int = Field(ACCESS_TOKEN_SECONDS, description="Seconds the access token lives.")
    user: UserAnswer
    organization: OrganizationAnswer | None

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        organization, membership = signed_in.organization, signed_in.membership
        if signed_in.mfa_due:
            organization = None
        return cls(
            access_token=signed_in.access_token,
            refresh_token=signed_in.refresh_token if signed_in.session.client == "api" else None,
            user=UserAnswer.of(signed_in.user),
            organization=OrganizationAnswer.of(organization, membership.role) if organization and membership else None,
            mfa_enrollment_required=signed_in.mfa_due,
        )


class OwnOrganizationAnswer(Answer):
    """An organization in a list to choose from."""

    id: UUID
    name: str
    logo_url: LogoUrl
    role: str
    role_name: str
    require_mfa: bool = Field(description="It asks for a second factor.")

    @classmethod
    def of(cls, own: OwnOrganization) -> Self:
        organization = own.organization
        return cls(
            id=organization.id,
            name=organization.name,
            logo_url=path_of(organization.id, organization.logo_id),
            role=own.role,
            role_name=name_of_role(own.role, own.role_name),
            require_mfa=organization.require_mfa,
        )


class MeAnswer(Answer):
    """Who the caller is, where they are, what they may do there, and where else they could go."""

    user: UserAnswer
    organization: OrganizationAnswer | None
    role: str | None
    role_name: str | None
    permissions: list[Permission]
    organizations: list[OwnOrganizationAnswer]
    mfa_enabled: bool
    mfa_enrollment_required: bool = Field(
        description="The organization of this sign-in asks for a second factor that it has not shown."
    )
    pending_email: str | None = Field(description="A new address that waits for its mailed link to be opened.")
    has_password: bool
    fresh_until: datetime | None = Field(
        description="Until when this sign-in counts where an account without a password is asked who it is."
    )

    @classmethod
    def of(cls, me: Me, *, mfa_due: bool) -> Self:
        return cls(
            user=UserAnswer.of(me.user),
            organization=OrganizationAnswer.of(me.organization, me.role.key) if me.organization and me.role else None,
            role=me.role.key if me.role else None,
            role_name=me.role.name if me.role else None,
            permissions=known_permissions(me.role.permissions) if me.role else [],
            organizations=[OwnOrganizationAnswer.of(own) for own in me.organizations],
            mfa_enabled=me.mfa_enabled,
            mfa_enrollment_required=mfa_due,
            pending_email=me.pending_email,
            has_password=me.has_password,
            fresh_until=me.fresh_until,
        )


class MembersCount(Answer):
    """How many members an organization has."""

    count: int


class MemberAnswer(Answer):
    """A member of the organization."""

    user_id: UUID
    email: str
    name: str
    role: str
    role_name: str
    joined_at: datetime
    version: int

    @classmethod
    def of(cls, member: Member) -> Self:
        return cls(
            user_id=member.membership.user_id,
            email=member.email,
            name=member.name,
            role=member.membership.role,
            role_name=name_of_role(member.membership.role, member.membership.role_name),
            joined_at=member.membership.joined_at,
            version=member.membership.version,
        )


class InvitationAnswer(Answer):
    """An invitation, without its secret."""

    id: UUID
    email: str
    role: str
    role_name: str
    state: invitation_rules.State
    invited_by: UUID
    expires_at: datetime
    created_at: datetime

    @classmethod
    def of(cls, invitation: invitation_rules.Invitation, now: datetime) -> Self:
        return cls(
            id=invitation.id,
            email=invitation.email,
            role=invitation.role,
            role_name=name_of_role(invitation.role, invitation.role_name),
            state=invitation.state_at(now),
            invited_by=invitation.invited_by,
            expires_at=invitation.expires_at,
            created_at=invitation.created_at,
        )


class PreviewAnswer(Answer):
    """What an invitation link leads to, for its holder."""

    organization_name: str
    inviter_name: str
    email: str
    role: str
    role_name: str
    expires_at: datetime
    account_exists: bool
    logo_url: LogoUrl

    @classmethod
    def of(cls, preview: Preview) -> Self:
        return cls(
            organization_name=preview.found.organization_name,
            inviter_name=preview.found.inviter_name,
            email=preview.invitation.email,
            role=preview.invitation.role,
            role_name=name_of_role(preview.invitation.role, preview.invitation.role_name),
            expires_at=preview.invitation.expires_at,
            account_exists=preview.found.account_exists,
            logo_url=path_of(preview.organization.id, preview.organization.logo_id),
        )
