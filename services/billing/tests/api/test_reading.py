"""Plans, entitlements and invoices at the door."""

import pytest

from billing.domain.invoices import read_invoice
from billing.domain.observations import Seen
from billing.domain.subscriptions import instant
from billing.usecases.record_invoice import record_invoice
from chassis.database import Context


async def test_plans_show_what_each_costs(site, stranger):
    status, answer, _ = await site.call("GET", "/v1/billing/plans", stranger, "viewer")
    assert status == 200
    pro = next(plan for plan in answer["plans"] if plan["code"] == "pro")
    assert pro["prices"] == {"month": {"amount": 4900, "currency": "usd"}, "year": {"amount": 49000, "currency": "usd"}}


async def test_entitlements_are_frees_until_something_else_is_bought(site, subscribed, stranger):
    customer = await subscribed("pro", 3)
    assert (await site.call("GET", "/v1/billing/entitlements", stranger))[1]["seats"] == 5
    assert (await site.call("GET", "/v1/billing/entitlements", customer.org_id))[1]["seats"] == 3


@pytest.fixture
async def invoiced(subscribed, worker):
    customer = await subscribed("pro", 3)
    for number in range(5):
        raw = customer.invoice("paid" if number else "draft", id=f"in_{number}_{customer.stripe_id}")
        raw["created"] += number // 2
        async with worker.transaction(Context(actor="system:test")) as tx:
            await record_invoice(tx, read_invoice(raw), Seen(instant(raw["created"])))
    return customer


async def test_invoices_come_newest_first_page_by_page(site, invoiced):
    found, cursor = [], None
    for _ in range(3):
        path = "/v1/billing/invoices?limit=2" + (f"&cursor={cursor}" if cursor else "")
        _, page, _ = await site.call("GET", path, invoiced.org_id)
        found += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert len({invoice["id"] for invoice in found}) == len(found) == 4, "a draft was not issued"
    assert [invoice["created_at"] for invoice in found] == sorted((i["created_at"] for i in found), reverse=True)


async def test_another_organizations_invoices_are_not_there(site, invoiced, stranger):
    assert (await site.call("GET", "/v1/billing/invoices", stranger))[1]["items"] == []


async def test_without_the_permission_nothing_is_shown(site, invoiced):
    for path in ("invoices", "entitlements", "subscription"):
        assert (await site.call("GET", f"/v1/billing/{path}", invoiced.org_id, "member"))[0] == 403
