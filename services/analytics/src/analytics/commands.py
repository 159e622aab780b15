"""`verify` and `rebuild`: whether the counts are right, and how they are made right."""

import sys
from argparse import ArgumentParser, Namespace
from contextlib import AsyncExitStack
from uuid import UUID

from analytics.settings import Settings
from analytics.storage.integrity import list_organizations
from analytics.usecases.check_integrity import check_integrity
from analytics.usecases.rebuild import rebuild
from chassis.database import Context, Database
from chassis.lifecycle import Command

CONTEXT = Context(actor="system:analytics")


def _choose_organization(parser: ArgumentParser) -> None:
    parser.add_argument("--organization", type=UUID, help="one organization; all of them without")


async def verify_counts(settings: Settings, arguments: Namespace, stack: AsyncExitStack) -> int:
    """One line an organization whose counts are wrong, and a sum. 1 where there is any."""
    database = await _connect(settings, stack)
    events = wrong = 0
    organizations = await _organizations(database, arguments.organization)
    for org_id in organizations:
        async with database.transaction(CONTEXT) as tx:
            found = await check_integrity(tx, org_id, settings.keep_events)
        events += found.raw
        if not found.consistent:
            wrong += 1
            sys.stdout.write(
                f"{org_id}: {found.raw} raw, {found.quarter_hours} counted; wrong: {found.wrong_quarter_hours} quarter "
                f"hours, {found.wrong_days} days, {found.wrong_users} active users\n"
            )
    sys.stdout.write(f"{len(organizations)} organizations, {events} raw events, {wrong} with wrong counts\n")
    return 1 if wrong else 0


async def rebuild_counts(settings: Settings, arguments: Namespace, stack: AsyncExitStack) -> int:
    """Each organization in a transaction of its own, under its lock: events go on arriving."""
    database = await _connect(settings, stack)
    organizations = await _organizations(database, arguments.organization)
    for org_id in organizations:
        async with database.transaction(CONTEXT) as tx:
            await rebuild(tx, org_id, settings.keep_events)
        sys.stdout.write(f"rebuilt {org_id}\n")
    return 0


async def _connect(settings: Settings, stack: AsyncExitStack) -> Database:
    database = await Database.connect(settings.database_worker_url.get_secret_value(), service="analytics", size=2)
    stack.push_async_callback(database.close)
    return database


async def _organizations(database: Database, one: UUID | None) -> list[UUID]:
    if one is not None:
        return [one]
    async with database.transaction(CONTEXT) as tx:
        return await list_organizations(tx)


COMMANDS = (
    Command("verify", "compare raw events with their counts", verify_counts, _choose_organization),
    Command("rebuild", "make the counts anew from the raw events", rebuild_counts, _choose_organization),
)
