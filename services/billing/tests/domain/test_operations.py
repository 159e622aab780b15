"""When an idempotency key is of no use any more, and when a failed attempt is followed by another."""

from dataclasses import replace
from datetime import timedelta

from billing.domain.operations import Kind, Operation, wait_after
from billing.domain.subscriptions import instant
from contracts.ids import new_id

NOW = instant(1_800_000_000)
OPERATION = Operation(
    id=new_id(),
    org_id=new_id(),
    kind=Kind.CREATE_CUSTOMER,
    parameters={},
    state="pending",
    generation=1,
    look_first=False,
    attempts=0,
    first_tried_at=None,
    last_tried_at=None,
    error_code=None,
    error_detail=None,
    actor="system:test",
    correlation_id="c",
    traceparent=None,
    created_at=NOW,
    finished_at=None,
)


def test_a_key_is_the_same_at_each_attempt_and_another_in_each_generation():
    assert OPERATION.key("x") == replace(OPERATION, attempts=7).key("x")
    assert OPERATION.key("x") != replace(OPERATION, generation=2).key("x")
    assert OPERATION.key("x") != OPERATION.key("y")


def test_a_key_is_trusted_for_23_hours():
    tried = replace(OPERATION, first_tried_at=NOW - timedelta(hours=23))
    assert not OPERATION.must_look_first(NOW)
    assert not tried.must_look_first(NOW)
    assert tried.must_look_first(NOW + timedelta(seconds=1))
    assert replace(OPERATION, look_first=True).must_look_first(NOW)


def test_waits_double_to_five_minutes():
    assert [wait_after(n, 1).total_seconds() for n in (0, 1, 2, 8, 9, 400)] == [1, 2, 4, 256, 300, 300]
    assert wait_after(0, 0).total_seconds() == 0.5
