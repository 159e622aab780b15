"""Against a server that says what the test tells it to: what is sent again, under which key, and what is raised."""

import asyncio
import json
from collections.abc import Callable
from threading import Thread

import httpx
import pytest

from objectalabs import (
    ApiKey,
    AsyncClient,
    Changed,
    Client,
    Failed,
    NotAllowed,
    Patience,
    Refused,
    Session,
    SignInNeeded,
    TooFast,
    etag,
    every,
    every_async,
)
from objectalabs.errors import problem_of

Answer = httpx.Response | httpx.TransportError
QUICK = Patience(first_pause=0.001, longest_pause=0.01)


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    body = {"status": status, "code": code, "detail": "No.", "request_id": "r-1"}
    body["errors"] = [{"pointer": "/email", "code": "email_invalid", "detail": "No @."}]
    return httpx.Response(
        status, content=json.dumps(body), headers={"Content-Type": "application/problem+json", **headers}
    )


class Script:
    """Answers in order, and what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer

    @property
    def keys(self) -> set[str | None]:
        return {request.headers.get("Idempotency-Key") for request in self.seen}


def client(answer: Callable[[httpx.Request], httpx.Response], credentials: ApiKey | Session | None = None) -> Client:
    http = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://api")
    return Client("http://api", credentials, QUICK, http)


def async_client(
    answer: Callable[[httpx.Request], httpx.Response], credentials: ApiKey | Session | None = None
) -> AsyncClient:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://api")
    return AsyncClient("http://api", credentials, QUICK, http)


LOST = httpx.ReadError("the connection broke")


def busy() -> httpx.Response:
    return problem(503, "service_unavailable")


def done() -> httpx.Response:
    return httpx.Response(201, json={"id": "1"})


def test_a_write_is_tried_again_under_one_key_until_it_is_done() -> None:
    script = Script(LOST, busy(), done())
    assert client(script).send("post", "/v1/invitations", json={"email": "a"}).json() == {"id": "1"}
    assert len(script.seen) == 3
    assert len(script.keys) == 1
    assert None not in script.keys


async def test_the_same_for_asyncio() -> None:
    script = Script(LOST, busy(), done())
    assert (await async_client(script).send("post", "/v1/invitations", json={"email": "a"})).json() == {"id": "1"}
    assert len(script.seen) == 3
    assert len(script.keys) == 1


def test_two_writes_have_two_keys_and_a_read_has_none() -> None:
    script = Script(done(), done(), httpx.Response(200, json={}))
    asking = client(script)
    asking.send("post", "/v1/invitations")
    asking.send("post", "/v1/invitations")
    asking.send("get", "/v1/me")
    assert len(script.keys) == 3
    assert "Idempotency-Key" not in script.seen[2].headers


def test_a_key_of_ones_own_is_kept() -> None:
    script = Script(done())
    client(script).send("post", "/v1/invitations", headers={"Idempotency-Key": "mine"})
    assert script.keys == {"mine"}


def test_it_gives_up_in_the_end_and_says_why() -> None:
    with pytest.raises(Failed) as failed:
        client(Script(busy(), busy(), busy(), busy())).send("get", "/v1/me")
    assert (failed.value.status, failed.value.code) == (503, "service_unavailable")
    with pytest.raises(httpx.ReadError):
        client(Script(*[LOST] * 4)).send("get", "/v1/me")


def test_a_refusal_is_typed_and_not_tried_again() -> None:
    script = Script(problem(422, "validation_failed"))
    with pytest.raises(Refused) as refused:
        client(script).send("post", "/v1/invitations")
    assert len(script.seen) == 1
    assert refused.value.request_id == "r-1"
    assert [(one.pointer, one.code) for one in refused.value.fields] == [("/email", "email_invalid")]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Refused), (401, SignInNeeded), (403, NotAllowed), (412, Changed), (429, TooFast), (500, Failed)],
)
def test_each_status_has_its_kind(status: int, kind: type[Exception]) -> None:
    assert type(problem_of(problem(status, "why"))) is kind


def test_a_missing_permission_is_named() -> None:
    body = {"status": 403, "code": "permission_denied", "detail": "No.", "permission": "members:invite"}
    answer = httpx.Response(403, json=body, headers={"Content-Type": "application/problem+json"})
    assert problem_of(answer).permission == "members:invite"
    assert problem_of(problem(403, "suspended")).permission is None


def test_what_is_no_problem_document_is_still_told() -> None:
    answer = httpx.Response(502, text="<html>", headers={"X-Request-Id": "r-2"})
    told = problem_of(answer)
    assert (told.code, told.request_id) == ("unexplained", "r-2")


def test_what_the_api_asks_for_is_waited() -> None:
    patience = Patience(longest_pause=5)
    assert patience.pause(1, problem(429, "too_many_requests", **{"Retry-After": "3"})) == 3
    assert patience.pause(1, problem(429, "too_many_requests", **{"Retry-After": "60"})) == 5
    assert 0 <= patience.pause(1, None) <= 0.4
    assert problem_of(problem(429, "x", **{"Retry-After": "3"})).retry_after == 3


class Tokens:
    """Takes one access token, and gives a new one for a refresh token."""

    def __init__(self) -> None:
        self.refreshed = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/auth/refresh":
            self.refreshed += 1
            return httpx.Response(200, json={"access_token": "new", "refresh_token": "next"})
        if request.headers.get("Authorization") == "Bearer new":
            return httpx.Response(200, json={})
        return problem(401, "token_invalid")


def test_threads_renew_an_ended_token_once() -> None:
    server, heard = Tokens(), []
    session = Session("old", "first", lambda changed: heard.append(changed.refresh_token))
    asking = client(server, session)
    threads = [Thread(target=asking.send, args=("get", "/v1/me")) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (server.refreshed, session.access_token, heard) == (1, "new", ["next"])


async def test_tasks_renew_an_ended_token_once() -> None:
    server, session = Tokens(), Session("old", "first")
    asking = async_client(server, session)
    answers = await asyncio.gather(*(asking.send("get", "/v1/me") for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert server.refreshed == 1


def test_a_sign_in_that_has_ended_is_said_to_have() -> None:
    script = Script(problem(401, "token_invalid"), problem(401, "refresh_refused"))
    with pytest.raises(SignInNeeded) as ended:
        client(script, Session("old", "old")).send("get", "/v1/me")
    assert ended.value.code == "refresh_refused"


def test_a_key_is_shown_and_never_renewed() -> None:
    script = Script(problem(401, "token_invalid"))
    with pytest.raises(SignInNeeded):
        client(script, ApiKey("obk_1")).send("get", "/v1/me")
    assert [request.headers["Authorization"] for request in script.seen] == ["Bearer obk_1"]


class FakePage:
    def __init__(self, items: list[str], next_cursor: str | None) -> None:
        self.items, self.next_cursor = items, next_cursor


PAGES = {None: FakePage(["a", "b"], "c1"), "c1": FakePage(["c"], None)}


async def test_every_page_is_asked_for() -> None:
    async def ask(cursor: str | None = None, **_: object) -> FakePage:
        return PAGES[cursor]

    assert list(every(lambda cursor=None, **_: PAGES[cursor], client=None)) == ["a", "b", "c"]
    assert [item async for item in every_async(ask, client=None)] == ["a", "b", "c"]


def test_an_etag_is_quoted() -> None:
    assert etag(3) == '"3"'
