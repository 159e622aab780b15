"""What admin's endpoints answer about staff."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from admin.domain.staff import Staff
from admin.usecases.issue_tokens import SignedIn
from contracts.permissions import AdminPermission, AdminRole, admin_permissions_of
from contracts.tokens import ADMIN_TOKEN_SECONDS


class Answer(BaseModel):
    """Parent of all answers."""

    model_config = ConfigDict(frozen=True)


class StaffAnswer(Answer):
    """A member of our staff."""

    id: UUID
    email: str
    name: str
    role: AdminRole
    active: bool

    @classmethod
    def of(cls, staff: Staff) -> Self:
        return cls(id=staff.id, email=staff.email, name=staff.name, role=staff.role, active=staff.active)


class SelfAnswer(Answer):
    """Oneself, and what one may do."""

    staff: StaffAnswer
    permissions: list[AdminPermission]

    @classmethod
    def of(cls, staff: Staff) -> Self:
        return cls(staff=StaffAnswer.of(staff), permissions=sorted(admin_permissions_of(staff.role)))


class ChallengeAnswer(Answer):
    """The password was right; send a code with this challenge to /admin/v1/auth/totp."""

    challenge: str
    expires_in: int


class SessionTokens(Answer):
    """A sign-in's access token. `session_expires_at` is its end whatever happens; half an hour idle ends it before."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int
    session_expires_at: datetime
    staff: StaffAnswer
    permissions: list[AdminPermission]

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        about = SelfAnswer.of(signed_in.staff)
        return cls(
            access_token=signed_in.access_token,
            expires_in=ADMIN_TOKEN_SECONDS,
            session_expires_at=signed_in.session.expires_at,
            staff=about.staff,
            permissions=about.permissions,
        )
