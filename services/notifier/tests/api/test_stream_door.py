"""Who gets a socket and who does not."""

# ruff: noqa: SIM117
import asyncio

import aiohttp
import pytest

from chassis.testing import TestIssuer
from contracts.ids import new_id


async def test_a_ticket_opens_one_socket(site, acme):
    tale, ada = acme
    bought = await site.ticket(site.headers(ada, tale.org_id))
    async with site.stream(ticket=bought) as socket:
        assert (await site.frame(socket))["type"] == "hello"
    assert await site.refusal(ticket=bought) == (401, "ticket_invalid")


@pytest.mark.parametrize("forged", ["", "x", "x" * 43, "../../etc", "é" * 10])
async def test_a_forged_ticket_opens_nothing(site, forged):
    assert await site.refusal(ticket=forged) == (401, "ticket_invalid")


async def test_an_expired_ticket_opens_nothing(site, acme, redis):
    tale, ada = acme
    bought = await site.ticket(site.headers(ada, tale.org_id))
    (key,) = [key async for key in redis.scan_iter("notifier:ticket:*")]
    assert 0 < await redis.ttl(key) <= 30
    assert bought.encode() not in key + await redis.get(key)
    await redis.delete(key)
    assert await site.refusal(ticket=bought) == (401, "ticket_invalid")


async def test_a_ticket_bought_before_the_removal_opens_nothing(site, acme, person):
    tale, ada = acme
    grace = person("Grace")
    tale.joined(grace, invited_by=ada)
    bought = await site.ticket(site.headers(grace, tale.org_id, role="member"))
    await site.issuer.revocations.on_event(site.removal(tale, grace, ada))
    assert await site.refusal(ticket=bought) == (401, "token_revoked")


async def test_a_member_of_a_suspended_organization_gets_no_socket(site, acme):
    tale, ada = acme
    suspended = site.issuer.headers(user_id=ada.user_id, org_id=tale.org_id, suspended=True)
    assert await site.refusal(suspended) == (403, "organization_suspended")


async def test_without_ticket_or_header_it_is_401(site, person):
    assert await site.refusal() == (401, "authentication_required")
    assert await site.refusal(site.headers(person("Ada"), None)) == (403, "permission_denied")
    assert await site.refusal({"Authorization": "Bearer a.b.c"}) == (401, "token_invalid")


async def test_a_token_in_the_url_is_refused(site, acme):
    tale, ada = acme
    token = site.issuer.token(user_id=ada.user_id, org_id=tale.org_id)
    assert (await site.refusal(access_token=token))[0] == 422
    assert await site.refusal(ticket=token[:200]) == (401, "ticket_invalid")


@pytest.mark.parametrize("query", [{"cursor": "x"}, {"cursor": -1}, {"cursor": 2**63}, {"epoch": "x"}])
async def test_a_wrong_cursor_is_422(site, acme, query):
    tale, ada = acme
    assert (await site.refusal(site.headers(ada, tale.org_id), **query))[0] == 422


async def test_only_our_pages_may_open_it(site, acme):
    tale, ada = acme
    headers = site.headers(ada, tale.org_id)
    for origin in ("https://evil.example", "null", "http://localhost:8080.evil.example", "http://localhost:80801"):
        assert await site.refusal(headers | {"Origin": origin}) == (403, "origin_not_allowed")
    async with site.stream(headers | {"Origin": "http://localhost:8080"}) as socket:
        assert (await site.frame(socket))["type"] == "hello"


async def test_a_plain_request_is_told_to_upgrade(site, acme):
    tale, ada = acme
    status, problem = await site.call("GET", "/v1/stream", headers=site.headers(ada, tale.org_id))
    assert (status, problem["code"]) == (426, "upgrade_required")


async def test_one_person_cannot_take_all_sockets(site_with, settings, acme):
    tale, ada = acme
    async with site_with(settings(sockets_per_user=2), TestIssuer()) as site:
        headers = site.headers(ada, tale.org_id)
        async with site.stream(headers) as one, site.stream(headers) as two:
            await site.frame(one)
            await site.frame(two)
            assert await site.refusal(headers) == (429, "too_many_sockets")
        await wait_until_free(site, headers)


async def wait_until_free(site, headers):
    async with asyncio.timeout(5):
        while True:
            try:
                async with site.stream(headers) as socket:
                    await site.frame(socket)
                    return
            except aiohttp.WSServerHandshakeError:
                await asyncio.sleep(0.02)


async def test_one_address_cannot_take_all_sockets(site_with, settings, acme, person):
    tale, ada = acme
    async with site_with(settings(sockets_per_address=1), TestIssuer()) as site:
        async with site.stream(site.headers(ada, tale.org_id)) as one:
            await site.frame(one)
            assert await site.refusal(site.headers(person("Eve"), new_id())) == (429, "too_many_sockets")
            behind = site.headers(person("Eve"), new_id()) | {"X-Forwarded-For": "203.0.113.9"}
            async with site.stream(behind) as other:
                await site.frame(other)


async def test_compression_is_off(site, acme):
    tale, ada = acme
    async with site.http.ws_connect(
        f"{site.url}/v1/stream", headers=site.headers(ada, tale.org_id), compress=15
    ) as socket:
        assert socket.compress == 0


async def test_a_crowd_that_comes_back_at_once_is_let_in(site_with, settings, acme, person):
    tale, _ = acme
    async with site_with(settings(database_pool_size=2, heartbeat_seconds=5), TestIssuer()) as site:
        crowd = [site.headers(person(f"P{number}"), tale.org_id, role="member") for number in range(100)]
        opening = [site.http.ws_connect(f"{site.url}/v1/stream", headers=headers) for headers in crowd]
        sockets = await asyncio.gather(*opening)
        listing = asyncio.create_task(site.call("GET", "/v1/notifications", headers=crowd[0]))
        hellos = await asyncio.gather(*(site.frame(socket) for socket in sockets))
        assert {hello["type"] for hello in hellos} == {"hello"}
        assert (await listing)[0] == 200
        await asyncio.gather(*(socket.close() for socket in sockets))
