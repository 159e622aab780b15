"""Aggregates as the snapshots that events carry."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from contracts.event import EventData
from contracts.teams import (
    InvitationAcceptedV1,
    InvitationExpiredV1,
    InvitationRevokedV1,
    MemberInvitedV1,
    MemberJoinedV1,
    MemberRemovedV1,
    MemberRoleChangedV1,
    OrganizationCreatedV1,
    OrganizationDeletedV1,
    OrganizationPurgedV1,
    OrganizationReactivatedV1,
    OrganizationRestoredV1,
    OrganizationSuspendedV1,
    OrganizationUpdatedV1,
    SessionRevokedV1,
    UserDeletedV1,
    UserDeviceAddedV1,
    UserEmailVerifiedV1,
    UserMfaDisabledV1,
    UserMfaEnabledV1,
    UserPasswordChangedV1,
    UserRegisteredV1,
    UserUpdatedV1,
)
from contracts.teams.rights import (
    ApiKeyCreatedV1,
    ApiKeyRevokedV1,
    ApiKeyRotatedV1,
    RoleCreatedV1,
    RoleDeletedV1,
    RoleUpdatedV1,
    ServiceAccountCreatedV1,
    ServiceAccountDeletedV1,
    ServiceAccountUpdatedV1,
)
from teams.domain.api_keys import ApiKey, ServiceAccount
from teams.domain.invitations import Invitation
from teams.domain.logos import path_of
from teams.domain.organizations import Membership, Organization
from teams.domain.people import User
from teams.domain.roles import CustomRole
from teams.domain.sessions import Session
from teams.domain.standings import Standing

UserEvent = (
    type[UserRegisteredV1]
    | type[UserEmailVerifiedV1]
    | type[UserUpdatedV1]
    | type[UserPasswordChangedV1]
    | type[UserMfaEnabledV1]
    | type[UserMfaDisabledV1]
)
OrganizationEvent = type[OrganizationCreatedV1] | type[OrganizationUpdatedV1]
InvitationEvent = (
    type[MemberInvitedV1] | type[InvitationAcceptedV1] | type[InvitationRevokedV1] | type[InvitationExpiredV1]
)


class Named(Protocol):
    """A person, as far as events about memberships show one."""

    @property
    def email(self) -> str: ...

    @property
    def name(self) -> str: ...


def add_user_event(tx: Tx, kind: UserEvent, user: User) -> None:
    """State a fact about a person. It belongs to no organization: people have several."""
    outbox.add(tx, user_event(kind, user), sequence=user.version)


def user_event(kind: UserEvent, user: User) -> EventData:
    """A person as an event shows one."""
    return kind(**_user(user))


def add_device_added(tx: Tx, user: User, *, session_id: UUID, device: str) -> None:
    """State that a person signed in on a device they had not used before."""
    event = UserDeviceAddedV1(**_user(user), session_id=session_id, device=device)
    outbox.add(tx, event, sequence=user.version)


def add_user_deleted(tx: Tx, user: User, *, at: datetime) -> None:
    """State that a person ended their account."""
    outbox.add(tx, UserDeletedV1(user_id=user.id, deleted_at=at), sequence=user.version)


def _user(user: User) -> dict[str, Any]:
    return {
        "user_id": user.id,
        "email": user.email,
        "name": user.name,
        "locale": user.locale,
        "time_zone": user.time_zone,
        "email_verified": user.email_verified,
    }


def add_organization_event(tx: Tx, kind: OrganizationEvent, organization: Organization) -> None:
    """State a fact about an organization."""
    _add_organization_event(tx, organization_event(kind, organization), organization)


def add_organization_updated(tx: Tx, organization: Organization, *, tokens_not_before: datetime | None) -> None:
    """State that it changed; tokens minted before `tokens_not_before`, where there is one, are refused."""
    event = OrganizationUpdatedV1(**_organization(organization), tokens_not_before=tokens_not_before)
    _add_organization_event(tx, event, organization)


def organization_event(kind: OrganizationEvent, organization: Organization) -> EventData:
    """An organization as an event shows one."""
    return kind(**_organization(organization))


def add_organization_deleted(tx: Tx, organization: Organization, standing: Standing) -> None:
    """State that it was deleted; tokens minted before that are refused."""
    _add_organization_event(tx, organization_deleted(organization, standing), organization)


def organization_deleted(organization: Organization, standing: Standing) -> OrganizationDeletedV1:
    """A deleted organization as an event shows one."""
    ended = {"deleted_by": standing.deleted_by, "deleted_at": standing.deleted_at, "purge_at": standing.purge_at}
    return OrganizationDeletedV1.model_validate(_organization(organization) | ended)


def add_organization_restored(tx: Tx, organization: Organization) -> None:
    """State that it works again after its deletion."""
    _add_organization_event(tx, OrganizationRestoredV1(**_organization(organization)), organization)


def add_organization_suspended(tx: Tx, organization: Organization, *, at: datetime, reason: str) -> None:
    """State that our staff stopped it; tokens minted before `at` are refused."""
    event = OrganizationSuspendedV1(**_organization(organization), suspended_at=at, reason=reason)
    _add_organization_event(tx, event, organization)


def add_organization_reactivated(tx: Tx, organization: Organization, *, at: datetime) -> None:
    """State that our staff let it work again; tokens minted before `at` are refused."""
    event = OrganizationReactivatedV1(**_organization(organization), reactivated_at=at)
    _add_organization_event(tx, event, organization)


def add_organization_purged(tx: Tx, organization: Organization, *, at: datetime) -> None:
    """State that it is gone for good."""
    _add_organization_event(tx, OrganizationPurgedV1(organization_id=organization.id, purged_at=at), organization)


def _add_organization_event(tx: Tx, event: EventData, organization: Organization) -> None:
    outbox.add(tx, event, sequence=organization.version, org_id=organization.id)


def _organization(organization: Organization) -> dict[str, Any]:
    return {
        "organization_id": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "locale": organization.locale,
        "time_zone": organization.time_zone,
        "created_by": organization.created_by,
        "created_at": organization.created_at,
        "logo_path": path_of(organization.id, organization.logo_id),
    }


def add_invitation_event(tx: Tx, kind: InvitationEvent, invitation: Invitation) -> None:
    """State a fact about an invitation; its secret is not part of it."""
    outbox.add(tx, invitation_event(kind, invitation), sequence=invitation.version, org_id=invitation.org_id)


def invitation_event(kind: InvitationEvent, invitation: Invitation) -> EventData:
    """An invitation as an event shows one."""
    return kind(
        invitation_id=invitation.id,
        organization_id=invitation.org_id,
        email=invitation.email,
        role=invitation.role,
        role_name=invitation.role_name,
        state=invitation.state,
        invited_by=invitation.invited_by,
        expires_at=invitation.expires_at,
    )


def add_member_joined(tx: Tx, membership: Membership, user: User) -> None:
    """State that a person belongs to an organization."""
    _add_membership_event(tx, member_joined(membership, user), membership)


def member_joined(membership: Membership, person: Named) -> MemberJoinedV1:
    """An active membership as an event shows one."""
    return MemberJoinedV1(**_membership(membership, person))


def add_member_role_changed(tx: Tx, membership: Membership, user: Named, *, by: UUID, at: datetime) -> None:
    """State that a role changed; tokens minted before `at` are refused."""
    _add_membership_event(
        tx, MemberRoleChangedV1(**_membership(membership, user), changed_by=by, changed_at=at), membership
    )


def add_member_removed(tx: Tx, membership: Membership, user: User, *, by: UUID, at: datetime) -> None:
    """State that a person no longer belongs to an organization; tokens minted before `at` are refused."""
    _add_membership_event(tx, member_removed(membership, user, by=by, at=at), membership)


def member_removed(membership: Membership, person: Named, *, by: UUID, at: datetime) -> MemberRemovedV1:
    """An ended membership as an event shows one."""
    return MemberRemovedV1(**_membership(membership, person), removed_by=by, removed_at=at)


def add_session_revoked(tx: Tx, session: Session, *, at: datetime, reason: str) -> None:
    """State that a sign-in ended before its time; all its tokens are refused."""
    event = SessionRevokedV1.model_validate(
        {"session_id": session.id, "user_id": session.user_id, "revoked_at": at, "reason": reason}
    )
    outbox.add(tx, event, sequence=session.version)


RoleEvent = type[RoleCreatedV1] | type[RoleUpdatedV1] | type[RoleDeletedV1]
ApiKeyEvent = type[ApiKeyCreatedV1] | type[ApiKeyRotatedV1] | type[ApiKeyRevokedV1]
ServiceAccountEvent = type[ServiceAccountCreatedV1] | type[ServiceAccountUpdatedV1] | type[ServiceAccountDeletedV1]


def add_role_event(tx: Tx, kind: RoleEvent, role: CustomRole, **more: object) -> None:
    """State a fact about a custom role; `more` are the fields that this event alone has."""
    outbox.add(tx, role_event(kind, role, **more), sequence=role.version, org_id=role.org_id)


def role_event(kind: RoleEvent, role: CustomRole, **more: object) -> EventData:
    """A custom role as an event shows one."""
    facts = {
        "role_id": role.id,
        "organization_id": role.org_id,
        "name": role.name,
        "description": role.description,
        "permissions": tuple(sorted(role.permissions)),
    }
    return kind.model_validate(facts | more)


def add_api_key_event(tx: Tx, kind: ApiKeyEvent, key: ApiKey, **more: object) -> None:
    """State a fact about an API key; `more` are the fields that this event alone has."""
    facts = {
        "api_key_id": key.id,
        "organization_id": key.org_id,
        "name": key.name,
        "permissions": None if key.permissions is None else tuple(sorted(key.permissions)),
        "created_by": key.created_by,
        "service_account_id": key.service_account_id,
        "expires_at": key.expires_at,
    }
    outbox.add(tx, kind.model_validate(facts | more), sequence=key.version, org_id=key.org_id)


def add_service_account_event(tx: Tx, kind: ServiceAccountEvent, account: ServiceAccount) -> None:
    """State a fact about a service account."""
    facts = {
        "service_account_id": account.id,
        "organization_id": account.org_id,
        "name": account.name,
        "role": account.role,
        "role_name": account.role_name,
        "delegated_by": account.delegated_by,
        "state": account.state,
    }
    since = {} if kind is ServiceAccountCreatedV1 else {"tokens_not_before": account.tokens_not_before}
    outbox.add(tx, kind.model_validate(facts | since), sequence=account.version, org_id=account.org_id)


def _membership(membership: Membership, person: Named) -> dict[str, Any]:
    return {
        "membership_id": membership.id,
        "organization_id": membership.org_id,
        "user_id": membership.user_id,
        "email": person.email,
        "name": person.name,
        "role": membership.role,
        "role_name": membership.role_name,
        "state": membership.state,
        "invited_by": membership.invited_by,
        "joined_at": membership.joined_at,
    }


def _add_membership_event(tx: Tx, event: EventData, membership: Membership) -> None:
    outbox.add(tx, event, sequence=membership.version, org_id=membership.org_id)
