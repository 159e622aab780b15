"""Erasures as staff follow them, and that admin itself holds nothing of who is gone while its log stays whole."""

from itertools import permutations

import pytest

from admin.checkpoints import CheckpointSeal
from admin.usecases.verify_audit import verify_audit
from chassis.database import Context
from contracts.erasure import ERASERS, DataErasedV1
from contracts.ids import new_id
from contracts.permissions import AdminRole
from contracts.teams import MemberRemovedV1, OrganizationPurgedV1, UserDeletedV1, UserUpdatedV1
from services.admin.tests.api.test_customers import CUSTOMERS, Company

ERASURES = "/admin/v1/erasures"
TEXTS = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'admin' "
    "AND data_type IN ('text', 'json', 'jsonb', 'ARRAY')"
)


async def found(admin, *texts: str) -> list[str]:
    """Every column of every table that holds one of the texts."""
    places = []
    for table, column in await admin.superuser.fetch(TEXTS):
        for text in texts:
            sql = f'SELECT EXISTS (SELECT FROM "{table}" WHERE strpos(lower("{column}"::text), lower($1)) > 0)'
            if await admin.superuser.fetchval(sql, text):
                places.append(f"{table}.{column}")
    return places


def user_deleted(admin, company) -> UserDeletedV1:
    return UserDeletedV1(user_id=company.owner, deleted_at=admin.clock.now())


def purged(admin, company) -> OrganizationPurgedV1:
    return OrganizationPurgedV1(organization_id=company.id, purged_at=admin.clock.now())


def erased(admin, kind, subject_id, service) -> DataErasedV1:
    return DataErasedV1(
        subject_kind=kind, subject_id=subject_id, service=service, erased_at=admin.clock.now(), kept=("amounts",)
    )


async def broken(admin):
    async with admin.owner.transaction(Context("system:admin")) as tx:
        return (await verify_audit(tx, CheckpointSeal(admin.settings.keys), since=None)).broken


async def test_who_has_erased_and_who_is_awaited_since_when(admin) -> None:
    person, company = await admin.colleague(AdminRole.SUPPORT), await Company("Awaited", "w@await.example").told(admin)
    await admin.tell(erased(admin, "user", company.owner, "billing"))
    assert (await admin.call("GET", f"{ERASURES}/{company.owner}", token=person.token)).status == 404
    await admin.tell(user_deleted(admin, company), sequence=5)
    for service in ("analytics", "teams", "notifier"):
        await admin.tell(erased(admin, "user", company.owner, service))
    one = (await admin.call("GET", f"{ERASURES}/{company.owner}", token=person.token)).ok()
    assert one["outstanding"] == ["admin"], "its own word comes by the bus like everybody's"
    assert (one["kind"], one["completed_at"]) == ("user", None)
    assert {item["service"]: item["kept"] for item in one["acknowledged"]}["billing"] == ["amounts"]
    listed = (await admin.call("GET", f"{ERASURES}?outstanding=true", token=person.token)).ok()["items"]
    assert str(company.owner) in [item["subject_id"] for item in listed]
    await admin.tell(erased(admin, "user", company.owner, "admin"))
    one = (await admin.call("GET", f"{ERASURES}/{company.owner}", token=person.token)).ok()
    assert one["outstanding"] == []
    assert one["completed_at"] == max(item["erased_at"] for item in one["acknowledged"])
    listed = (await admin.call("GET", f"{ERASURES}?outstanding=true", token=person.token)).ok()["items"]
    assert str(company.owner) not in [item["subject_id"] for item in listed]
    assert len(await admin.rows(action="erasures.viewed", target=f"subject:{company.owner}")) == 3


async def test_a_page_at_a_time(admin) -> None:
    person = await admin.colleague()
    subjects = [new_id() for _ in range(5)]
    for subject in subjects:
        await admin.tell(UserDeletedV1(user_id=subject, deleted_at=admin.clock.now()))
    seen: list[str] = []
    cursor = ""
    while len(seen) < 5:
        answer = (await admin.call("GET", f"{ERASURES}?limit=2{cursor}", token=person.token)).ok()
        seen += [item["subject_id"] for item in answer["items"]]
        cursor = f"&cursor={answer['next_cursor']}"
    assert seen[:5] == [str(subject) for subject in reversed(subjects)]


async def test_nothing_of_the_person_is_left_and_the_audit_log_is_whole(admin) -> None:
    person = await admin.colleague()
    company = await Company("Quatermain Mines", "zebulon@mines.example").told(admin)
    await admin.tell(company.person(UserUpdatedV1, name="Zebulon Q"), sequence=2)
    for query in ("zebulon", "zebulon@mines.example", "Zebulon Q", "nothing of theirs"):
        await admin.call("GET", f"{CUSTOMERS}?query={query}", token=person.token)
    names = ("zebulon", "mines.example")
    assert {"customer_people.email", "admin_audit_details.details"} <= set(await found(admin, *names))
    await admin.tell(user_deleted(admin, company), sequence=5)
    await admin.tell(user_deleted(admin, company), sequence=5)
    assert await found(admin, *names) == []
    assert await broken(admin) is None
    (told,) = await admin.rows(action="audit.erased", target=f"subject:{company.owner}")
    assert len(told["details"]["rows"]) == 3
    assert [row["details"]["query"] for row in await admin.rows(action="customers.listed")][-1] == "nothing of theirs"
    await admin.tell(company.member(MemberRemovedV1, state="removed"), sequence=7)
    await admin.tell(company.person(UserUpdatedV1, name="Zebulon Q"), sequence=3)
    assert await found(admin, *names) == []


async def test_details_that_no_row_tells_of_still_show(admin) -> None:
    person = await admin.colleague()
    company = await Company("Told Of", "told@of.example").told(admin)
    await admin.call("GET", f"{CUSTOMERS}?query=told@of.example", token=person.token)
    await admin.tell(user_deleted(admin, company), sequence=5)
    assert await broken(admin) is None
    (told,) = await admin.rows(action="audit.erased", target=f"subject:{company.owner}")
    kept = await admin.superuser.fetchrow("DELETE FROM admin_audit_details WHERE id = $1 RETURNING *", told["id"])
    assert "details were removed" in (await broken(admin)).reason
    await admin.superuser.execute("INSERT INTO admin_audit_details VALUES ($1, $2, $3)", *kept)
    assert await broken(admin) is None


async def test_nothing_of_a_purged_organization_is_left(admin) -> None:
    person, company = await admin.colleague(), await Company("Hephaistos Forge", "h@forge.example").told(admin)
    await admin.call("GET", f"{CUSTOMERS}?query=hephaistos", token=person.token)
    await admin.tell(purged(admin, company), sequence=5)
    assert await found(admin, "hephaistos") == []
    assert (await admin.call("GET", f"{CUSTOMERS}/{company.id}", token=person.token)).status == 404
    one = (await admin.call("GET", f"{ERASURES}/{company.id}", token=person.token)).ok()
    assert (one["kind"], one["outstanding"]) == ("organization", list(ERASERS))
    assert await broken(admin) is None


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
async def test_any_order_ends_the_same(admin, order) -> None:
    company = Company("Orderless Loom", f"{new_id()}@loom.example")
    said = [
        (purged(admin, company), 5),
        (user_deleted(admin, company), 5),
        (company.member(MemberRemovedV1, state="removed"), 2),
        (company.person(UserUpdatedV1, name="Joseph Jacquard"), 2),
    ]
    for place in order:
        await admin.tell(said[place][0], sequence=said[place][1])
    assert await found(admin, "loom.example", "jacquard", "orderless") == []
