"""Mail messages: headers that say what they are, a text and an HTML part, an id that stays over every attempt."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.commands import SendAccountEmailV1, SendFarewellEmailV1, SendInvitationEmailV1
from contracts.teams import UserDeviceAddedV1
from notifier.domain import SecurityEvent, mail_address, one_line
from notifier.rendering import MailText, Renderer


class InvitationMail(BaseModel):
    """The values of the invitation template, as they are sealed into a delivery's payload."""

    model_config = ConfigDict(frozen=True)

    inviter_name: str
    organization_name: str
    role: str
    email: str
    link: str
    expires_at: AwareDatetime
    reminder: bool = False
    logo: str | None = None

    @classmethod
    def of(cls, command: SendInvitationEmailV1, public_url: str) -> "InvitationMail":
        """The token goes into the link's fragment, which browsers send to no server; the logo's address is everybody's,
        so that who fetches it tells nothing.
        """
        return cls(
            inviter_name=command.inviter_name,
            organization_name=command.organization_name,
            role=role_name(command.role),
            email=command.email,
            link=f"{public_url.rstrip('/')}/invitations/accept#token={command.token}",
            expires_at=command.expires_at,
            reminder=command.reminder,
            logo=public_url.rstrip("/") + command.logo_path if command.logo_path else None,
        )

    def values(self) -> dict[str, Any]:
        """What the template sees."""
        return self.model_dump() | {"expires_at": readable(self.expires_at)}


_PAGES = {
    "verify_email": "verify-email",
    "reset_password": "reset-password",
    "change_email": "verify-email",
    "restore_email": "restore-email",
}


class AccountMail(BaseModel):
    """The values of a mail with a link to one's own account."""

    model_config = ConfigDict(frozen=True)

    name: str
    email: str
    new_email: str | None
    link: str
    expires_at: AwareDatetime

    @classmethod
    def of(cls, command: SendAccountEmailV1, public_url: str) -> "AccountMail":
        """The token goes into the link's fragment, which browsers send to no server."""
        return cls(
            name=command.name,
            email=command.email,
            new_email=command.new_email,
            link=f"{public_url.rstrip('/')}/{_PAGES[command.kind]}#token={command.token}",
            expires_at=command.expires_at,
        )

    def values(self) -> dict[str, Any]:
        """What the template sees."""
        return self.model_dump() | {"expires_at": readable(self.expires_at)}


class SecurityMail(BaseModel):
    """The values of a mail about the safety of one's account: no secret in it, its link leads to the own settings."""

    model_config = ConfigDict(frozen=True)

    name: str
    email: str
    device: str | None
    at: AwareDatetime
    time_zone: str
    link: str

    @classmethod
    def of(cls, event: SecurityEvent, at: datetime, public_url: str) -> "SecurityMail":
        """The event as its person is told of it."""
        return cls(
            name=event.name,
            email=event.email,
            device=one_line(event.device) if isinstance(event, UserDeviceAddedV1) else None,
            at=at,
            time_zone=event.time_zone,
            link=f"{public_url.rstrip('/')}/settings/security",
        )

    def values(self) -> dict[str, Any]:
        """What the template sees; the instant in the reader's own zone."""
        return self.model_dump() | {"at": readable(self.at, self.time_zone)}


class FarewellMail(BaseModel):
    """The values of the mail that confirms the end of an account: sealed, they alone say whose it was."""

    model_config = ConfigDict(frozen=True)

    name: str
    email: str
    at: AwareDatetime
    time_zone: str
    link: str

    @classmethod
    def of(cls, command: SendFarewellEmailV1, public_url: str) -> "FarewellMail":
        """The link leads to a new beginning: there is no way back."""
        return cls(
            name=command.name,
            email=command.email,
            at=command.deleted_at,
            time_zone=command.time_zone,
            link=f"{public_url.rstrip('/')}/signup",
        )

    def values(self) -> dict[str, Any]:
        """What the template sees; the instant in the reader's own zone."""
        return self.model_dump() | {"at": readable(self.at, self.time_zone)}


Mail = InvitationMail | AccountMail | SecurityMail | FarewellMail

MAILS: dict[str, type[Mail]] = {
    "invitation": InvitationMail,
    **dict.fromkeys(_PAGES, AccountMail),
    **dict.fromkeys(("password_changed", "mfa_enabled", "mfa_disabled", "device_added"), SecurityMail),
    "account_deleted": FarewellMail,
}
"""template -> the values it is filled with."""


def role_name(role: str) -> str:
    """`billing_manager` as people read it."""
    return role.replace("_", " ")


def readable(at: datetime, time_zone: str = "UTC") -> str:
    """An instant in a mail, with its zone: UTC where we do not know the reader's."""
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {local:%B %Y, %H:%M} {local:%Z}"


@dataclass(frozen=True)
class Sender:
    """Who our mails come from."""

    address: Address

    @classmethod
    def parse(cls, text: str) -> "Sender":
        """From `Name <address>`; ValueError if there is no plain address in it."""
        name, address = parseaddr(text)
        if one_line(text) != text:
            raise ValueError("not one line")
        return cls(Address(display_name=name, addr_spec=mail_address(address)))


def message_id(delivery_id: UUID, sender: Sender) -> str:
    """The same for each attempt at a delivery, so that a receiver can recognise a second copy."""
    return f"<{delivery_id}@{sender.address.domain}>"


def build_message(
    text: MailText, *, delivery_id: UUID, sender: Sender, recipient: str, at: datetime, language: str = "en"
) -> EmailMessage:
    """A transactional mail (no List-Unsubscribe: nobody subscribed). Raises ValueError for an unusable recipient."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender.address
    message["To"] = Address(addr_spec=mail_address(recipient))
    message["Subject"] = text.subject
    message["Date"] = at
    message["Message-ID"] = message_id(delivery_id, sender)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation reply, please
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = language
    message.set_content(text.text)
    message.add_alternative(text.html, subtype="html")
    return message


def read_mail(template: str, payload: bytes) -> Mail:
    """A mail's values from its opened payload. Raises KeyError for a template there is none of."""
    return MAILS[template].model_validate_json(payload)


def render_mail(renderer: Renderer, template: str, payload: bytes, locale: str) -> MailText:
    """The words of a mail from its opened payload. Raises KeyError for a template there is none of."""
    return renderer.mail(template, locale, **read_mail(template, payload).values())
