"""Reading customers: the list, the search, one page, the numbers."""

from datetime import datetime, timedelta
from uuid import UUID

from admin.domain.customers import Customer, CustomerEvent, CustomerMember, Overview, PlanCount, Subscription
from chassis.database import Row, Tx
from contracts.money import Money

NEW_DAYS = 7
MOST_MEMBERS = 200
MOST_EVENTS = 50

# Of several subscriptions the newest that is not over; the newest at all where each is.
_SUBSCRIPTION = """
LEFT JOIN LATERAL (
    SELECT subscription_id, plan, interval, seats, status, mrr_amount, mrr_currency, current_period_end, trial_end,
           cancel_at_period_end
    FROM customer_subscriptions WHERE organization_id = c.organization_id
    ORDER BY (status = 'canceled'), subscription_id DESC LIMIT 1
) s ON true
"""
_CUSTOMER = f"""
SELECT c.organization_id, c.name, c.slug, c.created_at, s.*,
       (SELECT count(*) FROM customer_members m
        WHERE m.organization_id = c.organization_id AND m.state = 'active') AS members
FROM customers c {_SUBSCRIPTION}
"""  # noqa: S608 - made of constants
_OF_PLAN = """
  AND ($3::text IS NULL OR EXISTS (SELECT FROM customer_subscriptions p WHERE p.organization_id = c.organization_id
                                   AND p.plan = $3 AND p.status <> 'canceled'))
ORDER BY c.organization_id DESC LIMIT $2
"""
LIST = f"{_CUSTOMER} WHERE ($1::uuid IS NULL OR c.organization_id < $1) {_OF_PLAN}"
SEARCH = f"""
WITH found AS MATERIALIZED (
    SELECT owner FROM customer_search_words WHERE word LIKE $4
    UNION
    SELECT owner FROM (SELECT $5::uuid AS owner) AS id WHERE owner IS NOT NULL
)
{_CUSTOMER}
WHERE c.organization_id IN (
    SELECT owner FROM found
    UNION ALL
    SELECT m.organization_id FROM found f JOIN customer_members m ON m.user_id = f.owner AND m.state = 'active'
    UNION ALL
    SELECT b.organization_id FROM customer_subscriptions b WHERE b.subscription_id = $5
) AND ($1::uuid IS NULL OR c.organization_id < $1) {_OF_PLAN}
"""  # noqa: S608 - made of constants


def _subscription(row: Row) -> Subscription | None:
    if row["subscription_id"] is None:
        return None
    return Subscription(
        id=row["subscription_id"],
        plan=row["plan"],
        interval=row["interval"],
        seats=row["seats"],
        status=row["status"],
        mrr=Money(amount=row["mrr_amount"], currency=row["mrr_currency"]),
        current_period_end=row["current_period_end"],
        trial_end=row["trial_end"],
        cancel_at_period_end=row["cancel_at_period_end"],
    )


def _customer(row: Row) -> Customer:
    return Customer(
        id=row["organization_id"],
        name=row["name"],
        slug=row["slug"],
        created_at=row["created_at"],
        members=row["members"],
        subscription=_subscription(row),
    )


async def list_customers(tx: Tx, *, before: UUID | None, limit: int, plan: str | None) -> list[Customer]:
    """Up to `limit + 1`, the newest first."""
    return [_customer(row) for row in await tx.fetch(LIST, before, limit + 1, plan)]


async def search_customers(
    tx: Tx, *, pattern: str, id: UUID | None, before: UUID | None, limit: int, plan: str | None
) -> list[Customer]:
    """Those with a word like the pattern in name, slug, a member's name or address, or with that id; newest first."""
    return [_customer(row) for row in await tx.fetch(SEARCH, before, limit + 1, plan, pattern, id)]


async def get_customer(tx: Tx, organization_id: UUID) -> Customer | None:
    """One organization."""
    row = await tx.fetchrow(f"{_CUSTOMER} WHERE c.organization_id = $1", organization_id)
    return _customer(row) if row else None


async def list_members(tx: Tx, organization_id: UUID) -> list[CustomerMember]:
    """Up to 200 who belong to it, the first joined first; names and addresses as the person last stated them."""
    rows = await tx.fetch(
        "SELECT m.user_id, coalesce(p.email, m.email) AS email, coalesce(p.name, m.name) AS name, m.role, m.joined_at "
        "FROM customer_members m LEFT JOIN customer_people p ON p.user_id = m.user_id "
        "WHERE m.organization_id = $1 AND m.state = 'active' ORDER BY m.joined_at, m.membership_id LIMIT $2",
        organization_id,
        MOST_MEMBERS,
    )
    return [CustomerMember(**dict(row)) for row in rows]


async def list_events(tx: Tx, organization_id: UUID) -> list[CustomerEvent]:
    """The last 50, the newest first."""
    rows = await tx.fetch(
        "SELECT event_id AS id, type, actor, at FROM customer_events WHERE organization_id = $1 "
        "ORDER BY at DESC, event_id DESC LIMIT $2",
        organization_id,
        MOST_EVENTS,
    )
    return [CustomerEvent(**dict(row)) for row in rows]


async def get_overview(tx: Tx, now: datetime) -> Overview:
    """The numbers of the first page."""
    counts = await tx.fetchrow(
        "SELECT (SELECT count(*) FROM customers) AS customers, "
        "(SELECT count(*) FROM customers WHERE created_at > $1) AS new_customers, "
        "(SELECT count(*) FROM customer_people) AS people",
        now - timedelta(days=NEW_DAYS),
    )
    plans = await tx.fetch(
        "SELECT plan, mrr_currency, count(*) AS customers, sum(mrr_amount)::bigint AS mrr FROM customer_subscriptions "
        "WHERE status <> 'canceled' GROUP BY plan, mrr_currency ORDER BY mrr DESC, customers DESC, plan"
    )
    return Overview(
        customers=counts["customers"] if counts else 0,
        new_customers=counts["new_customers"] if counts else 0,
        people=counts["people"] if counts else 0,
        plans=[
            PlanCount(row["plan"], row["customers"], Money(amount=row["mrr"], currency=row["mrr_currency"]))
            for row in plans
        ],
    )
