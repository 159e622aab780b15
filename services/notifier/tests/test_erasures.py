"""Organizations and people who are gone: a tombstone stays, nothing names them, and nothing that comes late does."""
# ruff: noqa: PLR0917

import random
from datetime import timedelta

import pytest

from chassis.database import Context
from contracts.commands import SendAccountEmailV1
from contracts.ids import new_id
from contracts.teams import OrganizationDeletedV1, OrganizationPurgedV1, UserDeletedV1, UserPasswordChangedV1
from notifier.usecases.queue_account_mail import queue_account_mail

EVERYWHERE = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'notifier' "
    "AND data_type IN ('text', 'jsonb') AND table_name NOT LIKE 'notifications\\_%'"
)


@pytest.fixture
def places(rows):
    """Every column of every table that holds one of the texts."""

    async def look(*texts: str) -> list[str]:
        found = []
        for column in await rows(EVERYWHERE):
            table, name = column["table_name"], column["column_name"]
            where = f'EXISTS (SELECT FROM "{table}" WHERE strpos(lower("{name}"::text), lower($1)) > 0)'
            for text in texts:
                if (await rows(f"SELECT {where} AS there", text))[0]["there"]:
                    found.append(f"{table}.{name}")
        return found

    return look


def told(story, person):
    """Hephaistos' forge: Zebulon joined, became admin and was told of what happened there."""
    boss, zebulon = person("Boss"), person(f"Zebulon-{new_id()}")
    tale = story(f"Hephaistos {new_id()}")
    tale.registered(boss)
    tale.registered(zebulon)
    tale.founded(boss)
    tale.joined(zebulon, "admin", invited_by=boss)
    tale.state(password_changed(zebulon), 2)
    return tale, boss, zebulon


def password_changed(person):
    return UserPasswordChangedV1(
        user_id=person.user_id, email=person.email, name=person.name, locale="en", time_zone="UTC", email_verified=True
    )


def purged(tale, sequence=9):
    return tale.state(OrganizationPurgedV1(organization_id=tale.org_id, purged_at=tale.now), sequence)


def deleted(tale, person, sequence=9):
    said = tale.state(UserDeletedV1(user_id=person.user_id, deleted_at=tale.now), sequence)
    return said.model_copy(update={"orgid": None})


async def acknowledged(rows, subject_id) -> int:
    sql = "SELECT body FROM outbox WHERE type = 'data.erased'"
    return sum(f'"subject":"{subject_id}"'.encode() in row["body"] for row in await rows(sql))


async def test_of_a_purged_organization_a_tombstone_is_left(story, person, deliver, rows, places):
    tale, boss, zebulon = told(story, person)
    role = new_id()
    tale.role(role, "members:read")
    await deliver(*tale.events)
    assert {"organizations.name", "notifications.title"} <= set(await places(tale.name))
    assert len(await rows("SELECT 1 FROM custom_roles WHERE org_id = $1", tale.org_id)) == 1
    await deliver(purged(tale))
    assert await places(tale.name) == []
    assert await rows("SELECT name, sequence FROM organizations WHERE org_id = $1", tale.org_id) == [
        {"name": "", "sequence": 9}
    ]
    for table in ("memberships", "custom_roles", "notification_sources", "deliveries", "notifications"):
        assert await rows(f"SELECT 1 FROM {table} WHERE org_id = $1", tale.org_id) == []
    assert len(await rows("SELECT 1 FROM people WHERE user_id = ANY ($1)", [boss.user_id, zebulon.user_id])) == 2
    await deliver(tale.joined(person("Late"), "member"), tale.role(role, "members:read", sequence=2), purged(tale))
    assert await places(tale.name) == []
    assert await rows("SELECT 1 FROM custom_roles WHERE org_id = $1", tale.org_id) == []
    assert await acknowledged(rows, tale.org_id) == 1


async def test_a_deleted_organizations_name_is_kept_and_learnt_from_its_snapshot(story, person, deliver, rows):
    tale, boss, _ = told(story, person)
    ended = OrganizationDeletedV1(
        organization_id=tale.org_id, name=tale.name, slug="forge", locale="en", time_zone="UTC",
        created_by=boss.user_id, created_at=tale.now, deleted_by=boss.user_id, deleted_at=tale.now,
        purge_at=tale.now + timedelta(days=30),
    )  # fmt: skip
    said = tale.state(ended, 7)
    await deliver(*tale.events)
    kept = await rows("SELECT * FROM organizations WHERE org_id = $1", tale.org_id)
    assert [(row["name"], row["sequence"]) for row in kept] == [(tale.name, 7)]
    await rows("DELETE FROM organizations WHERE org_id = $1", tale.org_id)
    await deliver(said.model_copy(update={"id": new_id(), "snapshot": True}))
    assert await rows("SELECT * FROM organizations WHERE org_id = $1", tale.org_id) == kept
    await deliver(purged(tale, 8))


async def test_of_a_person_who_is_gone_nothing_is_left(story, person, deliver, rows, places):
    tale, boss, zebulon = told(story, person)
    await deliver(*tale.events)
    assert {"people.name", "notifications.title", "deliveries.recipient"} <= set(await places(zebulon.name))
    await deliver(deleted(tale, zebulon))
    assert await places(zebulon.name) == []
    assert await rows("SELECT email, name, sequence FROM people WHERE user_id = $1", zebulon.user_id) == [
        {"email": "", "name": "", "sequence": 9}
    ]
    assert await rows("SELECT 1 FROM notifications WHERE user_id = $1", zebulon.user_id) == []
    await deliver(deleted(tale, zebulon))
    assert await acknowledged(rows, zebulon.user_id) == 1
    assert (await rows("SELECT name FROM people WHERE user_id = $1", boss.user_id))[0]["name"] == "Boss"
    await deliver(purged(tale))


async def test_their_leaving_is_told_without_their_name_and_stays_told(story, person, deliver, rows):
    tale, boss, zebulon = told(story, person)
    await deliver(*tale.events)
    left = tale.removed(zebulon, by=zebulon)
    nameless = left.model_copy(update={"data": left.data | {"name": "", "email": ""}})
    await deliver(nameless, deleted(tale, zebulon))
    heard = await rows("SELECT title FROM notifications WHERE event_id = $1 AND user_id = $2", left.id, boss.user_id)
    assert heard == [{"title": f"A member left {tale.name}"}]
    await deliver(purged(tale))


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_and_any_repetition_names_nobody(story, person, deliver, rows, places, seed):
    tale, _, zebulon = told(story, person)
    tale.removed(zebulon, by=zebulon)
    events = [*tale.events, deleted(tale, zebulon)]
    random.Random(seed).shuffle(events)
    for one in [*events, *events]:
        await deliver(one)
    assert await places(zebulon.name) == []
    assert await acknowledged(rows, zebulon.user_id) == 1
    await deliver(purged(tale))
    assert await places(tale.name) == []


async def test_a_mail_that_is_asked_for_late_is_not_sent(story, person, deliver, worker, rows, places):
    tale, _, zebulon = told(story, person)
    await deliver(*tale.events, deleted(tale, zebulon))
    command = SendAccountEmailV1(
        kind="verify_email", user_id=zebulon.user_id, email=zebulon.email, name=zebulon.name, locale="en", token="t",
        expires_at=tale.now + timedelta(days=1),
    )  # fmt: skip
    async with worker.transaction(Context(actor="system:teams")) as tx:
        await queue_account_mail(tx, command, new_id(), public_url="http://localhost:8080", public_key="")
    assert await places(zebulon.name) == []
    await deliver(purged(tale))


async def test_the_mails_of_who_has_the_address_next_are_theirs(story, person, deliver, rows, clock):
    """The address is free at once: a mail to its new holder, queued before the erasure arrives here, goes out."""
    tale, _, zebulon = told(story, person)
    await deliver(*tale.events)
    end = deleted(tale, zebulon)
    clock.move(hours=1)
    successor = person(zebulon.name)
    await deliver(tale.state(password_changed(successor), 2), end)
    mails = await rows("SELECT user_id FROM deliveries WHERE lower(recipient) = $1", zebulon.email)
    assert [row["user_id"] for row in mails] == [successor.user_id]
    await deliver(deleted(tale, successor), purged(tale))
