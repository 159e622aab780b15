"""Routes for our own staff: another audience, another permission matrix, another scheme in the document."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from pydantic import BaseModel

from chassis.auth import LocalKeys
from chassis.settings import ServiceSettings
from chassis.staff import StaffAuthenticator
from chassis.testing import TestIssuer, serving
from chassis.tokens import sign
from chassis.web import Access, Caller, RouteError, Routes, StaffCaller, create_app, openapi_document
from contracts.ids import new_id
from contracts.permissions import AdminPermission
from contracts.tokens import ADMIN_ISSUER, AdminClaims

ROUTES = Routes("things")


class Said(BaseModel):
    actor: str


@ROUTES.get("/admin/v1/things", access=AdminPermission.CUSTOMERS_READ, summary="Things of customers")
async def list_things(caller: StaffCaller) -> Said:
    return Said(actor=caller.actor)


@ROUTES.get("/admin/v1/me", access=Access.STAFF, summary="Who am I")
async def read_me(caller: StaffCaller) -> Said:
    return Said(actor=caller.role)


@ROUTES.get("/v1/me", access=Access.SIGNED_IN, summary="Who am I as a customer")
async def read_customer(caller: Caller) -> Said:
    return Said(actor=caller.actor)


@dataclass
class Door:
    """A service for both kinds of people; one key signs for both, so that only the claims tell them apart."""

    url: str
    http: aiohttp.ClientSession
    issuer: TestIssuer
    ended: set[UUID] = field(default_factory=set)

    def token(self, **changes: Any) -> str:
        now = self.issuer.clock.now().timestamp()
        claims = {
            "iss": ADMIN_ISSUER, "aud": "admin", "sub": new_id(), "sid": new_id(), "role": "support",
            "amr": ("pwd", "otp"), "auth_time": int(now), "iat": now, "exp": int(now) + 300, "jti": new_id(),
        } | changes  # fmt: skip
        return sign(self.issuer.key, AdminClaims.model_construct(**claims))

    async def get(self, path: str, token: str | None) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    issuer = TestIssuer()
    ended: set[UUID] = set()

    async def holds(caller: StaffCaller) -> bool:
        return caller.session_id not in ended

    app = create_app(
        ServiceSettings(),
        [ROUTES],
        service="things",
        authenticator=issuer.authenticator(),
        staff=StaffAuthenticator(LocalKeys([issuer.key.verifying]), holds),
    )
    async with serving(app) as url, aiohttp.ClientSession() as http:
        yield Door(url, http, issuer, ended)


async def test_a_permission_of_the_role_opens(door: Door) -> None:
    staff_id = new_id()
    status, said = await door.get("/admin/v1/things", door.token(sub=staff_id))
    assert (status, said) == (200, {"actor": f"admin:{staff_id}"})


async def test_a_role_without_it_is_told_which_it_lacks(door: Door) -> None:
    status, said = await door.get("/admin/v1/things", door.token(role="operator"))
    assert (status, said["code"]) == (403, "permission_denied")
    assert "customers:read" in said["detail"]


async def test_any_role_may_ask_who_it_is(door: Door) -> None:
    assert await door.get("/admin/v1/me", door.token(role="operator")) == (200, {"actor": "operator"})


async def test_customers_and_staff_never_stand_in_for_each_other(door: Door) -> None:
    status, said = await door.get("/admin/v1/me", door.issuer.token(org_id=new_id()))
    assert (status, said["code"]) == (401, "token_invalid")
    status, said = await door.get("/v1/me", door.token())
    assert (status, said["code"]) == (401, "token_invalid")


@pytest.mark.parametrize(
    "change",
    [{"aud": "customer"}, {"iss": "https://elsewhere.example"}, {"amr": ("pwd",)}, {"role": "emperor"}, {"sid": "x"}],
    ids=["audience", "issuer", "no second factor", "unknown role", "no session"],
)
async def test_one_wrong_claim_is_enough(door: Door, change: dict[str, Any]) -> None:
    status, said = await door.get("/admin/v1/me", door.token(**change))
    assert (status, said["code"]) == (401, "token_invalid")


async def test_an_expired_token_says_so_and_none_is_asked_for(door: Door) -> None:
    assert (await door.get("/admin/v1/me", door.token(exp=1)))[1]["code"] == "token_expired"
    assert (await door.get("/admin/v1/me", None))[1]["code"] == "authentication_required"


async def test_the_session_behind_the_token_is_asked_every_time(door: Door) -> None:
    session_id = new_id()
    token = door.token(sid=session_id)
    assert (await door.get("/admin/v1/me", token))[0] == 200
    door.ended.add(session_id)
    status, said = await door.get("/admin/v1/me", token)
    assert (status, said["code"]) == (401, "session_ended")


def test_the_document_names_the_scheme_and_the_permission() -> None:
    document = openapi_document("things", [ROUTES])
    operation = document["paths"]["/admin/v1/things"]["get"]
    assert operation["security"] == [{"adminBearer": []}]
    assert (operation["x-access"], operation["x-permission"]) == ("permission", "customers:read")
    assert document["paths"]["/admin/v1/me"]["get"]["x-access"] == "staff"
    assert document["paths"]["/v1/me"]["get"]["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"].keys() == {"bearer", "adminBearer"}


def test_what_cannot_work_is_refused_where_it_is_declared() -> None:
    async def takes_staff(caller: StaffCaller) -> None: ...

    async def takes_customer(caller: Caller) -> None: ...

    with pytest.raises(RouteError, match="not for staff"):
        Routes("x").get("/v1/x", access=Access.SIGNED_IN, summary="x")(takes_staff)
    with pytest.raises(RouteError, match="its access brings none"):
        Routes("x").get("/admin/v1/x", access=Access.STAFF, summary="x")(takes_customer)
    needing = Routes("x")
    needing.get("/admin/v1/x", access=Access.STAFF, summary="x")(takes_staff)
    with pytest.raises(RouteError, match="StaffAuthenticator"):
        create_app(ServiceSettings(), [needing], service="x")
