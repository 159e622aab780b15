"""/v1/auth/sessions: the devices one is signed in on."""

from datetime import datetime
from typing import Self
from uuid import UUID

from chassis.database import Tx
from chassis.web import Access, Caller, Listing, Page, Routes
from teams.api.models import Answer
from teams.api.passwords import EndedAnswer
from teams.devices import UNKNOWN
from teams.domain.sessions import Client
from teams.storage.sessions import SignIn
from teams.usecases.end_sessions import end_other_sessions, end_session
from teams.usecases.list_sessions import list_sessions

ROUTES = Routes("sessions", while_suspended=True)


class SessionAnswer(Answer):
    """A sign-in that still holds. `address` is the network address it was opened from, empty for old ones."""

    id: UUID
    client: Client
    device: str
    address: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    current: bool

    @classmethod
    def of(cls, sign_in: SignIn, current: UUID) -> Self:
        return cls(**(vars(sign_in) | {"device": sign_in.device or UNKNOWN}), current=sign_in.id == current)


@ROUTES.get("/v1/auth/sessions", access=Access.SIGNED_IN, summary="The devices you are signed in on")
async def get_sessions(tx: Tx, caller: Caller, query: Listing) -> Page[SessionAnswer]:
    """The newest sign-in first."""
    rows = await list_sessions(tx, caller.user_id, before=query.after(UUID), limit=query.limit)
    return Page[SessionAnswer].of(
        rows, query.limit, item=lambda row: SessionAnswer.of(row, caller.session_id), key=lambda row: (row.id,)
    )


@ROUTES.delete(
    "/v1/auth/sessions/{session_id}", access=Access.SIGNED_IN, summary="Sign a device out", status=204, problems=(404,)
)
async def delete_session(tx: Tx, caller: Caller, session_id: UUID) -> None:  # noqa: ARG001 - row security knows whose
    """Its tokens are refused everywhere within a second."""
    await end_session(tx, session_id)


@ROUTES.post("/v1/auth/sessions/revoke-others", access=Access.SIGNED_IN, summary="Sign every other device out")
async def revoke_others(tx: Tx, caller: Caller) -> EndedAnswer:
    """This device stays signed in."""
    ended = await end_other_sessions(tx, caller.user_id, caller.session_id, "revoked")
    return EndedAnswer(ended_sessions=ended)
