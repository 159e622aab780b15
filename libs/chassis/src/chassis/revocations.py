"""Which tokens no longer hold although their signature does: a not-before map, fed by the bus.

While cut off from the bus nothing is trusted: each token is asked for at teams (`design: revocation`).
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis import metrics
from chassis.callers import Caller, RevocationKey, revocation_key
from chassis.clock import Clock, SystemClock
from chassis.failures import is_transient
from chassis.problems import Unauthorized, Unavailable
from contracts.event import EventData
from contracts.teams import (
    MemberRemovedV1,
    MemberRoleChangedV1,
    OrganizationDeletedV1,
    OrganizationReactivatedV1,
    OrganizationSuspendedV1,
    OrganizationUpdatedV1,
    SessionRevokedV1,
)
from contracts.teams.rights import (
    ApiKeyRevokedV1,
    ApiKeyRotatedV1,
    RoleUpdatedV1,
    ServiceAccountDeletedV1,
    ServiceAccountUpdatedV1,
)
from contracts.tokens import ACCESS_TOKEN_SECONDS

log = logging.getLogger(__name__)

REVOKING_EVENTS: tuple[type[EventData], ...] = (
    SessionRevokedV1,
    MemberRemovedV1,
    MemberRoleChangedV1,
    OrganizationDeletedV1,
    OrganizationSuspendedV1,
    OrganizationReactivatedV1,
    OrganizationUpdatedV1,
    RoleUpdatedV1,
    ApiKeyRotatedV1,
    ApiKeyRevokedV1,
    ServiceAccountUpdatedV1,
    ServiceAccountDeletedV1,
)
ENTRY_SECONDS = ACCESS_TOKEN_SECONDS + 60
"""An entry outlives every token it refuses."""

_FIRST_SWEEP = 1024


class Revocation(BaseModel):
    """Tokens minted before an instant: of a session, a membership (user in an organization), a user, an organization,
    or of a role, API key or service account (`subject_id`). Keys follow the membership of whoever is behind them.

    A session ends for good: all its tokens are refused, whenever minted.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["session", "membership", "user", "organization", "role", "api_key", "service_account"]
    not_before: AwareDatetime
    session_id: UUID | None = None
    user_id: UUID | None = None
    org_id: UUID | None = None
    subject_id: UUID | None = None

    @property
    def key(self) -> RevocationKey:
        """What the map is keyed by; a caller's keys are compared with it."""
        if self.kind == "session":
            return revocation_key(self.session_id)
        if self.subject_id is not None:
            return revocation_key(self.subject_id)
        if self.kind == "organization":
            return revocation_key(None, self.org_id)
        return revocation_key(self.user_id, self.org_id if self.kind == "membership" else None)

    def covers(self, caller: Caller) -> bool:
        """Whether it refuses this caller's token."""
        if self.kind == "session":
            return caller.session_id == self.session_id
        return self.key in caller.revocation_keys and caller.issued_at < self.not_before.timestamp()


class RevocationList(BaseModel):
    """Answer of `GET /internal/v1/revocations`: everything of the last eleven minutes."""

    items: list[Revocation]


class TokenQuestion(BaseModel):
    """Body of `POST /internal/v1/tokens/check`."""

    token: str


class TokenAnswer(BaseModel):
    """Answer of `POST /internal/v1/tokens/check`."""

    active: bool


def revocation_of(event: EventData) -> Revocation | None:
    """What an event refuses; None for one that refuses nothing."""
    if isinstance(event, SessionRevokedV1):
        return Revocation(
            kind="session", session_id=event.session_id, user_id=event.user_id, not_before=event.revoked_at
        )
    if isinstance(event, MemberRemovedV1 | MemberRoleChangedV1):
        since = event.removed_at if isinstance(event, MemberRemovedV1) else event.changed_at
        return Revocation(kind="membership", user_id=event.user_id, org_id=event.organization_id, not_before=since)
    return _of_organization(event) or _of_subject(event)


def _of_organization(event: EventData) -> Revocation | None:
    if isinstance(event, OrganizationDeletedV1):
        since = event.deleted_at
    elif isinstance(event, OrganizationSuspendedV1):
        since = event.suspended_at
    elif isinstance(event, OrganizationReactivatedV1):
        since = event.reactivated_at
    elif isinstance(event, OrganizationUpdatedV1) and event.tokens_not_before is not None:
        since = event.tokens_not_before
    else:
        return None
    return Revocation(kind="organization", org_id=event.organization_id, not_before=since)


def _of_subject(event: EventData) -> Revocation | None:
    if isinstance(event, RoleUpdatedV1):
        return Revocation(kind="role", subject_id=event.role_id, not_before=event.tokens_not_before)
    if isinstance(event, ServiceAccountUpdatedV1 | ServiceAccountDeletedV1):
        subject = event.service_account_id
        return Revocation(kind="service_account", subject_id=subject, not_before=event.tokens_not_before)
    if isinstance(event, ApiKeyRevokedV1):
        return Revocation(kind="api_key", subject_id=event.api_key_id, not_before=event.revoked_at)
    if isinstance(event, ApiKeyRotatedV1) and event.tokens_not_before is not None:
        return Revocation(kind="api_key", subject_id=event.api_key_id, not_before=event.tokens_not_before)
    return None


Ask = Callable[[str], Awaitable[bool]]
"""Whether teams holds a token for good. Raises what `is_transient` recognizes when that cannot be said now."""
Snapshot = Callable[[], Awaitable[Sequence[Revocation]]]
"""What teams revoked lately. Raises what `is_transient` recognizes when that cannot be said now."""


class Revocations:
    """The map and its connection. `ask` and `snapshot` go to teams; in teams itself they are local functions."""

    def __init__(self, *, ask: Ask, snapshot: Snapshot | None = None, clock: Clock | None = None) -> None:
        self._ask = ask
        self._snapshot = snapshot
        self._clock = clock or SystemClock()
        self._entries: dict[RevocationKey, tuple[float, Revocation]] = {}
        self._callbacks: list[Callable[[Revocation], None]] = []
        self._connection = 0
        self._sweep_at = _FIRST_SWEEP
        self.synced = False

    def on_revoked(self, callback: Callable[[Revocation], None]) -> None:
        """Call back on each revocation as it arrives, e.g. to close sockets whose `Caller` it covers."""
        self._callbacks.append(callback)

    def revoke(self, revocation: Revocation) -> None:
        """Enter one into the map and tell the callbacks. An older one never replaces a newer one."""
        _, known = self._entries.get(revocation.key, (0.0, None))
        if known is None or known.not_before <= revocation.not_before:
            self._entries[revocation.key] = self._now() + ENTRY_SECONDS, revocation
            self._sweep()
        for callback in self._callbacks:
            try:
                callback(revocation)
            except Exception:
                log.exception("a callback on a revocation failed")
        metrics.REVOCATIONS.labels(revocation.kind).inc()

    def refuses(self, caller: Caller) -> bool:
        """Whether the map holds something against this caller's token."""
        for key in caller.revocation_keys:
            entry = self._entries.get(key)
            if entry is not None and entry[1].covers(caller):
                return True
        return False

    async def admit(self, token: str, caller: Caller) -> None:
        """Let a verified token pass. Raises Unauthorized (revoked) or Unavailable (cut off, and teams away)."""
        if self.refuses(caller):
            raise _revoked()
        if self.synced:
            return
        try:
            active = await self._ask(token)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("cannot ask whether a token still holds", extra={"reason": type(error).__name__})
            raise Unavailable(
                "authentication_unavailable", "Sign-in cannot be checked right now.", headers={"Retry-After": "2"}
            ) from None
        if not active:
            raise _revoked()

    async def on_event(self, event: EventData) -> None:
        """Feed from `chassis.bus.Broadcast`."""
        if (revocation := revocation_of(event)) is not None:
            self.revoke(revocation)

    async def on_connected(self) -> None:
        """The own queue is bound: fetch what was missed, then trust the map. Raises PeerUnavailable (try again)."""
        self._connection += 1
        connection = self._connection
        for revocation in await self._snapshot() if self._snapshot else ():
            self.revoke(revocation)
        if connection == self._connection:
            self.synced = True

    async def on_lost(self) -> None:
        """The bus is away: ask teams for each token from now on."""
        self._connection += 1
        self.synced = False

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _sweep(self) -> None:
        """Drop what has outlived its tokens, in passes that cost amortized O(1) an entry."""
        if len(self._entries) < self._sweep_at:
            return
        now = self._now()
        self._entries = {key: entry for key, entry in self._entries.items() if entry[0] > now}
        self._sweep_at = max(_FIRST_SWEEP, 2 * len(self._entries))


def _revoked() -> Unauthorized:
    return Unauthorized("token_revoked", "This sign-in has ended.")
