"""/v1/invitations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.database import Tx
from chassis.rate_limits import RateLimit
from chassis.web import Access, Caller, Listing, Page, Reference, Reply, Routes
from contracts.permissions import Permission, Role
from teams.api.caller import organization_of
from teams.api.cookies import RefreshCookies
from teams.api.models import Answer, InvitationAnswer, PreviewAnswer, RoleKey, SessionTokens
from teams.api.registration import Email, Secret, TypedEmail
from teams.domain import people
from teams.domain.invitations import State
from teams.settings import Settings
from teams.tokens import AccessTokens
from teams.usecases.accept_invitation import accept_invitation
from teams.usecases.invite_member import invite_member
from teams.usecases.invite_members import Outcome, invite_members
from teams.usecases.list_invitations import list_invitations
from teams.usecases.preview_invitation import preview_invitation
from teams.usecases.resend_invitation import resend_invitation
from teams.usecases.revoke_invitation import revoke_invitation
from teams.usecases.switch_organization import switch_organization

ROUTES = Routes("invitations")

BULK_ROWS = 100


class InviteRequest(BaseModel):
    """Whom, and as what: a built-in role's name or a custom role's id. It may do at most what you may."""

    email: Email
    role: RoleKey = Role.MEMBER.value


class InviteRow(InviteRequest):
    """The same within a list. An address that cannot be one is that row's failure, not the request's."""

    email: TypedEmail


class BulkInviteRequest(BaseModel):
    """Whom, and each as what."""

    invitations: Annotated[list[InviteRow], Field(min_length=1, max_length=BULK_ROWS)]


class BulkRow(Answer):
    """What became of one row: `invitation`, or the code and sentence of its refusal."""

    index: int
    email: str
    invitation: InvitationAnswer | None
    code: str | None
    detail: str | None


class BulkAnswer(Answer):
    """One result a row, in their order."""

    invited: int
    results: list[BulkRow]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], now: datetime) -> Self:
        rows = [
            BulkRow(
                index=index,
                email=one.email,
                invitation=InvitationAnswer.of(one.invitation, now) if one.invitation else None,
                code=one.refusal.code if one.refusal else None,
                detail=one.refusal.detail if one.refusal else None,
            )
            for index, one in enumerate(outcomes)
        ]
        return cls(invited=sum(row.invitation is not None for row in rows), results=rows)


class InvitationListing(Listing):
    """Filter by the state as it is now."""

    state: State | None = None


class TokenRequest(BaseModel):
    """The token of an invitation link (its fragment)."""

    token: Secret


@ROUTES.get("/v1/invitations", access=Permission.INVITATIONS_READ, summary="Your organization's invitations")
async def get_invitations(tx: Tx, caller: Caller, query: InvitationListing) -> Page[InvitationAnswer]:
    """The newest first."""
    rows = await list_invitations(
        tx, organization_of(caller), state=query.state, after=query.after(UUID), limit=query.limit
    )
    return Page[InvitationAnswer].of(
        rows, query.limit, item=lambda row: InvitationAnswer.of(row, tx.now), key=lambda row: (row.id,)
    )


@ROUTES.post(
    "/v1/invitations",
    access=Permission.INVITATIONS_CREATE,
    summary="Invite somebody by e-mail",
    status=201,
    problems=(409, 429),
    rate_limits=(RateLimit(300, 3600, "organization"),),
)
async def post_invitation(tx: Tx, caller: Caller, body: InviteRequest, settings: Settings) -> InvitationAnswer:
    """Reserves a seat and sends a link that works once, for seven days."""
    invitation = await invite_member(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.person_id,
        email=people.clean_email(body.email),
        role=body.role,
        mail_key=settings.notifier_public_key,
    )
    return InvitationAnswer.of(invitation, tx.now)


@ROUTES.post(
    "/v1/invitations/bulk",
    access=Permission.INVITATIONS_CREATE,
    summary="Invite up to a hundred people",
)
async def post_invitations(tx: Tx, caller: Caller, body: BulkInviteRequest, settings: Settings) -> BulkAnswer:
    """Each row succeeds or fails for itself, in order; the answer says which and why. Seats go to the first rows."""
    outcomes = await invite_members(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.user_id,
        rows=[(row.email, row.role) for row in body.invitations],
        mail_key=settings.notifier_public_key,
    )
    return BulkAnswer.of(outcomes, tx.now)


@ROUTES.post(
    "/v1/invitations/{invitation_id}/resend",
    access=Permission.INVITATIONS_CREATE,
    summary="Send it again, with a new link",
    problems=(404, 409, 429),
    rate_limits=(RateLimit(100, 3600, "organization"),),
)
async def resend(tx: Tx, caller: Caller, invitation_id: UUID, settings: Settings) -> InvitationAnswer:
    """The old link stops working; the seven days begin anew. At most once a minute."""
    invitation = await resend_invitation(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.person_id,
        invitation_id=invitation_id,
        mail_key=settings.notifier_public_key,
    )
    return InvitationAnswer.of(invitation, tx.now)


@ROUTES.delete(
    "/v1/invitations/{invitation_id}",
    access=Permission.INVITATIONS_REVOKE,
    summary="Take an invitation back",
    status=204,
    problems=(404, 409),
)
async def delete_invitation(tx: Tx, caller: Caller, invitation_id: UUID) -> None:
    """Its link stops working and its seat is free."""
    await revoke_invitation(tx, org_id=organization_of(caller), actor_id=caller.person_id, invitation_id=invitation_id)


@ROUTES.post(
    "/v1/invitations/preview",
    access=Access.PUBLIC,
    summary="What an invitation link leads to",
    idempotent=False,
    problems=(404, 410),
    rate_limits=(RateLimit(60, 60, "address"),),
)
async def preview(tx: Tx, body: TokenRequest) -> PreviewAnswer:
    """A POST, so that the token stands in no log of addresses."""
    return PreviewAnswer.of(await preview_invitation(tx, body.token))


async def repeat_acceptance(
    tx: Tx, caller: Caller, reference: Reference, access_tokens: AccessTokens, cookies: RefreshCookies
) -> Reply[SessionTokens]:
    """The answer was lost and asked for again: a fresh token for the organization that was joined."""
    signed_in = await switch_organization(
        tx,
        access_tokens,
        user_id=caller.user_id,
        session_id=caller.session_id,
        org_id=UUID(reference["org_id"]),
    )
    return cookies.reply(signed_in)


@ROUTES.post(
    "/v1/invitations/accept",
    access=Access.SIGNED_IN,
    summary="Join the organization that invited you",
    idempotent="rederive",
    rederive=repeat_acceptance,
    problems=(403, 404, 409, 410),
)
async def accept(
    tx: Tx, caller: Caller, body: TokenRequest, access_tokens: AccessTokens, cookies: RefreshCookies
) -> Reply[SessionTokens]:
    """The answer's access token is for the new organization; the refresh token stays the same."""
    signed_in = await accept_invitation(
        tx, access_tokens, user_id=caller.user_id, session_id=caller.session_id, token=body.token
    )
    return cookies.reply(signed_in, reference={"org_id": str(signed_in.session.current_organization)})
