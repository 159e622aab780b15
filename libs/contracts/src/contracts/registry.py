"""Event name and version -> model, and the upcasters that lift an old version to the next."""

from collections.abc import Callable
from typing import Any

from contracts import billing, erasure, notifier, teams
from contracts.envelope import Envelope
from contracts.event import EventData
from contracts.teams import rights

EVENTS: tuple[type[EventData], ...] = (
    teams.UserRegisteredV1,
    teams.UserEmailVerifiedV1,
    teams.UserUpdatedV1,
    teams.UserPasswordChangedV1,
    teams.UserMfaEnabledV1,
    teams.UserMfaDisabledV1,
    teams.UserDeviceAddedV1,
    teams.UserDeletedV1,
    teams.OrganizationCreatedV1,
    teams.OrganizationUpdatedV1,
    teams.OrganizationDeletedV1,
    teams.OrganizationRestoredV1,
    teams.OrganizationSuspendedV1,
    teams.OrganizationReactivatedV1,
    teams.OrganizationPurgedV1,
    teams.MemberInvitedV1,
    teams.InvitationAcceptedV1,
    teams.InvitationRevokedV1,
    teams.InvitationExpiredV1,
    teams.MemberJoinedV1,
    teams.MemberRoleChangedV1,
    teams.MemberRemovedV1,
    teams.SessionRevokedV1,
    rights.RoleCreatedV1,
    rights.RoleUpdatedV1,
    rights.RoleDeletedV1,
    rights.ApiKeyCreatedV1,
    rights.ApiKeyRotatedV1,
    rights.ApiKeyRevokedV1,
    rights.ServiceAccountCreatedV1,
    rights.ServiceAccountUpdatedV1,
    rights.ServiceAccountDeletedV1,
    billing.SubscriptionCreatedV1,
    billing.SubscriptionUpdatedV1,
    billing.SubscriptionCanceledV1,
    billing.InvoiceFinalizedV1,
    billing.InvoicePaidV1,
    billing.InvoicePaymentFailedV1,
    billing.EntitlementsChangedV1,
    notifier.NotificationCreatedV1,
    notifier.EmailBouncedV1,
    notifier.EmailBouncedV2,
    erasure.DataErasedV1,
)

_MODELS: dict[tuple[str, int], type[EventData]] = {(model.type, model.version): model for model in EVENTS}

UPCASTERS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {
    ("email.bounced", 1): notifier.email_bounced_v2,
}
"""(name, version) -> data of that version lifted to version + 1."""


class UnknownEvent(ValueError):
    """No model of that name and version, nor an upcaster that leads to one."""


def model_for(type_: str, version: int) -> type[EventData]:
    """The model of one event version. Raises UnknownEvent."""
    try:
        return _MODELS[type_, version]
    except KeyError:
        raise UnknownEvent(f"no contract for {type_} v{version}") from None


def read(envelope: Envelope, wanted: type[EventData]) -> EventData:
    """The envelope's data as the version the reader wants, lifted through upcasters where it is older.

    Raises UnknownEvent for a version that cannot be lifted, pydantic.ValidationError for data that does not fit.
    """
    version, data = envelope.version, envelope.data
    while version < wanted.version:
        lift = UPCASTERS.get((envelope.type, version))
        if lift is None:
            raise UnknownEvent(f"no upcaster from {envelope.type} v{version}")
        version, data = version + 1, lift(data)
    if envelope.type != wanted.type or version != wanted.version:
        known = f"{wanted.type} v{wanted.version}, the newest known here"
        raise UnknownEvent(f"{envelope.type} v{version} is not {known}: deploy what knows it, then replay")
    return wanted.read(data)
