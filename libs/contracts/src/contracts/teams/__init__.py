"""Events that teams publishes: users, organizations, invitations, memberships, sessions."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.event import EventData


class _User(EventData):
    user_id: UUID
    email: str
    name: str
    locale: str
    time_zone: str
    email_verified: bool

    @property
    def subject(self) -> str:
        return str(self.user_id)


class UserRegisteredV1(_User):
    """A person has an account."""

    type: ClassVar[str] = "user.registered"
    version: ClassVar[int] = 1


class UserEmailVerifiedV1(_User):
    """The address was proven to be the person's, e.g. by accepting an invitation sent to it."""

    type: ClassVar[str] = "user.email_verified"
    version: ClassVar[int] = 1


class UserUpdatedV1(_User):
    """Name, address, locale or time zone changed."""

    type: ClassVar[str] = "user.updated"
    version: ClassVar[int] = 1


class UserPasswordChangedV1(_User):
    """The password is another: by the person who knew the old one, or by a link mailed to the address."""

    type: ClassVar[str] = "user.password_changed"
    version: ClassVar[int] = 1


class UserMfaEnabledV1(_User):
    """Signing in asks for a code of the person's authenticator from now on."""

    type: ClassVar[str] = "user.mfa_enabled"
    version: ClassVar[int] = 1


class UserMfaDisabledV1(_User):
    """Signing in asks for the password alone from now on."""

    type: ClassVar[str] = "user.mfa_disabled"
    version: ClassVar[int] = 1


class UserDeviceAddedV1(_User):
    """The person signed in on a device they had not used before; `device` is its description, e.g. Firefox on Linux."""

    type: ClassVar[str] = "user.device_added"
    version: ClassVar[int] = 1

    session_id: UUID
    device: str


class UserDeletedV1(EventData):
    """The person ended their account: whoever holds personal data of theirs erases it now; a tombstone."""

    type: ClassVar[str] = "user.deleted"
    version: ClassVar[int] = 1

    user_id: UUID
    deleted_at: AwareDatetime

    @property
    def subject(self) -> str:
        return str(self.user_id)


class _Organization(EventData):
    organization_id: UUID
    name: str
    slug: str
    locale: str
    time_zone: str
    created_by: UUID
    created_at: AwareDatetime
    logo_path: str | None = None

    @property
    def subject(self) -> str:
        return str(self.organization_id)


class OrganizationCreatedV1(_Organization):
    """An organization exists; its creator becomes owner by the `member.joined` beside it."""

    type: ClassVar[str] = "organization.created"
    version: ClassVar[int] = 1


class OrganizationUpdatedV1(_Organization):
    """Name, slug, locale, time zone or logo changed, or whether members need two-step sign-in.

    Where they need it from now on, tokens for it minted before `tokens_not_before` are refused.
    """

    type: ClassVar[str] = "organization.updated"
    version: ClassVar[int] = 1

    tokens_not_before: AwareDatetime | None = None


class OrganizationDeletedV1(_Organization):
    """Its owner deleted it: tokens for it are refused from `deleted_at` on; until `purge_at` it can be restored."""

    type: ClassVar[str] = "organization.deleted"
    version: ClassVar[int] = 1

    deleted_by: UUID
    deleted_at: AwareDatetime
    purge_at: AwareDatetime


class OrganizationRestoredV1(_Organization):
    """It was deleted and works again, as it was."""

    type: ClassVar[str] = "organization.restored"
    version: ClassVar[int] = 1


class OrganizationSuspendedV1(_Organization):
    """Our staff stopped it: tokens minted before `suspended_at` are refused, new ones say that it is suspended."""

    type: ClassVar[str] = "organization.suspended"
    version: ClassVar[int] = 1

    suspended_at: AwareDatetime
    reason: str


class OrganizationReactivatedV1(_Organization):
    """It works again: tokens that say it is suspended are refused from `reactivated_at` on."""

    type: ClassVar[str] = "organization.reactivated"
    version: ClassVar[int] = 1

    reactivated_at: AwareDatetime


class OrganizationPurgedV1(EventData):
    """It can no longer be restored: whoever holds personal data of it erases it now; a tombstone."""

    type: ClassVar[str] = "organization.purged"
    version: ClassVar[int] = 1

    organization_id: UUID
    purged_at: AwareDatetime

    @property
    def subject(self) -> str:
        return str(self.organization_id)


class _Invitation(EventData):
    """`role` is a built-in role's name or a custom role's id, whose name is `role_name` then."""

    invitation_id: UUID
    organization_id: UUID
    email: str
    role: str
    role_name: str | None = None
    state: Literal["pending", "accepted", "revoked", "expired"]
    invited_by: UUID
    expires_at: AwareDatetime

    @property
    def subject(self) -> str:
        return str(self.invitation_id)


class MemberInvitedV1(_Invitation):
    """Somebody was invited. The secret link travels elsewhere (`contracts.commands`), never here."""

    type: ClassVar[str] = "member.invited"
    version: ClassVar[int] = 1


class InvitationAcceptedV1(_Invitation):
    """The invited person accepted; the membership's own `member.joined` travels beside it."""

    type: ClassVar[str] = "invitation.accepted"
    version: ClassVar[int] = 1


class InvitationRevokedV1(_Invitation):
    """An invitation was taken back; its link no longer works."""

    type: ClassVar[str] = "invitation.revoked"
    version: ClassVar[int] = 1


class InvitationExpiredV1(_Invitation):
    """An invitation ran out unanswered."""

    type: ClassVar[str] = "invitation.expired"
    version: ClassVar[int] = 1


class _Membership(EventData):
    """`membership_id` stays the same when a person leaves and comes back, so its sequence goes on.

    `email` and `name` are empty where the person ended their account.

    `role` is a built-in role's name or a custom role's id, whose name is `role_name` then.
    """

    membership_id: UUID
    organization_id: UUID
    user_id: UUID
    email: str
    name: str
    role: str
    role_name: str | None = None
    state: Literal["active", "removed"]
    invited_by: UUID | None
    joined_at: AwareDatetime

    @property
    def subject(self) -> str:
        return str(self.membership_id)


class MemberJoinedV1(_Membership):
    """A person belongs to the organization: by an invitation, or (no `invited_by`) as creator or by their provider."""

    type: ClassVar[str] = "member.joined"
    version: ClassVar[int] = 1


class MemberRoleChangedV1(_Membership):
    """A member's role changed; tokens minted before `changed_at` are refused from now on."""

    type: ClassVar[str] = "member.role_changed"
    version: ClassVar[int] = 1

    changed_by: UUID
    changed_at: AwareDatetime


class MemberRemovedV1(_Membership):
    """A member was removed or left (`removed_by` is the member); a tombstone."""

    type: ClassVar[str] = "member.removed"
    version: ClassVar[int] = 1

    removed_by: UUID
    removed_at: AwareDatetime


class SessionRevokedV1(EventData):
    """A sign-in ended before its time; every token with this `sid` is refused from now on."""

    type: ClassVar[str] = "session.revoked"
    version: ClassVar[int] = 1

    session_id: UUID
    user_id: UUID
    revoked_at: AwareDatetime
    reason: Literal["logout", "revoked", "refresh_reuse", "password_changed"]

    @property
    def subject(self) -> str:
        return str(self.session_id)
