"""From Stripe's JSON to an invoice of ours."""

import pytest

from billing.domain.invoices import announces_failure, read_invoice
from billing.domain.subscriptions import Unreadable


def test_amounts_are_whole_minor_units_and_the_owner_is_on_the_subscription(stripe_tells):
    told = stripe_tells()
    found = read_invoice(told.invoice("paid", total=0, currency="jpy"))
    assert (found.state.total, found.state.paid, found.state.currency) == (0, 0, "jpy")
    assert found.organization_id == told.org_id
    assert read_invoice(told.invoice(parent=None)).organization_id is None


def test_what_is_no_invoice_is_not_guessed_at(stripe_tells):
    for raw in ({"id": "in_1"}, stripe_tells().invoice("lost")):
        with pytest.raises(Unreadable):
            read_invoice(raw)


@pytest.mark.parametrize(
    ("status", "failed", "attempts", "tells"),
    [
        ("open", True, (1, 0), True),
        ("open", True, (1, 1), False),
        ("open", True, (2, 1), True),
        ("open", False, (1, 0), False),
        ("paid", True, (1, 0), False),
        ("void", True, (1, 0), False),
    ],
)
def test_a_failure_is_told_once_an_attempt_and_not_once_it_is_settled(stripe_tells, status, failed, attempts, tells):
    state = read_invoice(stripe_tells().invoice(status, attempt_count=attempts[0])).state
    assert announces_failure(state, failed, attempts[1]) is tells
