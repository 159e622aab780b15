"""Who hears of an organization's money, and in which words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.billing import (
    EntitlementsChangedV1,
    InvoicePaymentFailedV1,
    SubscriptionCanceledV1,
    SubscriptionUpdatedV1,
)
from contracts.ids import new_id
from contracts.money import Money
from notifier.live import Invalidation
from notifier.money import money_name, plan_name

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Heard:
    """Remembers what sockets would be told."""

    def __init__(self) -> None:
        self.signals: list[Any] = []

    async def publish(self, signals) -> None:
        self.signals += signals


def subscription(model, org_id, **changes):
    values = {
        "subscription_id": new_id(),
        "organization_id": org_id,
        "plan": "pro",
        "version_of_plan": 1,
        "interval": "month",
        "seats": 3,
        "status": "active",
        "mrr": Money(amount=14700, currency="usd"),
        "current_period_start": NOW,
        "current_period_end": NOW,
        "trial_end": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
    }
    return model(**(values | changes))


def failed(org_id):
    return InvoicePaymentFailedV1(
        invoice_id=new_id(),
        organization_id=org_id,
        number="OBL-1",
        status="open",
        total=Money(amount=1234567, currency="usd"),
        paid=Money(amount=0, currency="usd"),
        attempt_count=1,
        period_start=NOW,
        period_end=NOW,
        created_at=NOW,
        failure_code=None,
    )


@pytest.fixture
def company(story, person):
    """An owner, a billing manager, an admin and a member."""
    tale, people = story(), {name: person(name) for name in ("Olga", "Bill", "Anna", "Max")}
    tale.founded(people["Olga"])
    for name, role in (("Bill", "billing_manager"), ("Anna", "admin"), ("Max", "member")):
        tale.joined(people[name], role)
    return tale, people


@pytest.fixture
def readers(rows, company):
    async def look(event):
        _, people = company
        names = {person.user_id: name for name, person in people.items()}
        found = await rows(
            "SELECT user_id, title, body, category, kind FROM notifications WHERE event_id = $1", event.id
        )
        return {names[row["user_id"]]: row for row in found}

    return look


async def test_another_plan_is_told_to_those_who_pay(company, deliver, readers):
    tale, _ = company
    event = tale.state(
        subscription(SubscriptionUpdatedV1, tale.org_id, previous_plan="free", previous_status="active"), 2
    )
    live = Heard()
    await deliver(*tale.events, live=live)
    told = await readers(event)
    assert set(told) == {"Olga", "Bill"}
    assert told["Bill"]["title"] == "Acme is now on Pro"
    assert told["Bill"]["body"] == "Acme has 3 seats on the plan Pro, billed by the month."
    assert (told["Bill"]["category"], told["Bill"]["kind"]) == ("billing", "subscription.updated")
    assert Invalidation(("billing",), org_id=tale.org_id) in live.signals


async def test_other_seats_are_no_news(company, deliver, readers):
    tale, _ = company
    event = tale.state(
        subscription(SubscriptionUpdatedV1, tale.org_id, previous_plan="pro", previous_status="active"), 3
    )
    await deliver(*tale.events)
    assert await readers(event) == {}


async def test_a_failed_payment_and_an_end_are_told(company, deliver, readers):
    tale, _ = company
    failure = tale.state(failed(tale.org_id), 2)
    end = tale.state(subscription(SubscriptionCanceledV1, tale.org_id, status="canceled"), 4)
    await deliver(*reversed(tale.events))
    assert set(await readers(failure)) == set(await readers(end)) == {"Olga", "Bill"}
    assert "$12,345.67 for invoice OBL-1" in (await readers(failure))["Olga"]["body"]


async def test_what_nobody_is_told_still_refreshes_open_pages(company, deliver):
    tale, _ = company
    quiet = EntitlementsChangedV1(organization_id=tale.org_id, plan="pro", seats=3, features=(), limits={})
    live = Heard()
    await deliver(tale.state(quiet, 1), live=live)
    assert live.signals == [Invalidation(("billing",), org_id=tale.org_id)]


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (4900, "usd", "$49.00"),
        (5, "eur", "€0.05"),
        (-123456, "gbp", "-£1,234.56"),
        (500, "jpy", "¥500"),
        (1250, "kwd", "KWD 1.250"),
        (100, "chf", "CHF 1.00"),
    ],
)
def test_money_is_written_with_its_own_minor_unit(amount, currency, words):
    assert money_name(Money(amount=amount, currency=currency)) == words


def test_a_plan_has_a_name():
    assert plan_name("enterprise") == "Enterprise"
