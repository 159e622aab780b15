"""Keys, versions, idempotency, faults and errors, as they are on the wire."""

import asyncio
from typing import Any

import aiohttp
import pytest
import stripe

from stripe_simulator import API_VERSION
from stripe_simulator.server import Running

KEY = {"Authorization": "Bearer sk_test_1"}
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "expected"),
    [
        ("GET", "/v1/customers", {}, None, 401, {"type": "invalid_request_error"}),
        ("GET", "/v1/customers", {"Authorization": "Bearer nonsense"}, None, 401, {"type": "invalid_request_error"}),
        ("GET", "/v1/customers", {"Authorization": "Basic !"}, None, 401, {"type": "invalid_request_error"}),
        ("GET", "/v1/treasury/anything", KEY, None, 404, {"type": "invalid_request_error"}),
        ("DELETE", "/v1/customers", KEY, None, 404, {"type": "invalid_request_error"}),
        ("POST", "/v2/core/events", KEY, "", 404, {"type": "invalid_request_error"}),
        ("GET", "/", {**KEY, "Stripe-Version": "2019-01-01"}, None, 200, None),
        ("GET", "/v1/customers", {**KEY, "Stripe-Version": "2019-01-01"}, None, 400, {"type": "invalid_request_error"}),
        ("GET", "/v1/customers?limit=0", KEY, None, 400, {"param": "limit"}),
        ("GET", "/v1/customers?limit=101", KEY, None, 400, {"param": "limit"}),
        ("GET", "/v1/customers/cus_none", KEY, None, 404, {"param": "id", "code": "resource_missing"}),
        ("POST", "/v1/customers", KEY, "a[b=c", 400, {"param": "a[b"}),
        ("POST", "/v1/customers", KEY, "name=a&name[b]=c", 400, {"param": "name[b]"}),
        ("POST", "/v1/customers", KEY, "metadata=text", 400, {"param": "metadata"}),
        ("POST", "/v1/customers", KEY, "a" + "[b]" * 20 + "=c", 400, {"type": "invalid_request_error"}),
        ("POST", "/v1/customers", KEY, "expand[]=nothing", 400, {"param": "expand"}),
        ("POST", "/v1/customers", {**KEY, "Content-Type": "application/json"}, "{}", 400, {}),
    ],
)
async def test_bad_requests_get_stripes_error(
    *,
    simulator: Running,
    method: str,
    path: str,
    headers: dict[str, str],
    body: str | None,
    status: int,
    expected: dict[str, str] | None,
) -> None:
    sent = {"Content-Type": FORM, **headers} if body is not None else headers
    async with aiohttp.ClientSession(simulator.url) as http, http.request(method, path, headers=sent, data=body) as got:
        assert got.status == status, await got.text()
        if expected is not None:
            error = (await got.json())["error"]
            assert {name: error.get(name) for name in expected} == expected
            assert error["message"]
            assert got.headers["Request-Id"].startswith("req_")


async def test_a_basic_key_and_the_headers_of_an_answer(simulator: Running) -> None:
    headers = {"Authorization": aiohttp.encode_basic_auth("sk_test_1", "")}
    async with aiohttp.ClientSession(simulator.url, headers=headers) as http, http.get("/v1/customers") as got:
        assert (got.status, got.headers["Stripe-Version"]) == (200, API_VERSION)
        assert await got.json() == {"object": "list", "data": [], "has_more": False, "url": "/v1/customers"}


async def test_metadata_keys_may_be_numbers(api: stripe.StripeClient) -> None:
    made = await api.v1.customers.create_async({"metadata": {"0": "zero", "1": "one"}})
    assert made.metadata is not None
    assert made.metadata.to_dict() == {"0": "zero", "1": "one"}


async def test_a_key_gets_its_first_answer_again(simulator: Running) -> None:
    headers = {**KEY, "Idempotency-Key": "once"}
    async with aiohttp.ClientSession(simulator.url, headers=headers) as http:
        first = await http.post("/v1/customers", data={"name": "Ada"})
        again = await http.post("/v1/customers", data={"name": "Ada"})
        assert await again.text() == await first.text()
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.headers["Original-Request"] == first.headers["Request-Id"]
        other = await http.post("/v1/customers", data={"name": "Eve"})
        assert (other.status, (await other.json())["error"]["type"]) == (400, "idempotency_error")
        elsewhere = await http.post("/v1/products", data={"name": "Ada"})
        assert elsewhere.status == 400
        listed = await (await http.get("/v1/customers")).json()
        assert len(listed["data"]) == 1


async def test_a_refused_request_leaves_its_key_free(api: stripe.StripeClient) -> None:
    options: Any = {"idempotency_key": "k"}
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.customers.create_async({"name": "A", "colour": "red"}, options)  # type: ignore[typeddict-unknown-key]
    assert (await api.v1.customers.create_async({"name": "A"}, options)).name == "A"


async def test_a_key_is_forgotten_after_a_day(api: stripe.StripeClient, control: Any) -> None:
    options: Any = {"idempotency_key": "k"}
    first = await api.v1.customers.create_async({"name": "A"}, options)
    await control.advance(days=1.1)
    assert (await api.v1.customers.create_async({"name": "A"}, options)).id != first.id


async def test_two_at_once_with_one_key_conflict(simulator: Running, control: Any) -> None:
    await control.fault("slow", seconds=0.5)
    headers = {**KEY, "Idempotency-Key": "once"}
    async with aiohttp.ClientSession(simulator.url, headers=headers) as http:
        answers = await asyncio.gather(*(http.post("/v1/customers", data={"name": "Ada"}) for _ in range(3)))
        assert sorted(answer.status for answer in answers) == [200, 409, 409]
        refused = next(answer for answer in answers if answer.status == 409)
        assert (await refused.json())["error"]["code"] == "idempotency_key_in_use"


async def test_the_sdk_retries_what_was_cut_off_and_nothing_happens_twice(simulator: Running, control: Any) -> None:
    http = stripe.AIOHTTPClient()
    client = stripe.StripeClient(
        "sk_test_1", base_addresses={"api": simulator.url}, http_client=http, max_network_retries=2
    )
    await control.fault("timeout_after_commit", seconds=0, match={"path": "/v1/customers"})
    made = await client.v1.customers.create_async({"name": "Ada"})
    assert [c.id for c in (await client.v1.customers.list_async()).data] == [made.id]
    posts = [seen for seen in await control.requests() if seen["method"] == "POST"]
    assert [(seen["fault"], seen["replayed"]) for seen in posts] == [("timeout_after_commit", False), (None, True)]
    await http.close_async()


async def test_faults_are_counted_and_matched(api: stripe.StripeClient, control: Any) -> None:
    await control.fault("http_429", match={"method": "POST", "path": "/v1/products"})
    await control.fault("http_500", match={"path": "/v1/cust*"})
    with pytest.raises(stripe.APIError) as broken:
        await api.v1.customers.create_async({"name": "Ada"})
    assert broken.value.http_status == 500
    with pytest.raises(stripe.RateLimitError):
        await api.v1.products.create_async({"name": "Pro"})
    await api.v1.products.create_async({"name": "Pro"})
    assert (await api.v1.customers.list_async()).data == []


async def test_a_reset_forgets(api: stripe.StripeClient, control: Any, receiver: Any) -> None:
    await api.v1.customers.create_async({"name": "Ada"})
    await control.advance(days=3)
    assert (await control.http.post("/_control/reset")).status == 204
    assert (await api.v1.customers.list_async()).data == []
    assert (await (await control.http.get("/_control/clock")).json())["ahead"] == 0
    assert [endpoint.url for endpoint in (await api.v1.webhook_endpoints.list_async()).data] == [receiver.url]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_control/faults", {"kind": "explode"}),
        ("/_control/clock", {"to": 1}),
        ("/_control/clock", {}),
        ("/_control/clock", {"to": 9e9, "days": 1}),
    ],
)
async def test_the_control_api_refuses_what_it_does_not_know(control: Any, path: str, body: Any) -> None:
    answer = await control.http.post(path, json=body)
    assert (answer.status in (400, 422), answer.content_type) == (True, "application/problem+json")
