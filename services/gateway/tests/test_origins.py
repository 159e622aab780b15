"""Pages of other origins."""

import pytest

from .parts import Gateway


@pytest.fixture
def gateway(echo: Gateway) -> Gateway:
    return echo


class TestForeignPages:
    own = "https://app.example"

    async def test_preflight_of_a_page_on_the_list(self, gateway: Gateway) -> None:
        asked = {"Origin": self.own, "Access-Control-Request-Method": "DELETE"}
        headers = (await gateway.ask("OPTIONS", "/v1/echo/7", headers=asked)).headers
        assert headers["Access-Control-Allow-Origin"] == self.own
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert headers["Access-Control-Allow-Methods"] == "DELETE, GET, HEAD, OPTIONS"
        assert "Authorization" in headers["Access-Control-Allow-Headers"]
        assert "Origin" in headers["Vary"]

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://app.example.evil.example"])
    async def test_preflight_of_another_page(self, gateway: Gateway, origin: str) -> None:
        asked = {"Origin": origin, "Access-Control-Request-Method": "DELETE"}
        answer = await gateway.ask("OPTIONS", "/v1/echo/7", headers=asked)
        assert (answer.status, answer.code) == (403, "origin_not_allowed")
        assert "Access-Control-Allow-Origin" not in answer.headers

    async def test_a_page_on_the_list_may_read_answers_and_problems(self, gateway: Gateway) -> None:
        for path in ("/v1/echo", "/v1/nothing"):
            answer = await gateway.get(path, headers={"Origin": self.own})
            assert answer.headers["Access-Control-Allow-Origin"] == self.own

    async def test_another_page_may_write_nothing(self, gateway: Gateway) -> None:
        answer = await gateway.ask("POST", "/v1/echo", headers={"Origin": "https://evil.example"})
        assert (answer.status, answer.code) == (403, "origin_not_allowed")

    async def test_our_own_page_may(self, gateway: Gateway) -> None:
        answer = await gateway.ask("POST", "/v1/echo", headers={"Origin": gateway.url})
        assert answer.status == 200
