"""What staff see of customers: the projection in any order, the search and its plan, one page."""

from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from admin.storage.customers import SEARCH
from chassis.database import Context
from contracts import golden_samples, registry
from contracts.billing import SubscriptionCreatedV1, SubscriptionUpdatedV1
from contracts.ids import new_id
from contracts.teams import (
    MemberJoinedV1,
    MemberRemovedV1,
    OrganizationCreatedV1,
    OrganizationUpdatedV1,
    UserRegisteredV1,
    UserUpdatedV1,
)

CUSTOMERS = "/admin/v1/customers"


def sample(model: type[Any], **changes: Any) -> Any:
    """The contract's own sample with some fields changed."""
    return model.model_validate(golden_samples.sample(model).data | changes)


class Company:
    """An organization with its owner and subscription, as events tell of it."""

    def __init__(self, name: str, email: str, plan: str = "free") -> None:
        self.id, self.owner, self.membership, self.subscription = new_id(), new_id(), new_id(), new_id()
        self.name, self.email, self.plan = name, email, plan

    def organization(self, model: type[Any] = OrganizationCreatedV1, **changes: Any) -> Any:
        about = {"organization_id": self.id, "name": self.name, "slug": f"s-{self.id}"}
        return sample(model, **about | changes)

    def person(self, model: type[Any] = UserRegisteredV1, **changes: Any) -> Any:
        return sample(model, **{"user_id": self.owner, "email": self.email, "name": "Ada Lovelace"} | changes)

    def member(self, model: type[Any] = MemberJoinedV1, **changes: Any) -> Any:
        about = {"membership_id": self.membership, "organization_id": self.id, "user_id": self.owner}
        return sample(model, **about | {"email": self.email, "role": "owner"} | changes)

    def subscribed(self, model: type[Any] = SubscriptionCreatedV1, **changes: Any) -> Any:
        about = {"subscription_id": self.subscription, "organization_id": self.id, "plan": self.plan}
        return sample(model, **about | {"status": "active"} | changes)

    async def told(self, admin: Any) -> "Company":
        for event in (self.organization(), self.person(), self.member(), self.subscribed()):
            await admin.tell(event, org_id=self.id)
        return self


async def found(admin: Any, person: Any, **query: str) -> list[str]:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    answer = await admin.call("GET", f"{CUSTOMERS}?{text}", token=person.token)
    return [item["name"] for item in answer.ok()["items"]]


async def test_a_customer_with_its_people_plan_and_events(admin) -> None:
    person, company = (
        await admin.colleague(),
        await Company("Analytical Engines", "ada@engines.example", "pro").told(admin),
    )
    page = (await admin.call("GET", f"{CUSTOMERS}/{company.id}", token=person.token)).ok()
    assert page["customer"]["name"] == "Analytical Engines"
    assert page["customer"]["subscription"]["plan"] == "pro"
    assert [(one["email"], one["role"]) for one in page["members"]] == [("ada@engines.example", "owner")]
    assert {event["type"] for event in page["events"]} == {
        "organization.created",
        "member.joined",
        "subscription.created",
    }
    assert [row["target"] for row in await admin.rows(action="customers.viewed")][-1] == f"organization:{company.id}"


@pytest.mark.parametrize(
    "text", ["Analytic", "gines of", "of london", "ADA@", "ada@search.example", "Lovelace", "{id}", "{owner}", "{sub}"]
)
async def test_a_search_finds_by_the_start_of_a_word_by_address_and_by_id(admin, text) -> None:
    person = await admin.colleague()
    company = await Company("Analytic Engines of London", "ada@search.example").told(admin)
    text = text.format(id=company.id, owner=company.owner, sub=company.subscription)
    expected = "gines" not in text
    assert (company.name in await found(admin, person, query=text)) is expected


@pytest.mark.parametrize("text", ["%25", "_", "\\", "nobody has this"])
async def test_what_nothing_begins_with_finds_nothing(admin, text) -> None:
    await Company("Percent", "p@percent.example").told(admin)
    assert await found(admin, await admin.colleague(), query=text) == []


async def test_a_new_name_is_found_and_the_old_one_is_not(admin) -> None:
    person, company = await admin.colleague(), await Company("Caterpillar", "c@moth.example").told(admin)
    await admin.tell(company.organization(OrganizationUpdatedV1, name="Butterfly"), sequence=2)
    await admin.tell(company.person(UserUpdatedV1, name="Maria Merian"), sequence=2)
    assert await found(admin, person, query="caterp") == []
    assert await found(admin, person, query="butter") == ["Butterfly"]
    assert await found(admin, person, query="merian") == ["Butterfly"]
    await admin.tell(company.member(MemberRemovedV1, state="removed"), sequence=2)
    assert await found(admin, person, query="merian") == []


async def test_the_plan_narrows(admin) -> None:
    person = await admin.colleague()
    free, paid = Company("Narrow Free", "f@narrow.example"), Company("Narrow Paid", "p@narrow.example", "enterprise")
    await free.told(admin)
    await paid.told(admin)
    assert await found(admin, person, query="narrow", plan="enterprise") == ["Narrow Paid"]
    assert await found(admin, person, plan="enterprise") == ["Narrow Paid"]


async def test_a_page_at_a_time(admin) -> None:
    person = await admin.colleague()
    for number in range(5):
        await Company(f"Paged {number}", f"{number}@paged.example").told(admin)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        after = f"&cursor={cursor}" if cursor else ""
        answer = (await admin.call("GET", f"{CUSTOMERS}?query=paged&limit=2{after}", token=person.token)).ok()
        seen += [item["name"] for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert seen == [f"Paged {number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
async def test_any_order_and_any_repetition_ends_the_same(admin, order) -> None:
    company = Company("Before", "before@order.example")
    told = [
        (company.organization(), 1),
        (company.organization(OrganizationUpdatedV1, name="After"), 2),
        (company.subscribed(), 1),
        (company.subscribed(SubscriptionUpdatedV1, plan="pro", previous_plan="free", previous_status="active"), 2),
    ]
    for index in (*order, *order):
        event, sequence = told[index]
        await admin.tell(event, sequence=sequence, org_id=company.id)
    row = await admin.superuser.fetchrow("SELECT name FROM customers WHERE organization_id = $1", company.id)
    plan = await admin.superuser.fetchval(
        "SELECT plan FROM customer_subscriptions WHERE organization_id = $1", company.id
    )
    words = await admin.superuser.fetch("SELECT word FROM customer_search_words WHERE owner = $1", company.id)
    assert (row["name"], plan) == ("After", "pro")
    assert "before" not in {word["word"] for word in words}


async def test_an_unknown_customer_is_not_found(admin) -> None:
    person = await admin.colleague()
    answer = await admin.call("GET", f"{CUSTOMERS}/{new_id()}", token=person.token)
    assert (answer.status, answer.code) == (404, "not_found")


async def test_the_numbers_of_the_first_page(admin) -> None:
    person = await admin.colleague()
    before = (await admin.call("GET", "/admin/v1/overview", token=person.token)).ok()
    company = Company("Counted", "one@counted.example", "counted-plan")
    await company.told(admin)
    created = (admin.clock.now() - timedelta(hours=1)).isoformat()
    await admin.tell(company.organization(OrganizationUpdatedV1, created_at=created), sequence=2)
    after = (await admin.call("GET", "/admin/v1/overview", token=person.token)).ok()
    assert (after["customers"], after["people"]) == (before["customers"] + 1, before["people"] + 1)
    (plan,) = [one for one in after["plans"] if one["plan"] == "counted-plan"]
    assert plan["customers"] == 1


async def test_the_search_uses_its_index(admin) -> None:
    """Among twenty thousand customers a search reads those it finds, not all."""
    await admin.superuser.execute(
        "INSERT INTO customers SELECT gen_random_uuid(), 'Filler ' || n, 'filler-' || n, 'en', 'UTC', "
        "gen_random_uuid(), now() - interval '1 year', 1 FROM generate_series(1, 20000) AS n"
    )
    await admin.superuser.execute(
        "INSERT INTO customer_search_words SELECT 'filler ' || right(slug, 5), organization_id FROM customers "
        "WHERE slug LIKE 'filler-%'"
    )
    await admin.superuser.execute("ANALYZE customers, customer_search_words, customer_members, customer_subscriptions")
    async with admin.api.transaction(Context("system:admin")) as tx:
        rows = await tx.fetch(f"EXPLAIN {SEARCH}", UUID(int=2**128 - 1), 26, None, "analytic%", None)
    plan = "\n".join(row[0] for row in rows)
    assert "customer_search_words_by_prefix" in plan
    assert "Seq Scan on customers" not in plan, plan
    await admin.superuser.execute("DELETE FROM customers WHERE slug LIKE 'filler-%'")


def test_it_reacts_to_no_event_that_has_no_model() -> None:
    from admin.consumers import REACTIONS

    assert set(REACTIONS.event_types) <= {model.type for model in registry.EVENTS}
