"""/v1/me."""

from pydantic import BaseModel

from chassis.database import Tx
from chassis.web import Access, Caller, Routes
from teams.api.models import MeAnswer
from teams.api.registration import Name
from teams.domain import people
from teams.usecases.show_me import show_me
from teams.usecases.update_me import update_me

ROUTES = Routes("me", while_suspended=True)


class UpdateMeRequest(BaseModel):
    """What is absent stays as it is."""

    name: Name | None = None
    locale: str | None = None
    time_zone: str | None = None


@ROUTES.get("/v1/me", access=Access.SIGNED_IN, summary="Who you are, where, and what you may do there")
async def get_me(tx: Tx, caller: Caller) -> MeAnswer:
    """As it is now, which may be newer than the token."""
    return MeAnswer.of(await show_me(tx, caller.user_id, caller.org_id, caller.session_id), mfa_due=caller.mfa_due)


@ROUTES.patch("/v1/me", access=Access.SIGNED_IN, summary="Change your name, locale or time zone")
async def patch_me(tx: Tx, caller: Caller, body: UpdateMeRequest) -> MeAnswer:
    """Yours alone, so no If-Match."""
    await update_me(
        tx,
        caller.user_id,
        name=None if body.name is None else people.clean_name(body.name),
        locale=None if body.locale is None else people.clean_locale(body.locale),
        time_zone=None if body.time_zone is None else people.clean_time_zone(body.time_zone),
    )
    return MeAnswer.of(await show_me(tx, caller.user_id, caller.org_id, caller.session_id), mfa_due=caller.mfa_due)
