"""POST /v1/auth/register."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from chassis.database import Tx
from chassis.passwords import Passwords
from chassis.problems import Conflict, invalid_field
from chassis.rate_limits import RateLimit
from chassis.web import Access, Door, Reference, Reply, Routes
from teams.api.cookies import RefreshCookies
from teams.api.models import SessionTokens
from teams.domain import people
from teams.domain.sessions import Client
from teams.settings import Settings
from teams.tokens import AccessTokens
from teams.usecases.open_session import open_session
from teams.usecases.register import Registration, check_registration, count_refusal, register

ROUTES = Routes("auth")

Email = Annotated[str, Field(max_length=320, json_schema_extra={"format": "email"})]
TypedEmail = Annotated[
    str,
    Field(max_length=320, description="An address as somebody typed it: one that is none is no wrong field."),
]
Password = Annotated[str, Field(max_length=1024, description="12 to 128 characters, any of them.")]
Name = Annotated[str, Field(max_length=1024, description="1 to 100 characters, no control characters.")]
Secret = Annotated[str, Field(min_length=1, max_length=256)]


class RegisterRequest(BaseModel):
    """A newcomer: with a new organization, or invited into one; exactly one of the two."""

    email: Email
    password: Password
    name: Name
    organization_name: Name | None = None
    invitation_token: Secret | None = None
    locale: str = people.DEFAULT_LOCALE
    time_zone: str = people.DEFAULT_TIME_ZONE
    client: Client = "browser"


async def repeat_registration(
    tx: Tx, request: web.Request, reference: Reference, access_tokens: AccessTokens, cookies: RefreshCookies
) -> Reply[SessionTokens]:
    """The answer to a registration was lost and asked for again: fresh tokens for the same person."""
    visit = cookies.visit(request)
    signed_in = await open_session(
        tx,
        access_tokens,
        user_id=UUID(reference["user_id"]),
        org_id=UUID(reference["org_id"]),
        client=reference["client"],
        device=visit.device,
    )
    return cookies.reply(signed_in, visit)


@ROUTES.post(
    "/v1/auth/register",
    access=Access.PUBLIC,
    summary="Make an account with a new organization, or by an invitation",
    status=201,
    idempotent="rederive",
    rederive=repeat_registration,
    problems=(403, 404, 409, 410, 429),
    rate_limits=(RateLimit(20, 600, "address"),),
)
async def register_account(
    *,
    request: web.Request,
    door: Door,
    body: RegisterRequest,
    passwords: Passwords,
    access_tokens: AccessTokens,
    cookies: RefreshCookies,
    settings: Settings,
) -> Reply[SessionTokens]:
    """The password is hashed before anything is looked up, so that an address with an account takes as long."""
    registration, visit = await _clean(body, passwords), cookies.visit(request)
    await door.apart(lambda tx: check_registration(tx, visit.device.address))

    async def change(tx: Tx) -> Reply[SessionTokens]:
        signed_in = await register(
            tx,
            access_tokens,
            registration,
            client=body.client,
            device=visit.device,
            mail_key=settings.notifier_public_key,
        )
        reference = {
            "user_id": str(signed_in.user.id),
            "org_id": str(signed_in.session.current_organization),
            "client": body.client,
        }
        return cookies.reply(signed_in, visit, reference=reference)

    try:
        return await door.write(change)
    except Conflict as refusal:
        if refusal.code == "registration_refused":
            await door.apart(lambda tx: count_refusal(tx, visit.device.address))
        raise


async def _clean(body: RegisterRequest, passwords: Passwords) -> Registration:
    if (body.organization_name is None) == (body.invitation_token is None):
        raise invalid_field(
            "/organization_name", "one_of_two", "Give organization_name or invitation_token, and not both."
        )
    email = people.clean_email(body.email)
    name = people.clean_name(body.name)
    organization_name = body.organization_name
    if organization_name is not None:
        organization_name = people.clean_name(organization_name, "/organization_name")
    password = people.clean_password(body.password, email=email, name=name)
    return Registration(
        email=email,
        password_hash=await passwords.hash(password),
        name=name,
        locale=people.clean_locale(body.locale),
        time_zone=people.clean_time_zone(body.time_zone),
        organization_name=organization_name,
        invitation_token=body.invitation_token,
    )
