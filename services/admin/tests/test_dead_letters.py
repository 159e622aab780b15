"""Dead letters of all services, through the doors of their workers; one that is away takes nothing from the others."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from admin.app import make_application
from chassis.internal import InternalVerifier
from chassis.keys import SigningKey
from chassis.testing import serving
from contracts.ids import new_id
from contracts.permissions import AdminRole

from .conftest import Admin, Colleague, make_settings

DEAD = "/admin/v1/deadletters"
GROUP = {
    "consumer": "notifier", "type": "member.joined", "error_group": "KeyError: …", "state": "dead", "count": 3,
    "first_failed_at": "2026-01-01T00:00:00Z", "last_failed_at": "2026-01-02T00:00:00Z", "example": str(new_id()),
}  # fmt: skip


@dataclass
class Notifier:
    """A worker's internal door, as far as admin sees it; believes admin's key alone."""

    verifier: InternalVerifier
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/internal/v1/deadletters", self.listing)
        app.router.add_post("/internal/v1/deadletters/replay", self.replay)
        app.router.add_post("/internal/v1/deadletters/discard", self.discard)
        return app

    async def note(self, request: web.Request, verb: str) -> None:
        caller = self.verifier.verify(request.headers["Authorization"].removeprefix("Bearer "))
        assert caller.service == "admin"
        self.asked.append((verb, await request.json() if request.body_exists else dict(request.query)))

    async def listing(self, request: web.Request) -> web.Response:
        await self.note(request, "list")
        return web.json_response({"groups": [GROUP]})

    async def replay(self, request: web.Request) -> web.Response:
        await self.note(request, "replay")
        report = {"consumer": "notifier", "error_group": GROUP["error_group"], "succeeded": 3, "duplicate": 0}
        reports = [report | {"failed": 0, "errors": []}]
        return web.json_response({"dry_run": self.asked[-1][1]["dry_run"], "reports": reports, "more": False})

    async def discard(self, request: web.Request) -> web.Response:
        await self.note(request, "discard")
        return web.json_response({"discarded": 3})


@dataclass
class Operations:
    """Admin in front of a notifier that is there and a billing that is away."""

    admin: Admin
    notifier: Notifier
    person: Colleague

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        return await self.admin.call(method, path, body, token=self.person.token)


@pytest.fixture
async def operations(admin: Admin) -> AsyncIterator[Operations]:
    key = SigningKey.generate()
    notifier = Notifier(InternalVerifier({"admin": key.public_text}, "notifier"))
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving_plain(notifier.application()))
        settings = make_settings(
            admin.urls,
            internal_signing_key=key.private_text,
            admin_signing_keys=[one.get_secret_value() for one in admin.settings.admin_signing_keys],
            totp_seed_keys=[one.get_secret_value() for one in admin.settings.totp_seed_keys],
            services_internal={"notifier": url, "billing": "http://127.0.0.1:1"},
        )
        app = await make_application(settings, stack, admin.clock)
        here = await stack.enter_async_context(serving(app))
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        outside = Admin(**vars(admin) | {"url": here, "http": http})
        yield Operations(outside, notifier, await outside.colleague(AdminRole.OPERATOR))


def serving_plain(app: web.Application) -> Any:
    from chassis.health import Health, add_health

    add_health(app, Health())
    return serving(app)


async def test_every_service_is_listed_and_the_one_that_is_away_is_named(operations) -> None:
    answer = (await operations.call("GET", DEAD)).ok()
    assert [(one["service"], one["available"]) for one in answer["services"]] == [
        ("billing", False),
        ("notifier", True),
    ]
    assert answer["services"][1]["groups"][0]["count"] == 3


async def test_a_rehearsal_and_a_replay_are_put_down_before_and_after(operations) -> None:
    for dry_run, verb in ((True, "rehearsed"), (False, "replayed")):
        body = {"error_group": GROUP["error_group"], "dry_run": dry_run, "reason": "ticket 7"}
        answer = (await operations.call("POST", f"{DEAD}/notifier/replay", body)).ok()
        assert answer["reports"][0]["succeeded"] == 3
        asked = operations.notifier.asked[-1]
        assert asked[0] == "replay"
        assert asked[1]["dry_run"] is dry_run
        assert "reason" not in asked[1]
        rows = await operations.admin.rows(actor=operations.person.actor, target="service:notifier")
        assert [row["action"] for row in rows[-2:]] == [f"deadletters.{verb}.begun", f"deadletters.{verb}"]
        assert rows[-2]["details"]["reason"] == "ticket 7"
        assert rows[-1]["details"]["after"]["reports"][0]["succeeded"] == 3


async def test_a_discard_needs_a_reason_and_carries_who_decided(operations) -> None:
    refused = await operations.call("POST", f"{DEAD}/notifier/discard", {})
    assert (refused.status, refused.code) == (422, "validation_failed")
    body = {"id": GROUP["example"], "reason": "sent twice by hand"}
    assert (await operations.call("POST", f"{DEAD}/notifier/discard", body)).ok() == {"discarded": 3}
    asked = operations.notifier.asked[-1][1]
    assert (asked["by"], asked["reason"], asked["id"]) == (operations.person.actor, body["reason"], body["id"])


async def test_a_service_that_is_away_is_503_and_the_try_is_put_down(operations) -> None:
    answer = await operations.call("POST", f"{DEAD}/billing/replay", {"dry_run": True})
    assert (answer.status, answer.code) == (503, "service_unavailable")
    rows = await operations.admin.rows(actor=operations.person.actor, target="service:billing")
    assert [row["action"] for row in rows] == ["deadletters.rehearsed.begun"]


@pytest.mark.parametrize("path", [f"{DEAD}/nowhere/{new_id()}", f"{DEAD}/notifier/{new_id()}"])
async def test_what_is_not_there_is_not_found(operations, path) -> None:
    answer = await operations.call("GET", path)
    assert (answer.status, answer.code) == (404, "not_found")
