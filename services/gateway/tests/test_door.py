"""The order of the checks: paths, tokens, foreign pages."""

import pytest

from .parts import Gateway, Teams


@pytest.fixture
def gateway(echo: Gateway) -> Gateway:
    return echo


class TestRouting:
    async def test_unknown_path(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/nothing")
        assert (answer.status, answer.code) == (404, "not_found")
        assert answer.json["request_id"] == answer.headers["X-Request-Id"]

    async def test_wrong_method(self, gateway: Gateway) -> None:
        answer = await gateway.ask("POST", "/v1/echo/7")
        assert (answer.status, answer.code) == (405, "method_not_allowed")
        assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS"

    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
    async def test_internal_paths_do_not_exist(self, gateway: Gateway, method: str) -> None:
        assert (await gateway.ask(method, "/internal/v1/echo")).status == 404

    @pytest.mark.parametrize(
        "target",
        [b"/v1/../internal/v1/echo", b"/v1/%2e%2e/internal/v1/echo", b"//v1/echo", b"/v1%2fecho", b"/v1/echo/%00",
         b"/v1\\echo", b"/v1/echo/%ff", b"/v1/echo/%252e", b"http://evil.example/v1/echo", b"/v1/echo#x"],
    )  # fmt: skip
    async def test_a_path_with_two_readings_is_refused(self, gateway: Gateway, target: bytes) -> None:
        answer = await gateway.raw(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
        assert b'"path_invalid"' in answer

    async def test_the_methods_of_a_path_can_be_asked_for(self, gateway: Gateway) -> None:
        answer = await gateway.ask("OPTIONS", "/v1/echo/7")
        assert (answer.status, answer.headers["Allow"]) == (204, "DELETE, GET, HEAD, OPTIONS")


class TestTokens:
    async def test_a_good_token_passes(self, gateway: Gateway, teams: Teams) -> None:
        answer = await gateway.get("/v1/echo-mine", headers={"Authorization": f"Bearer {teams.token()}"})
        assert answer.status == 200

    async def test_no_token(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/echo-mine")
        assert (answer.status, answer.code) == (401, "authentication_required")
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    async def test_an_expired_token(self, gateway: Gateway, teams: Teams) -> None:
        answer = await gateway.get("/v1/echo-mine", headers={"Authorization": f"Bearer {teams.token(exp=1)}"})
        assert (answer.status, answer.code) == (401, "token_expired")

    async def test_a_forged_token(self, gateway: Gateway, teams: Teams) -> None:
        token = teams.token(key=teams.gateway_key)
        answer = await gateway.get("/v1/echo-mine", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status, answer.code) == (401, "token_invalid")

    async def test_a_token_for_someone_else(self, gateway: Gateway, teams: Teams) -> None:
        answer = await gateway.get("/v1/echo-mine", headers={"Authorization": f"Bearer {teams.token(aud='admin')}"})
        assert (answer.status, answer.code) == (401, "token_invalid")

    async def test_cut_off_from_the_bus_teams_is_asked_each_time(self, gateway: Gateway, teams: Teams) -> None:
        token = teams.token()
        headers = {"Authorization": f"Bearer {token}"}
        assert (await gateway.get("/v1/echo-mine", headers=headers)).status == 200
        teams.inactive.add(token)
        answer = await gateway.get("/v1/echo-mine", headers=headers)
        assert (answer.status, answer.code) == (401, "token_revoked")


async def test_every_answer_is_protected(gateway: Gateway) -> None:
    for path in ("/v1/echo", "/v1/nothing", "/health/live", "/"):
        headers = (await gateway.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in headers
