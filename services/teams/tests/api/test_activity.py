"""The log as its readers see it: narrowed, searched, in pages, and as downloads that do no harm."""

import csv
import io
import json

import pytest

from chassis.database import Context
from teams.domain.activity import Action, Subject
from teams.storage.activity_list import prefixes
from teams.usecases.record_activity import record_activity

ACTIVITY = "/v1/activity"


async def read(teams, person, query: str = "") -> list[dict]:
    answer = await teams.call("GET", f"{ACTIVITY}?{query}", token=person.token)
    assert answer.status == 200, answer.body
    return list(answer.body["items"])


async def download(teams, person, query: str) -> tuple[str, dict]:
    headers = {"Authorization": f"Bearer {person.token}"}
    async with teams.http.get(f"{teams.url}{ACTIVITY}?{query}", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text(), dict(answer.headers)


async def put_down(teams, person, *labels: str) -> None:
    context = Context(f"user:{person.user_id}", org_id=person.org_id, user_id=person.user_id, address="192.0.2.1")
    async with teams.api.transaction(context) as tx:
        for label in labels:
            record_activity(tx, Action.ORGANIZATION_UPDATED, Subject.organization(person.org_id, label))


@pytest.fixture(scope="module")
async def people(teams):
    """An organization where Ada invited Bob, gave him another role and renamed the organization."""
    ada = await teams.register(name="Ada Byron", organization_name="Engines")
    bob = await teams.add_member(ada, email="bob@looms.example")
    await teams.call("PATCH", f"/v1/members/{bob.user_id}", {"role": "admin"}, token=ada.token, If_Match='"1"')
    await teams.call("PATCH", "/v1/organization", {"name": "Looms"}, token=ada.token, If_Match='"1"')
    return ada, bob


async def test_a_row_says_who_what_when_from_where(teams, people) -> None:
    ada, bob = people
    row = (await read(teams, ada, "action=member.role_changed"))[0]
    assert row["actor"] == {"type": "user", "id": str(ada.user_id), "name": "Ada Byron"}
    assert row["subject"] == {"type": "member", "id": str(bob.user_id), "label": "Ada Lovelace"}
    assert (row["before"], row["after"], row["on_behalf_of"]) == ({"role": "member"}, {"role": "admin"}, None)
    assert (row["address"], row["erased"], row["number"]) == ("127.0.0.1", False, 4)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("actor=user:{bob}", [3]),
        ("actor=system:teams", []),
        ("action=member", [4, 3]),
        ("action=member.joined", [3]),
        ("action=memb", []),
        ("subject=member", [4, 3]),
        ("subject=member:{bob}", [4, 3]),
        ("subject=invitation", [2]),
        ("actor=user:{ada}&action=member", [4]),
        ("search=looms", [5]),
        ("search=loo engines", [5]),
        ("search=BOB", [2]),
        ("search=bob@looms.example", [2]),
        ("search=nothing", []),
        ("search=admin", [4]),
        ("since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z", []),
        ("since=2020-01-01T00:00:00Z", [5, 4, 3, 2, 1]),
    ],
)
async def test_filters_and_search(teams, people, query, numbers) -> None:
    ada, bob = people
    rows = await read(teams, ada, query.format(ada=ada.user_id, bob=bob.user_id))
    assert [row["number"] for row in rows] == numbers


async def test_a_period_ends_before_its_end(teams, people) -> None:
    ada, _ = people
    rows = await read(teams, ada)
    middle = rows[2]["at"].replace("+00:00", "Z")
    assert [row["number"] for row in await read(teams, ada, f"since={middle}")] == [5, 4, 3]
    assert [row["number"] for row in await read(teams, ada, f"until={middle}")] == [2, 1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("action=Member", "action"),
        ("action=a.b.c", "action"),
        ("subject=member:a%20b", "subject"),
        ("since=yesterday", "since"),
        ("since=2026-01-01T00:00:00", "since"),
        ("search=", "search"),
        ("search=%26%7C!", "search"),
        ("format=xml", "format"),
        ("cursor=W10", "cursor"),
        ("order=up", "order"),
    ],
)
async def test_a_wrong_query_names_its_field(teams, people, query, field) -> None:
    answer = await teams.call("GET", f"{ACTIVITY}?{query}", token=people[0].token)
    assert answer.status == 422
    assert field in str(answer.body["errors"])


async def test_nothing_typed_into_the_search_is_an_operator(teams, people) -> None:
    for typed in ("a' & 'b", "!looms", "looms | engines", "loo:*", "\\", "'", "looms':* | 'x", "a\x00b"):
        async with teams.http.get(
            teams.url + ACTIVITY, params={"search": typed}, headers={"Authorization": f"Bearer {people[0].token}"}
        ) as found:
            assert found.status in (200, 422), typed
    assert prefixes("Looms | 'Engines'") == "'looms':* & 'engines':*"


async def test_pages_cover_everything_once_while_more_is_written(teams) -> None:
    ada = await teams.register()
    await put_down(teams, ada, *(f"row {number}" for number in range(6)))
    seen, cursor = [], ""
    while cursor is not None:
        page = (await teams.call("GET", f"{ACTIVITY}?limit=3{cursor and '&cursor=' + cursor}", token=ada.token)).body
        seen += [row["number"] for row in page["items"]]
        cursor = page["next_cursor"]
        await put_down(teams, ada, "written meanwhile")
    assert seen == [7, 6, 5, 4, 3, 2, 1]


async def test_another_organization_sees_none_of_it(teams, people) -> None:
    eve = await teams.register()
    assert [row["action"] for row in await read(teams, eve)] == ["organization.created"]
    assert await read(teams, eve, f"actor=user:{people[0].user_id}") == []


async def test_a_csv_of_everything_that_matches_runs_nothing(teams) -> None:
    ada = await teams.register(name="=1+1")
    await put_down(teams, ada, "=HYPERLINK(1)", "+1", "-1", "@x", "plain", 'with "quotes", commas\nand lines')
    text, headers = await download(teams, ada, "format=csv&action=organization.updated&limit=1")
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["Content-Disposition"] == 'attachment; filename="activity.csv"'
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["subject"] for row in rows] == [
        'with "quotes", commas\nand lines', "plain", "'@x", "'-1", "'+1", "'=HYPERLINK(1)",
    ]  # fmt: skip
    assert {row["actor_name"] for row in rows} == {"'=1+1"}
    assert {row["address"] for row in rows} == {"192.0.2.1"}


async def test_a_long_export_is_written_in_pages(teams) -> None:
    ada = await teams.register()
    await put_down(teams, ada, *(f"row {number}" for number in range(2050)))
    text, headers = await download(teams, ada, "format=json")
    items = json.loads(text)["items"]
    assert [item["number"] for item in items] == list(range(2051, 0, -1))
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert items[0].keys() == (await read(teams, ada))[0].keys()
    assert len((await download(teams, ada, "format=csv"))[0].splitlines()) == 2052


async def test_an_export_of_nothing_is_empty_and_whole(teams, people) -> None:
    assert json.loads((await download(teams, people[0], "format=json&action=nothing"))[0]) == {
        "items": [],
        "next_cursor": None,
    }
    assert len((await download(teams, people[0], "format=csv&action=nothing"))[0].splitlines()) == 1


async def test_the_list_walks_along_an_index(teams, people) -> None:
    async with teams.api.transaction(Context("user:test", org_id=people[0].org_id)) as tx:
        await tx.execute("SET LOCAL enable_seqscan = off")
        await tx.execute("SET LOCAL enable_sort = off")
        plan = await tx.fetch(
            "EXPLAIN SELECT number FROM activity_logs WHERE org_id = $1 AND at <= now() AND (at, number) < (now(), 5)"
            " ORDER BY at DESC, number DESC LIMIT 26",
            people[0].org_id,
        )
    assert "Backward" in str(plan)
    assert "Sort Method" not in str(plan)
    assert "Merge Append" in str(plan)
