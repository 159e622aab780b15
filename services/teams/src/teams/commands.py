"""`python -m teams activity …`: what an operator asks of the activity log."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

from chassis.chains import Seal
from chassis.database import Context, Database
from chassis.keys import VerifyingKey
from chassis.lifecycle import Command
from teams.settings import CommandSettings
from teams.storage import activity_chain
from teams.usecases.verify_activity import Verdict, verify_activity

BROKEN = 1
PAGE = 500


def _arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    verifying = actions.add_parser("verify", help="name the first changed, removed or inserted row; 1 if there is one")
    verifying.add_argument("--org", type=UUID, default=None, help="an organization's id; all by default")
    verifying.add_argument(
        "--trust",
        type=VerifyingKey.parse,
        action="append",
        default=[],
        metavar="PUBLIC_KEY",
        help="believe checkpoints of this Ed25519 key too (32 bytes, base64url)",
    )


async def run_activity(settings: CommandSettings, arguments: Namespace, stack: AsyncExitStack) -> int:
    """Exit code 1 where a log is not what was written. Needs the database and nothing else of the platform."""
    seal = settings.seal(arguments.trust)
    database = await Database.connect(settings.database_owner_url.get_secret_value(), service="teams", size=1)
    stack.push_async_callback(database.close)
    verdicts = [verdict async for verdict in _verify(database, seal, arguments.org)]
    broken = [verdict for verdict in verdicts if verdict.broken]
    for verdict in broken:
        sys.stderr.write(f"BROKEN: {_told(verdict)}\n")
    if not broken:
        rows, erased = sum(one.rows for one in verdicts), sum(one.erased for one in verdicts)
        sealed = sum(one.checkpoints for one in verdicts)
        sys.stdout.write(
            f"whole: {len(verdicts)} organizations, {rows} rows ({erased} with erased details), {sealed} checkpoints\n"
        )
    return BROKEN if broken else 0


async def _verify(database: Database, seal: Seal, org_id: UUID | None) -> AsyncIterator[Verdict]:
    organizations = [org_id] if org_id else await _organizations(database)
    for one in organizations:
        async with database.transaction(_context()) as tx:
            yield await verify_activity(tx, seal, one)


async def _organizations(database: Database) -> list[UUID]:
    found, after = [], UUID(int=0)
    while True:
        async with database.transaction(_context()) as tx:
            heads = await activity_chain.list_chains(tx, after=after, limit=PAGE)
        found += [head.org_id for head in heads]
        if len(heads) < PAGE:
            return found
        after = heads[-1].org_id


def _context() -> Context:
    return Context("system:teams")


def _told(verdict: Verdict) -> str:
    found = verdict.broken
    if found is None:
        return f"organization {verdict.org_id} is whole"
    at = f" of {found.at.isoformat()}" if found.at else ""
    return f"organization {verdict.org_id}, row {found.number}{at}: {found.reason}"


ACTIVITY = Command("activity", "the activity log", run_activity, _arguments, CommandSettings)
