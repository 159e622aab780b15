"""Which headers a service sees, and which requests are refused for theirs."""

import json

import pytest

from .echo import seen
from .parts import Gateway


@pytest.fixture
def gateway(echo: Gateway) -> Gateway:
    return echo


class TestHeaders:
    async def test_identity_is_dropped_in_every_spelling(self, gateway: Gateway) -> None:
        names = [
            "X-User-Id", "X_User_Id", "x-USER_id", "X-Org-Id", "X_Org_Id", "X-Forwarded-User", "X-Internal-Token",
            "Forwarded", "X-Real-Ip", "X-Request_Id", "X-Original-Url", "X-Rewrite-Url", "X-Http-Method-Override",
            "Proxy-Authorization", "X-Actor",
        ]  # fmt: skip
        answer = await gateway.get("/v1/echo", headers=dict.fromkeys(names, "evil"))
        assert answer.status == 200
        assert "evil" not in json.dumps(answer.json["headers"])

    async def test_what_the_client_says_about_its_address_is_replaced(self, gateway: Gateway) -> None:
        forged = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
        headers = seen(await gateway.get("/v1/echo", headers=forged))
        assert headers["x-forwarded-for"] == ["127.0.0.1"]
        assert headers["x-forwarded-proto"] == ["http"]
        assert headers["x-forwarded-host"] == [f"127.0.0.1:{gateway.port}"]

    async def test_what_belongs_to_the_request_arrives(self, gateway: Gateway) -> None:
        given = {
            "Authorization": "Bearer x", "Idempotency-Key": "k", "If-Match": '"3"', "Cookie": "a=b",
            "Accept-Language": "de", "Stripe-Signature": "t=1", "Content-Type": "application/json", "User-Agent": "me",
        }  # fmt: skip
        headers = seen(await gateway.ask("POST", "/v1/echo", data=b"{}", headers=given))
        assert {name.lower(): [value] for name, value in given.items()}.items() <= headers.items()

    async def test_a_service_learns_how_long_it_has(self, gateway: Gateway) -> None:
        assert seen(await gateway.get("/v1/echo"))["x-request-deadline-ms"] == ["30000"]

    async def test_a_sane_request_id_is_kept_and_returned(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/echo", headers={"X-Request-Id": "my-request-1"})
        assert seen(answer)["x-request-id"] == ["my-request-1"]
        assert answer.headers.getall("X-Request-Id") == ["my-request-1"]

    async def test_an_odd_request_id_is_replaced(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/echo", headers={"X-Request-Id": "a b<script>"})
        assert seen(answer)["x-request-id"] == [answer.headers["X-Request-Id"]]
        assert "script" not in answer.headers["X-Request-Id"]

    async def test_a_trace_is_continued_with_a_span_of_our_own(self, gateway: Gateway) -> None:
        given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        (parent,) = seen(await gateway.get("/v1/echo", headers={"traceparent": given}))["traceparent"]
        assert parent.split("-")[1] == given.split("-")[1]
        assert parent.split("-")[2] != given.split("-")[2]

    async def test_a_trace_is_started_where_there_is_none(self, gateway: Gateway) -> None:
        (parent,) = seen(await gateway.get("/v1/echo", headers={"traceparent": "nonsense"}))["traceparent"]
        assert len(parent.split("-")[1]) == 32

    async def test_what_connection_names_is_not_passed_on(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/echo", headers={"Connection": "keep-alive, X-Mine", "X-Mine": "1"})
        assert "x-mine" not in seen(answer)

    @pytest.mark.parametrize(
        "name", ["Authorization", "content-length", "Host", "Cookie", "Idempotency-Key", "Content-Type", "If-Match"]
    )
    async def test_connection_strips_nothing_that_matters(self, gateway: Gateway, name: str) -> None:
        answer = await gateway.get("/v1/echo", headers={"Connection": f"close, {name}", "Authorization": "Bearer x"})
        assert (answer.status, answer.code) == (400, "headers_invalid")

    async def test_a_service_says_nothing_about_connection_or_itself(self, gateway: Gateway) -> None:
        headers = (await gateway.get("/v1/echo")).headers
        assert "Server" not in headers
        assert "X-Own" not in headers
        assert headers["ETag"] == '"3"'

    async def test_headers_that_are_too_large_are_refused(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/echo", headers={"X-Large": "x" * 20_000})
        assert (answer.status, answer.code) == (431, "headers_too_large")

    async def test_headers_beyond_the_parser_are_refused_too(self, gateway: Gateway) -> None:
        answer = await gateway.raw(b"GET /v1/echo HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000 + b"\r\n\r\n")
        assert answer.startswith((b"HTTP/1.0 431 ", b"HTTP/1.1 431 "))
        assert b'"headers_too_large"' in answer

    async def test_a_url_that_is_too_long_is_refused(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/echo?" + "x" * 9_000)
        assert (answer.status, answer.code) == (414, "target_too_long")
