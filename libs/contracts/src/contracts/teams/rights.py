"""Events that teams publishes about rights: custom roles, API keys, service accounts."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.event import EventData


class _Role(EventData):
    """A custom role of an organization. `permissions` are sorted."""

    role_id: UUID
    organization_id: UUID
    name: str
    description: str
    permissions: tuple[str, ...]

    @property
    def subject(self) -> str:
        return str(self.role_id)


class RoleCreatedV1(_Role):
    """An organization has a new custom role."""

    type: ClassVar[str] = "role.created"
    version: ClassVar[int] = 1


class RoleUpdatedV1(_Role):
    """A custom role changed; tokens made of it before `tokens_not_before` are refused from now on."""

    type: ClassVar[str] = "role.updated"
    version: ClassVar[int] = 1

    tokens_not_before: AwareDatetime


class RoleDeletedV1(_Role):
    """A custom role is gone; whoever had it has another by a `member.role_changed` beside this."""

    type: ClassVar[str] = "role.deleted"
    version: ClassVar[int] = 1


class _ApiKey(EventData):
    """`created_by` answers for the key, unless it belongs to a service account. Its secret is never part of this.

    `permissions` is the most it may ever do; null, for service accounts alone, leaves that to the account's role.
    """

    api_key_id: UUID
    organization_id: UUID
    name: str
    permissions: tuple[str, ...] | None
    created_by: UUID
    service_account_id: UUID | None
    expires_at: AwareDatetime | None

    @property
    def subject(self) -> str:
        return str(self.api_key_id)


class ApiKeyCreatedV1(_ApiKey):
    """Somebody made an API key."""

    type: ClassVar[str] = "api_key.created"
    version: ClassVar[int] = 1


class ApiKeyRotatedV1(_ApiKey):
    """A key has a new secret. Without an overlap, tokens minted before `tokens_not_before` are refused."""

    type: ClassVar[str] = "api_key.rotated"
    version: ClassVar[int] = 1

    rotated_by: UUID
    tokens_not_before: AwareDatetime | None


class ApiKeyRevokedV1(_ApiKey):
    """A key works no more: revoked by somebody, or because its creator or service account is gone."""

    type: ClassVar[str] = "api_key.revoked"
    version: ClassVar[int] = 1

    revoked_at: AwareDatetime
    reason: Literal["revoked", "creator_removed", "service_account_deleted"]


class _ServiceAccount(EventData):
    """An agent as a member. It may do what its role and `delegated_by` both may; `role` as in a membership."""

    service_account_id: UUID
    organization_id: UUID
    name: str
    role: str
    role_name: str | None
    delegated_by: UUID
    state: Literal["active", "disabled", "deleted"]

    @property
    def subject(self) -> str:
        return str(self.service_account_id)


class ServiceAccountCreatedV1(_ServiceAccount):
    """An organization has a new service account."""

    type: ClassVar[str] = "service_account.created"
    version: ClassVar[int] = 1


class ServiceAccountUpdatedV1(_ServiceAccount):
    """A service account changed, or was stopped, or started again; its tokens minted before the instant are refused."""

    type: ClassVar[str] = "service_account.updated"
    version: ClassVar[int] = 1

    tokens_not_before: AwareDatetime


class ServiceAccountDeletedV1(_ServiceAccount):
    """A service account is gone, and its keys with it; a tombstone."""

    type: ClassVar[str] = "service_account.deleted"
    version: ClassVar[int] = 1

    tokens_not_before: AwareDatetime
