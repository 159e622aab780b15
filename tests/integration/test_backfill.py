"""Notifier forgets all it knew of teams and is told again: it knows the same, and nobody hears of anything twice."""

import asyncio
import importlib
import json
import re
from pathlib import Path
from uuid import UUID

import pytest

from chassis import commands
from chassis.testing import eventually
from notifier.app import SERVICE as NOTIFIER
from tests.integration.erasing import purge
from tests.integration.person import PASSWORD
from tests.integration.platform import command

TABLES = ("people", "organizations", "memberships", "custom_roles")
# Other tests invent members; what counts is what teams has.
KNOWN = {
    "people": "SELECT p.* FROM notifier.people p JOIN teams.users u ON u.id = p.user_id ORDER BY user_id",
    "organizations": "SELECT n.* FROM notifier.organizations n JOIN teams.organizations t ON t.id = n.org_id "
    "ORDER BY org_id",
    "memberships": "SELECT DISTINCT ON (membership_id) n.* FROM notifier.memberships n "
    "JOIN teams.memberships t ON t.id = n.membership_id ORDER BY membership_id, sequence DESC",
    "custom_roles": "SELECT DISTINCT ON (role_id) n.* FROM notifier.custom_roles n "
    "JOIN teams.roles t ON t.id = n.role_id ORDER BY role_id, sequence DESC",
}
TOLD = {
    "notifications": "SELECT * FROM notifier.notifications ORDER BY id",
    "cursors": "SELECT * FROM notifier.user_streams ORDER BY user_id",
    # Whoever registers is asked to prove their address: `settled` registers somebody.
    "mails": "SELECT id, state, finished_at FROM notifier.deliveries WHERE template = 'invitation' ORDER BY id",
    "published": "SELECT event_id FROM notifier.outbox ORDER BY event_id",
    "failed": "SELECT id FROM notifier.failed_messages ORDER BY id",
}


async def look(platform, queries: dict[str, str]) -> dict[str, list]:
    return {name: [dict(row) for row in await platform.query(sql)] for name, sql in queries.items()}


async def settled(platform, person) -> None:
    """Queues are lines: once a fact of now has taken effect, so has everything before it; and every mail is out."""
    last = await person("Margaret Hamilton").register(organization_name="Software Engineering")

    async def nothing_left() -> bool:
        found = await platform.query(
            "SELECT EXISTS (SELECT FROM notifier.memberships WHERE org_id = $1)"
            " AND NOT EXISTS (SELECT FROM notifier.outbox WHERE published_at IS NULL)"
            " AND NOT EXISTS (SELECT FROM notifier.deliveries WHERE state = 'pending')",
            last.organization["id"],
        )
        return bool(found[0][0])

    await eventually(nothing_left, timeout=120)  # all that the whole run has made is sent again


async def sent(platform, *arguments: str) -> dict[str, int]:
    """What the command says that it sent, by type."""
    result = await asyncio.to_thread(command, platform.stack, "teams", *arguments, "--to", "notifier")
    assert result.returncode == 0, result.stderr
    _, _, listed = result.stdout.partition(": ")
    return {type_: int(number) for number, type_ in (one.split() for one in listed.strip().split(", "))}


async def inbox(platform) -> set[UUID]:
    return {row[0] for row in await platform.query("SELECT event_id FROM notifier.inbox WHERE consumer = 'notifier'")}


async def stated(platform) -> set[UUID]:
    """What teams said that notifier listens to."""
    rows = await platform.query(
        "SELECT event_id FROM teams.outbox WHERE exchange = 'events' AND type = ANY($1)",
        list(NOTIFIER.topology.event_types),
    )
    return {row[0] for row in rows}


@pytest.fixture
async def ended(platform, person):
    """One organization that waits for its end, one that is gone, and somebody who ended their account."""
    for ending in ("Waiting for its End", "Gone for Good"):
        owner = await person("Vera Rubin").register(organization_name=ending)
        (await owner.call("DELETE", "/v1/organization", {"confirmation": ending})).ok()
        if ending == "Gone for Good":
            await purge(platform, owner.organization["id"])
    leaver = await person("Vera Rubin").register(organization_name="Left")
    (await leaver.call("DELETE", "/v1/organization", {"confirmation": "Left"})).ok()
    await leaver.log_in()
    (await leaver.call("DELETE", "/v1/me", {"password": PASSWORD, "confirmation": leaver.email})).ok(204)


@pytest.fixture
async def team(person, ended):
    """Ada's organization: Grace is admin, Joan was removed, Linus has not answered yet."""
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    grace, joan, linus = person("Grace Hopper"), person("Joan Clarke"), person("Linus Torvalds")
    for colleague in (grace, joan):
        await ada.invite(colleague)
        await colleague.join()
    members = (await ada.call("GET", "/v1/members")).ok()["items"]
    version = next(member["version"] for member in members if member["user_id"] == grace.user["id"])
    path = f"/v1/members/{grace.user['id']}"
    (await ada.call("PATCH", path, {"role": "admin"}, If_Match=f'"{version}"')).ok()
    (await ada.call("DELETE", f"/v1/members/{joan.user['id']}")).ok(204)
    await ada.invite(linus)
    (await ada.call("POST", "/v1/roles", {"name": "Own", "permissions": ["members:read"]})).ok(201)
    return ada, grace, linus


async def test_what_notifier_forgot_a_snapshot_brings_back_and_tells_nobody_again(platform, person, team) -> None:
    ada, grace, linus = team
    await settled(platform, person)
    known, told = await look(platform, KNOWN), await look(platform, TOLD)
    async with ada.stream() as alerts:
        for table in TABLES:
            await platform.query(f"DELETE FROM notifier.{table}")
        numbers = await sent(platform, "snapshot", "--label", "forgotten")
        assert {name: len(rows) for name, rows in known.items()} == {
            "people": numbers["user.updated"] + numbers["user.deleted"],
            "organizations": sum(numbers[f"organization.{now}"] for now in ("updated", "deleted", "purged")),
            "memberships": numbers["member.joined"] + numbers["member.removed"],
            "custom_roles": sum(numbers.get(f"role.{now}", 0) for now in ("created", "updated", "deleted")),
        }
        assert numbers["member.invited"] >= 1
        await settled(platform, person)
        again = await look(platform, KNOWN)
        assert {name: [row for row in rows if row in known[name]] for name, rows in again.items()} == known
        assert await look(platform, TOLD) == told
        await linus.join()
        alert = (await alerts.next("notification"))["data"]
        assert "Linus Torvalds" in alert["title"] + alert["body"], "the first thing to be pushed is the next fact"

    await grace.log_in()

    async def grace_heard() -> bool:
        return "Linus" in json.dumps((await grace.call("GET", "/v1/notifications")).ok()["items"])

    await eventually(grace_heard)


async def test_twice_has_one_effect_and_the_archive_is_turned_away(platform, person, team) -> None:
    assert team
    await settled(platform, person)
    told, answered, before = await look(platform, TOLD), await inbox(platform), await stated(platform)
    states = await sent(platform, "snapshot", "--label", "twice")
    assert await sent(platform, "snapshot", "--label", "twice") == states
    archive = await sent(platform, "replay", "--since", "2000-01-01")
    assert archive["member.role_changed"] >= 1
    assert "session.revoked" not in archive, "notifier does not listen to it"
    await settled(platform, person)
    taken, now = await inbox(platform) - answered, await stated(platform)
    assert taken & now == now - before, "of what teams stated, only what is new was taken; other services state too"
    kept = sum(number for type_, number in states.items() if type_.split(".")[0] in {"user", "organization", "role"})
    kept += states["member.joined"] + states["member.removed"]
    assert len([one for one in taken if one.version == 5]) == kept
    assert await look(platform, TOLD) == told


async def test_a_wrong_queue_is_a_sentence(platform) -> None:
    result = await asyncio.to_thread(command, platform.stack, "teams", "snapshot", "--to", "notifier.commands")
    expected = "teams: 'notifier.commands' is no queue of events: it listens to 'commands'\n"
    assert (result.returncode, result.stderr) == (1, expected)


HOW_TO = Path(__file__).parents[2] / "docs/how-to/replay.md"
LINES = re.findall(r"^ {4,}python -m (\w+) (.+)$", HOW_TO.read_text(), re.MULTILINE)


@pytest.mark.parametrize(("service", "line"), LINES, ids=[f"{service} {line}" for service, line in LINES])
def test_each_command_of_the_how_to_is_one(service: str, line: str) -> None:
    """A page that names an option which is not there costs an hour in the worst hour."""
    parser = commands.parser_of(importlib.import_module(f"{service}.app").SERVICE)
    assert parser.parse_args(line.split()).command == line.split(maxsplit=1)[0]
