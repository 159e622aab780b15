"""Events in: event -> use case. Who reacts to what is the table at the bottom."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Tx
from chassis.inbox import Reactions, on, on_command
from contracts.billing import (
    EntitlementsChangedV1,
    InvoiceFinalizedV1,
    InvoicePaidV1,
    InvoicePaymentFailedV1,
    SubscriptionCanceledV1,
    SubscriptionCreatedV1,
    SubscriptionUpdatedV1,
)
from contracts.commands import SendAccountEmailV1, SendFarewellEmailV1, SendInvitationEmailV1
from contracts.envelope import Envelope
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
    UserDeletedV1,
    UserDeviceAddedV1,
    UserEmailVerifiedV1,
    UserMfaDisabledV1,
    UserMfaEnabledV1,
    UserPasswordChangedV1,
    UserRegisteredV1,
    UserUpdatedV1,
)
from contracts.teams.rights import RoleCreatedV1, RoleDeletedV1, RoleUpdatedV1
from notifier import metrics
from notifier.domain import (
    BillingEvent,
    MembershipEvent,
    OrganizationEvent,
    PersonEvent,
    RoleEvent,
    SecurityEvent,
)
from notifier.live import Invalidation, Live, Push, announce
from notifier.rendering import Renderer
from notifier.storage.notifications import Notification
from notifier.stream import frames
from notifier.usecases.end_invitation import end_invitation
from notifier.usecases.erase_organization import erase_organization
from notifier.usecases.erase_person import erase_person
from notifier.usecases.keep_billing import keep_billing
from notifier.usecases.keep_membership import keep_membership, learn_membership
from notifier.usecases.keep_organization import keep_organization
from notifier.usecases.keep_person import keep_person
from notifier.usecases.keep_role import keep_role
from notifier.usecases.queue_account_mail import queue_account_mail
from notifier.usecases.queue_farewell import queue_farewell
from notifier.usecases.queue_invitation import queue_invitation
from notifier.usecases.tell_person import tell_person

QuietBillingEvent = SubscriptionCreatedV1 | EntitlementsChangedV1 | InvoiceFinalizedV1 | InvoicePaidV1
InvitationEvent = MemberInvitedV1 | InvitationAcceptedV1 | InvitationRevokedV1 | InvitationExpiredV1


@dataclass(frozen=True)
class Post:
    """What queueing a mail needs: where its links lead, whom it is sealed to, who is told that it waits."""

    public_url: str
    public_key: str
    wake_mailer: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class EventConsumers:
    """The handlers of domain events: what they store, they also announce to open sockets after the commit."""

    renderer: Renderer
    live: Live
    post: Post

    async def person(self, tx: Tx, event: PersonEvent, header: Envelope) -> None:
        await keep_person(tx, event, header)

    async def security(self, tx: Tx, event: SecurityEvent, header: Envelope) -> None:
        """Told in the app and by mail."""
        if not await keep_person(tx, event, header):
            return
        told = await tell_person(
            tx, event, header, self.renderer, public_url=self.post.public_url, public_key=self.post.public_key
        )
        self._push(tx, told)
        tx.after_commit.append(self.post.wake_mailer)

    async def organization(self, tx: Tx, event: OrganizationEvent, header: Envelope) -> None:
        self._push(tx, await keep_organization(tx, event, header, self.renderer))

    async def membership(self, tx: Tx, event: MembershipEvent, header: Envelope) -> None:
        self._push(tx, await keep_membership(tx, event, header, self.renderer))
        announce(tx, self.live, Invalidation(("members",), org_id=event.organization_id))

    async def known_membership(self, tx: Tx, event: MembershipEvent, header: Envelope) -> None:
        """A state that is sent again. What is told then are facts that arrived before their reader was known."""
        self._push(tx, await learn_membership(tx, event, header, self.renderer))

    async def role(self, tx: Tx, event: RoleEvent, header: Envelope) -> None:
        self._push(tx, await keep_role(tx, event, header, self.renderer))

    async def invitation(self, tx: Tx, event: InvitationEvent, header: Envelope) -> None:  # noqa: ARG002
        if event.state != "pending":
            await end_invitation(tx, event.invitation_id)
        announce(tx, self.live, Invalidation(("invitations",), org_id=event.organization_id))

    async def billing(self, tx: Tx, event: BillingEvent, header: Envelope) -> None:
        self._push(tx, await keep_billing(tx, event, header, self.renderer))
        announce(tx, self.live, Invalidation(("billing",), org_id=event.organization_id))

    async def quiet_billing(self, tx: Tx, event: QuietBillingEvent, header: Envelope) -> None:  # noqa: ARG002
        """Nobody is told, but whoever looks at the page sees it."""
        announce(tx, self.live, Invalidation(("billing",), org_id=event.organization_id))

    def _push(self, tx: Tx, stored: list[Notification]) -> None:
        for new in stored:
            metrics.STORED.labels(new.kind).inc()
            frame = frames.notification(new)
            announce(tx, self.live, Push(new.user_id, new.org_id, new.cursor, frame, new.traceparent))


@dataclass(frozen=True)
class CommandConsumers:
    """The handlers of sealed commands."""

    post: Post

    async def send_invitation(self, tx: Tx, command: SendInvitationEmailV1, message_id: UUID) -> None:
        await queue_invitation(
            tx, command, message_id, public_url=self.post.public_url, public_key=self.post.public_key
        )
        tx.after_commit.append(self.post.wake_mailer)

    async def send_account_mail(self, tx: Tx, command: SendAccountEmailV1, message_id: UUID) -> None:
        await queue_account_mail(
            tx, command, message_id, public_url=self.post.public_url, public_key=self.post.public_key
        )
        tx.after_commit.append(self.post.wake_mailer)

    async def send_farewell(self, tx: Tx, command: SendFarewellEmailV1, message_id: UUID) -> None:
        await queue_farewell(tx, command, message_id, public_url=self.post.public_url, public_key=self.post.public_key)
        tx.after_commit.append(self.post.wake_mailer)


def reactions(events: EventConsumers, commands: CommandConsumers) -> Reactions:
    """Who reacts to what, and to snapshots of what: an invitation is kept nowhere, so its snapshot does nothing."""
    return Reactions(
        on(UserRegisteredV1, events.person, snapshot=events.person),
        on(UserEmailVerifiedV1, events.person, snapshot=events.person),
        on(UserUpdatedV1, events.person, snapshot=events.person),
        on(UserPasswordChangedV1, events.security),
        on(UserMfaEnabledV1, events.security),
        on(UserMfaDisabledV1, events.security),
        on(UserDeviceAddedV1, events.security),
        on(UserDeletedV1, erase_person, snapshot=erase_person),
        on(OrganizationCreatedV1, events.organization, snapshot=events.organization),
        on(OrganizationUpdatedV1, events.organization, snapshot=events.organization),
        on(OrganizationDeletedV1, events.organization, snapshot=events.organization),
        on(OrganizationRestoredV1, events.organization),
        on(OrganizationSuspendedV1, events.organization),
        on(OrganizationReactivatedV1, events.organization),
        on(OrganizationPurgedV1, erase_organization, snapshot=erase_organization),
        on(MemberInvitedV1, events.invitation),
        on(InvitationAcceptedV1, events.invitation),
        on(InvitationRevokedV1, events.invitation),
        on(InvitationExpiredV1, events.invitation),
        on(MemberJoinedV1, events.membership, snapshot=events.known_membership),
        on(MemberRoleChangedV1, events.membership, snapshot=events.known_membership),
        on(MemberRemovedV1, events.membership, snapshot=events.known_membership),
        on(RoleCreatedV1, events.role, snapshot=events.role),
        on(RoleUpdatedV1, events.role, snapshot=events.role),
        on(RoleDeletedV1, events.role, snapshot=events.role),
        on(SubscriptionUpdatedV1, events.billing),
        on(SubscriptionCanceledV1, events.billing),
        on(InvoicePaymentFailedV1, events.billing),
        on(SubscriptionCreatedV1, events.quiet_billing),
        on(EntitlementsChangedV1, events.quiet_billing),
        on(InvoiceFinalizedV1, events.quiet_billing),
        on(InvoicePaidV1, events.quiet_billing),
        on_command(SendInvitationEmailV1, commands.send_invitation),
        on_command(SendAccountEmailV1, commands.send_account_mail),
        on_command(SendFarewellEmailV1, commands.send_farewell),
    )
