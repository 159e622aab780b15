"""/admin/v1/customers and /admin/v1/overview: what staff see of customers, from the projection."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field

from admin.api.models import Answer
from admin.api.witness import witness_of
from admin.domain.customers import Customer, CustomerEvent, CustomerMember, Overview, PlanCount, Subscription
from admin.usecases.find_customers import find_customers
from admin.usecases.show_customer import CustomerPage, show_customer, show_overview
from chassis.database import Tx
from chassis.problems import NotFound
from chassis.web import Door, Listing, Page, Routes, StaffCaller
from contracts.money import Money
from contracts.permissions import AdminPermission

ROUTES = Routes("customers")


class CustomersQuery(Listing):
    """What narrows the list."""

    query: Annotated[
        str | None,
        Field(max_length=200, description="Start of a word of the name, of a member's name or e-mail; an id."),
    ] = None
    plan: Annotated[str | None, Field(max_length=100, description="Only organizations on this plan.")] = None


class SubscriptionAnswer(Answer):
    """What an organization has at billing; `mrr` is a month's recurring revenue."""

    id: UUID
    plan: str
    interval: str
    seats: int
    status: str
    mrr: Money
    current_period_end: datetime
    trial_end: datetime | None
    cancel_at_period_end: bool

    @classmethod
    def of(cls, subscription: Subscription) -> Self:
        return cls(**vars(subscription))


class CustomerAnswer(Answer):
    """An organization. `subscription` is absent until billing has told of one."""

    id: UUID
    name: str
    slug: str
    created_at: datetime
    members: int
    subscription: SubscriptionAnswer | None

    @classmethod
    def of(cls, customer: Customer) -> Self:
        subscription = SubscriptionAnswer.of(customer.subscription) if customer.subscription else None
        return cls(**vars(customer) | {"subscription": subscription})


class CustomerMemberAnswer(Answer):
    """A person in an organization."""

    user_id: UUID
    email: str
    name: str
    role: str
    joined_at: datetime

    @classmethod
    def of(cls, member: CustomerMember) -> Self:
        return cls(**vars(member))


class CustomerEventAnswer(Answer):
    """Something that happened in the organization."""

    id: UUID
    type: str
    actor: str
    at: datetime

    @classmethod
    def of(cls, event: CustomerEvent) -> Self:
        return cls(**vars(event))


class CustomerPageAnswer(Answer):
    """One customer: up to 200 members, the last 50 events."""

    customer: CustomerAnswer
    members: list[CustomerMemberAnswer]
    events: list[CustomerEventAnswer]

    @classmethod
    def of(cls, page: CustomerPage) -> Self:
        return cls(
            customer=CustomerAnswer.of(page.customer),
            members=[CustomerMemberAnswer.of(member) for member in page.members],
            events=[CustomerEventAnswer.of(event) for event in page.events],
        )


class PlanCountAnswer(Answer):
    """How many organizations are on a plan, and what they bring in a month."""

    plan: str
    customers: int
    mrr: Money

    @classmethod
    def of(cls, count: PlanCount) -> Self:
        return cls(**vars(count))


class OverviewAnswer(Answer):
    """The numbers of the first page. `new_customers` are those of the last seven days."""

    customers: int
    new_customers: int
    people: int
    plans: list[PlanCountAnswer]

    @classmethod
    def of(cls, overview: Overview) -> Self:
        return cls(**vars(overview) | {"plans": [PlanCountAnswer.of(plan) for plan in overview.plans]})


@ROUTES.get("/admin/v1/customers", access=AdminPermission.CUSTOMERS_READ, summary="Customers, listed or searched")
async def admin_list_customers(
    request: web.Request, tx: Tx, caller: StaffCaller, query: CustomersQuery
) -> Page[CustomerAnswer]:
    """The newest first."""
    after = query.after(UUID)
    rows = await find_customers(
        tx,
        witness_of(request, caller),
        query=query.query,
        plan=query.plan,
        before=after[0] if after else None,
        limit=query.limit,
    )
    return Page[CustomerAnswer].of(rows, query.limit, item=CustomerAnswer.of, key=lambda row: (row.id,))


@ROUTES.get("/admin/v1/customers/{organization_id}", access=AdminPermission.CUSTOMERS_READ, summary="One customer")
async def admin_show_customer(
    request: web.Request, door: Door, caller: StaffCaller, organization_id: UUID
) -> CustomerPageAnswer:
    """Who belongs to it, what it pays, what happened lately. The look is put down also where there is nothing."""
    page = await door.read(lambda tx: show_customer(tx, witness_of(request, caller), organization_id))
    if page is None:
        raise NotFound("There is no such customer.")
    return CustomerPageAnswer.of(page)


@ROUTES.get("/admin/v1/overview", access=AdminPermission.CUSTOMERS_READ, summary="The numbers of the first page")
async def admin_overview(request: web.Request, tx: Tx, caller: StaffCaller) -> OverviewAnswer:
    """From the projection, as of now."""
    return OverviewAnswer.of(await show_overview(tx, witness_of(request, caller)))
