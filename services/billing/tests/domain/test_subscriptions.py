"""From Stripe's JSON to a state of ours."""

import pytest

from billing.domain.subscriptions import Unreadable, entitlements_of, monthly, read_subscription


def test_seats_and_revenue_follow_from_price_and_quantity(stripe_tells, catalogue):
    found = read_subscription(stripe_tells().subscription("pro", 3), catalogue)
    assert (found.state.plan, found.state.seats, found.state.mrr) == ("pro", 3, 14700)


def test_a_flat_plan_has_its_own_seats(stripe_tells, catalogue):
    assert read_subscription(stripe_tells().subscription("starter", 1), catalogue).state.seats == 10


def test_a_year_is_worth_a_twelfth_a_month(stripe_tells, catalogue):
    assert read_subscription(stripe_tells().subscription("pro", 3, interval="year"), catalogue).state.mrr == 12250


@pytest.mark.parametrize(("amount", "worth"), [(0, 0), (5, 0), (6, 1), (7, 1), (18, 2), (29000, 2417)])
def test_revenue_of_a_year_is_rounded_to_the_minor_unit(amount, worth):
    assert monthly(amount, "year") == worth


@pytest.mark.parametrize(("status", "mrr"), [("active", 9800), ("past_due", 9800), ("trialing", 0), ("canceled", 0)])
def test_only_what_is_paid_for_is_revenue(stripe_tells, catalogue, status, mrr):
    assert read_subscription(stripe_tells().subscription("pro", 2, status=status), catalogue).state.mrr == mrr


@pytest.mark.parametrize("status", ["unpaid", "canceled", "incomplete", "paused", "incomplete_expired"])
def test_who_does_not_pay_is_entitled_to_what_everybody_is(stripe_tells, catalogue, status):
    state = read_subscription(stripe_tells().subscription("pro", 2, status=status), catalogue).state
    assert entitlements_of(state, catalogue) == catalogue.free()
    assert entitlements_of(None, catalogue) == catalogue.free()


def test_a_payment_being_retried_takes_nothing_away_yet(stripe_tells, catalogue):
    state = read_subscription(stripe_tells().subscription("pro", 2, status="past_due"), catalogue).state
    assert entitlements_of(state, catalogue).plan == "pro"


def test_what_we_do_not_sell_is_not_guessed_at(stripe_tells, catalogue):
    told = stripe_tells().subscription("pro")
    twice = told | {"items": {"data": told["items"]["data"] * 2}}
    foreign = told | {"items": {"data": [told["items"]["data"][0] | {"price": {"id": "price_x"}}]}}
    for raw in (twice, foreign, told | {"status": "dreaming"}, {"id": "sub_1"}):
        with pytest.raises(Unreadable):
            read_subscription(raw, catalogue)
