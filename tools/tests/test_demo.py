"""The demo's own small parts; the story itself is told against the running platform."""

from typing import Any

import pytest

from demo import figures
from demo.failure import DemoFailed
from demo.mails import InvitationMail
from demo.narrator import Narrator
from demo.platform import Platform
from demo.stripe_account import StripeAccount
from demo.tracing import new_trace_id, trace_id_of, traceparent
from demo.waiting import until


def test_a_traceparent_carries_its_trace() -> None:
    trace_id = new_trace_id()
    assert trace_id_of(traceparent(trace_id)) == trace_id
    assert trace_id_of(None) is None
    assert trace_id_of("nonsense") is None


def test_the_token_is_what_follows_the_fragment() -> None:
    mail = InvitationMail("s", "f", "http://localhost:8080/invitations/accept#token=a_b-c")
    assert mail.token == "a_b-c"


async def test_a_platform_that_is_not_there_is_one_sentence() -> None:
    async with Platform("http://127.0.0.1:1") as platform:
        with pytest.raises(DemoFailed, match=r"127\.0\.0\.1:1 does not answer .* is `make up` done"):
            await platform.login("a@example.com", "x")


def test_a_step_shows_its_time_once_it_happened(capsys: pytest.CaptureFixture[str]) -> None:
    with Narrator().step("Ada registers"):
        pass
    line = capsys.readouterr().out
    assert line.startswith("  ✓  1. Ada registers")
    assert line.rstrip().endswith("ms")


def test_a_step_that_fails_is_not_ticked_off(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DemoFailed), Narrator().step("Ada registers"):
        raise DemoFailed("no")
    assert "✓" not in capsys.readouterr().out


async def test_a_stripe_that_is_not_there_is_one_sentence() -> None:
    async with StripeAccount("http://127.0.0.1:1") as stripe:
        with pytest.raises(DemoFailed, match=r"127\.0\.0\.1:1 does not answer: is `make up` done"):
            await stripe.change_plan("an organization", "pro_month_v1", 3)


async def test_what_does_not_happen_is_named_with_what_to_do() -> None:
    async def never() -> str | None:
        return None

    with pytest.raises(DemoFailed, match="the change did not happen within 0 s: look there"):
        await until("the change", never, seconds=0, help="look there")


def overview(**otherwise: int) -> dict[str, Any]:
    totals = {name: {"value": value} for name, value in (figures.TOTALS | otherwise).items()}
    return {"totals": totals, "mrr": figures.MRR, "top_events": [{"name": "subscription.updated", "count": 2}]}


def test_figures_are_complete_only_where_they_are_exact() -> None:
    assert figures.complete(overview())
    assert not figures.complete(overview(sign_ups=1))
    assert not figures.complete(overview() | {"mrr": []})
    assert not figures.complete(overview() | {"top_events": []})


def test_what_was_counted_twice_is_named() -> None:
    assert figures.over(overview()) == []
    assert figures.over(overview(members_joined=3)) == ["members_joined"]
