"""Commands that carry a secret: sealed to the receiver's public key, on a private exchange, never events."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class SecretCommand(BaseModel):
    """A command to exactly one service, which alone can open it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ClassVar[str]
    version: ClassVar[int]
    recipient: ClassVar[str]


class SendInvitationEmailV1(SecretCommand):
    """Ask notifier to mail an invitation. `token` opens the organization's door: it must not be stored or logged.

    `logo_path`: where everybody can see the organization's logo, below the platform's own address.
    """

    type: ClassVar[str] = "invitation_email.send"
    version: ClassVar[int] = 1
    recipient: ClassVar[str] = "notifier"

    invitation_id: UUID
    organization_id: UUID
    organization_name: str
    inviter_name: str
    email: str
    role: str
    locale: str
    token: str
    expires_at: AwareDatetime
    reminder: bool = False
    logo_path: str | None = Field(default=None, pattern=r"^/v1/logos/[0-9a-f-]{36}/[0-9a-f-]{36}$")


class SendAccountEmailV1(SecretCommand):
    """Ask notifier to mail a person a link to their own account. `token` opens it: it must not be stored or logged.

    `email` is where the mail goes; `new_email` is the address in question where the mail is about a change of it.
    """

    type: ClassVar[str] = "account_email.send"
    version: ClassVar[int] = 1
    recipient: ClassVar[str] = "notifier"

    kind: Literal["verify_email", "reset_password", "change_email", "restore_email"]
    user_id: UUID
    email: str
    name: str
    locale: str
    token: str
    expires_at: AwareDatetime
    new_email: str | None = None


class SendFarewellEmailV1(SecretCommand):
    """Ask notifier to confirm to somebody that their account has ended. No link is in it: there is nothing to open.

    It is sealed because every service erases what stands in it, and says no user id, so that the erasure and the mail
    may come in any order: keep it sealed, and only until the mail is out.
    """

    type: ClassVar[str] = "farewell_email.send"
    version: ClassVar[int] = 1
    recipient: ClassVar[str] = "notifier"

    email: str
    name: str
    locale: str
    time_zone: str
    deleted_at: AwareDatetime


COMMANDS: tuple[type[SecretCommand], ...] = (SendInvitationEmailV1, SendAccountEmailV1, SendFarewellEmailV1)
