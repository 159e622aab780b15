"""Tokens that stop holding: at once by the map, one by one while cut off, not at all while nobody can be asked."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import REGISTRY

from chassis.auth import Authenticator, Caller, LocalKeys, RemoteKeys
from chassis.internal import InternalClient, InternalSigner, InternalVerifier, PeerUnavailable
from chassis.keys import SigningKey
from chassis.peers import revocations_from
from chassis.problems import Unauthorized, Unavailable
from chassis.revocations import ENTRY_SECONDS, Revocation, Revocations, revocation_of
from chassis.testing import FixedClock, TestIssuer, serving
from contracts.ids import new_id
from contracts.teams import MemberRemovedV1, MemberRoleChangedV1, SessionRevokedV1, UserRegisteredV1


class Bench:
    """An authenticator, what it is told, and a caller of one organization."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.issuer = TestIssuer(self.clock)
        self.user_id, self.org_id, self.session_id = new_id(), new_id(), new_id()
        self.active: bool | Exception = True
        self.asked = 0
        self.snapshot: Sequence[Revocation] = ()
        self.revocations = Revocations(ask=self._ask, snapshot=self._snapshot, clock=self.clock)
        keys = LocalKeys([self.issuer.key.verifying])
        self.authenticator = Authenticator(keys, self.revocations, clock=self.clock)

    async def _ask(self, _: str) -> bool:
        self.asked += 1
        if isinstance(self.active, Exception):
            raise self.active
        return self.active

    async def _snapshot(self) -> Sequence[Revocation]:
        return self.snapshot

    def token(self, **about: Any) -> str:
        about = {"user_id": self.user_id, "org_id": self.org_id, "session_id": self.session_id} | about
        return self.issuer.token(**about)

    async def call(self, token: str) -> Caller:
        return await self.authenticator.authenticate(token)

    def membership(self, **about: Any) -> Revocation:
        about = {"user_id": self.user_id, "org_id": self.org_id, "not_before": self.clock.now()} | about
        return Revocation(kind="membership", **about)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def refused(bench: Bench, token: str) -> None:
    with pytest.raises(Unauthorized) as caught:
        await bench.call(token)
    assert caught.value.code == "token_revoked"


async def test_a_token_verified_before_is_refused_once_revoked(bench: Bench) -> None:
    await bench.revocations.on_connected()
    token = bench.token()
    await bench.call(token)
    bench.clock.move(seconds=1)
    bench.revocations.revoke(bench.membership())
    await refused(bench, token)
    assert bench.asked == 0


async def test_a_membership_ends_for_old_tokens_of_that_organization_only(bench: Bench) -> None:
    await bench.revocations.on_connected()
    old, elsewhere, other = bench.token(), bench.token(org_id=new_id()), bench.token(user_id=new_id())
    bench.clock.move(seconds=1)
    bench.revocations.revoke(bench.membership())
    bench.clock.move(milliseconds=1)
    await refused(bench, old)
    for token in (elsewhere, other, bench.token()):
        await bench.call(token)


async def test_a_session_ends_for_good(bench: Bench) -> None:
    await bench.revocations.on_connected()
    old = bench.token()
    bench.revocations.revoke(
        Revocation(kind="session", session_id=bench.session_id, not_before=bench.clock.now() - timedelta(hours=1))
    )
    bench.clock.move(seconds=5)
    await refused(bench, old)
    await refused(bench, bench.token())
    await bench.call(bench.token(session_id=new_id()))


async def test_a_person_ends_everywhere(bench: Bench) -> None:
    await bench.revocations.on_connected()
    old = bench.token(org_id=new_id(), session_id=new_id())
    bench.clock.move(seconds=1)
    bench.revocations.revoke(Revocation(kind="user", user_id=bench.user_id, not_before=bench.clock.now()))
    await refused(bench, old)
    await bench.call(bench.token())


async def test_an_older_revocation_replaces_no_newer_one(bench: Bench) -> None:
    await bench.revocations.on_connected()
    bench.clock.move(seconds=10)
    token = bench.token()
    bench.clock.move(seconds=10)
    bench.revocations.revoke(bench.membership())
    bench.revocations.revoke(bench.membership(not_before=bench.clock.now() - timedelta(seconds=15)))
    await refused(bench, token)


async def test_cut_off_it_asks_for_each_token(bench: Bench) -> None:
    token = bench.token()
    await bench.call(token)
    await bench.call(token)
    assert bench.asked == 2
    bench.active = False
    await refused(bench, token)
    bench.active = PeerUnavailable("away")
    with pytest.raises(Unavailable) as caught:
        await bench.call(token)
    assert caught.value.code == "authentication_unavailable"
    assert "Retry-After" in caught.value.headers


async def test_connected_it_trusts_the_map_and_lost_it_asks_again(bench: Bench) -> None:
    token = bench.token()
    await bench.revocations.on_connected()
    await bench.call(token)
    assert bench.asked == 0
    await bench.revocations.on_lost()
    await bench.call(token)
    assert bench.asked == 1


async def test_what_was_missed_is_fetched_before_it_is_trusted(bench: Bench) -> None:
    token = bench.token()
    bench.clock.move(seconds=1)
    bench.snapshot = [bench.membership()]
    await bench.revocations.on_connected()
    await refused(bench, token)


async def test_a_connection_lost_while_fetching_is_not_trusted(bench: Bench) -> None:
    async def snapshot() -> Sequence[Revocation]:
        await bench.revocations.on_lost()
        return ()

    bench.revocations._snapshot = snapshot
    await bench.revocations.on_connected()
    assert not bench.revocations.synced


async def test_who_wants_to_know_is_told_even_if_another_fails(bench: Bench) -> None:
    told: list[Revocation] = []

    def fail(_: Revocation) -> None:
        raise RuntimeError("a socket broke")

    bench.revocations.on_revoked(fail)
    bench.revocations.on_revoked(told.append)
    await bench.revocations.on_event(
        SessionRevokedV1(session_id=new_id(), user_id=new_id(), revoked_at=bench.clock.now(), reason="logout")
    )
    assert [one.kind for one in told] == ["session"]


async def test_what_is_in_the_map_is_counted_once_it_holds(bench: Bench) -> None:
    """So that others can wait for it: by the time it is counted the token is refused."""

    def counted() -> float:
        return REGISTRY.get_sample_value("revocations_total", {"kind": "membership"}) or 0.0

    before, token = counted(), bench.token()
    await bench.call(token)
    bench.clock.move(seconds=1)
    bench.revocations.on_revoked(lambda _: seen.append(counted()))
    seen: list[float] = []
    bench.revocations.revoke(bench.membership())
    assert (seen, counted()) == ([before], before + 1)
    with pytest.raises(Unauthorized):
        await bench.call(token)


def test_events_say_what_they_revoke() -> None:
    now = FixedClock().now()
    membership = {
        "membership_id": new_id(), "organization_id": UUID(int=2), "user_id": UUID(int=1), "email": "a@example.com",
        "name": "A", "role": "member", "state": "removed", "invited_by": None, "joined_at": now,
    }  # fmt: skip
    removed = MemberRemovedV1(**membership, removed_by=new_id(), removed_at=now)
    changed = MemberRoleChangedV1(**membership, changed_by=new_id(), changed_at=now)
    for event in (removed, changed):
        assert revocation_of(event) == Revocation(
            kind="membership", user_id=UUID(int=1), org_id=UUID(int=2), not_before=now
        )
    registered = UserRegisteredV1(
        user_id=new_id(), email="a@example.com", name="A", locale="en", time_zone="UTC", email_verified=False
    )
    assert revocation_of(registered) is None


async def test_the_map_forgets_what_outlived_its_tokens(bench: Bench) -> None:
    for _ in range(2000):
        bench.revocations.revoke(bench.membership(user_id=new_id()))
    bench.clock.move(seconds=ENTRY_SECONDS + 1)
    for _ in range(2100):
        bench.revocations.revoke(bench.membership(user_id=new_id()))
    assert len(bench.revocations._entries) < 4100


class Teams:
    """The three answers of teams that others need."""

    def __init__(self, issuer: TestIssuer, caller: SigningKey) -> None:
        self.issuer, self.key = issuer, caller
        self.verifier = InternalVerifier({"notes": caller.public_text}, "teams")
        self.keys_fetched = 0
        self.status = 200
        self.items: list[dict[str, Any]] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/jwks.json", self._jwks)
        app.router.add_post("/internal/v1/tokens/check", self._check)
        app.router.add_get("/internal/v1/revocations", self._revocations)
        return app

    async def _jwks(self, _: web.Request) -> web.Response:
        self.keys_fetched += 1
        return web.json_response(self.issuer.jwks(), status=self.status)

    async def _check(self, request: web.Request) -> web.Response:
        self.verifier.verify(request.headers["Authorization"].removeprefix("Bearer "))
        assert (await request.json())["token"]
        return web.json_response({"active": False}, status=self.status)

    async def _revocations(self, request: web.Request) -> web.Response:
        self.verifier.verify(request.headers["Authorization"].removeprefix("Bearer "))
        return web.json_response({"items": self.items}, status=self.status)


class Remote:
    """A service that knows teams only by its address."""

    def __init__(self, url: str, http: aiohttp.ClientSession, issuer: TestIssuer, key: SigningKey) -> None:
        self.issuer = issuer
        client = InternalClient(http, InternalSigner("notes", key.private_text), "teams", url)
        self.revocations = revocations_from(client)
        self.authenticator = Authenticator(RemoteKeys(http, f"{url}/.well-known/jwks.json"), self.revocations)


@pytest.fixture
async def teams() -> Teams:
    return Teams(TestIssuer(), SigningKey.generate())


@pytest.fixture
async def remote(teams: Teams) -> AsyncIterator[Remote]:
    async with serving(teams.app()) as url, aiohttp.ClientSession() as http:
        yield Remote(url, http, teams.issuer, teams.key)


async def test_over_http_a_snapshot_makes_it_trust(teams: Teams, remote: Remote) -> None:
    token = remote.issuer.token(org_id=new_id())
    with pytest.raises(Unauthorized, match="token_revoked"):
        await remote.authenticator.authenticate(token)
    await remote.revocations.on_connected()
    caller = await remote.authenticator.authenticate(token)
    later = (teams.issuer.clock.now() + timedelta(seconds=1)).isoformat()
    teams.items = [{"kind": "user", "user_id": str(caller.user_id), "not_before": later}]
    await remote.revocations.on_connected()
    with pytest.raises(Unauthorized, match="token_revoked"):
        await remote.authenticator.authenticate(token)


async def test_keys_are_fetched_once_and_not_for_every_stranger(teams: Teams, remote: Remote) -> None:
    await remote.revocations.on_connected()
    for _ in range(3):
        await remote.authenticator.authenticate(remote.issuer.token(org_id=new_id()))
        with pytest.raises(Unauthorized, match="token_invalid"):
            await remote.authenticator.authenticate(TestIssuer().token(org_id=new_id()))
    assert teams.keys_fetched == 1


async def test_teams_answers_something_else(teams: Teams, remote: Remote) -> None:
    teams.status = 500
    token = remote.issuer.token(org_id=new_id())
    with pytest.raises(Unavailable, match="authentication_unavailable"):
        await remote.authenticator.authenticate(token)
    with pytest.raises(PeerUnavailable):
        await remote.revocations.on_connected()
    teams.status, teams.items = 200, [{"kind": "surprise"}]
    with pytest.raises(PeerUnavailable):
        await remote.revocations.on_connected()
    assert not remote.revocations.synced


async def test_teams_is_away_altogether() -> None:
    async with aiohttp.ClientSession() as http:
        remote = Remote("http://127.0.0.1:1", http, TestIssuer(), SigningKey.generate())
        with pytest.raises(Unavailable, match="authentication_unavailable"):
            await remote.authenticator.authenticate(remote.issuer.token(org_id=new_id()))
