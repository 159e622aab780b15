"""`deadletters list | show | replay | discard`: what was put aside, and what becomes of it."""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import SecretStr

from chassis import deadletters
from chassis.database import Database
from chassis.deadletters import Failed, Group, Report, Selection
from chassis.failures import is_transient
from chassis.internal_door import readers_of
from chassis.operators import operator_name
from chassis.settings import StartRefused, load

if TYPE_CHECKING:
    from chassis.lifecycle import Service


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The four actions and what narrows them."""
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="groups of like errors, the largest first")
    showing = actions.add_parser("show", help="one message with its body and error")
    showing.add_argument("id", type=UUID)
    replaying = actions.add_parser("replay", help="give messages to today's handlers")
    replaying.add_argument("--dry-run", action="store_true", help="try each and roll it back")
    discarding = actions.add_parser("discard", help="give messages up for good")
    discarding.add_argument("--reason", required=True)
    discarding.add_argument("--by", default=None, help="who decides; the login name by default")
    for narrowed in (listing, replaying, discarding):
        narrowed.add_argument("--consumer")
        narrowed.add_argument("--type")
        narrowed.add_argument("--error-group")
        narrowed.add_argument("--id", type=UUID)
        narrowed.add_argument("--state", choices=["waiting", "dead", "any"], default="dead")


def run(service: "Service", arguments: argparse.Namespace) -> int:
    """Do it and print what came of it. Returns the exit code: 1 where something failed again or is not there."""
    settings = load(service.settings)
    url = getattr(settings, "database_worker_url", None)
    if not isinstance(url, SecretStr):
        raise StartRefused(f"{service.name} has no database, so it has no dead letters")
    try:
        return asyncio.run(_run(service, settings, url.get_secret_value(), arguments))
    except OSError as error:
        if not is_transient(error):
            raise
        raise StartRefused(f"DATABASE_WORKER_URL: {error}") from None


async def _run(service: "Service", settings: Any, url: str, arguments: argparse.Namespace) -> int:
    async with AsyncExitStack() as stack:
        database = await Database.connect(url, service=service.name, size=2)
        stack.push_async_callback(database.close)
        match arguments.action:
            case "list":
                return _print(_groups(await deadletters.groups(database, _selection(arguments))))
            case "show":
                return _show(await deadletters.show(database, arguments.id))
            case "replay":
                readers = await readers_of(service, settings, stack)
                reports = await deadletters.replay(database, readers, _selection(arguments), dry_run=arguments.dry_run)
                return _print(_reports(reports, dry_run=arguments.dry_run)) or int(
                    any(report.failed for report in reports)
                )
            case _:
                by = arguments.by or operator_name()
                count = await deadletters.discard(database, _selection(arguments), reason=arguments.reason, by=by)
                return _print([f"discarded {count}"])


def _selection(arguments: argparse.Namespace) -> Selection:
    state = None if arguments.state == "any" else arguments.state
    return Selection(arguments.consumer, arguments.type, arguments.error_group, arguments.id, state)


def _print(lines: Iterator[str] | list[str]) -> int:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _groups(groups: list[Group]) -> Iterator[str]:
    if not groups:
        yield "none"
    for group in groups:
        yield f"{group.count:6} {group.state:8} {group.consumer} {group.type or '?'}  {group.error_group}"
        yield f"       last {group.last_failed_at:%Y-%m-%d %H:%M:%S} UTC, e.g. {group.example}"


def _show(failed: Failed | None) -> int:
    if failed is None:
        sys.stderr.write("there is no such failed message\n")
        return 1
    return _print(
        [
            f"id        {failed.id}",
            f"consumer  {failed.consumer}",
            f"type      {failed.type or '?'}",
            f"event     {failed.event_id}",
            f"state     {failed.state}, {failed.attempts} attempts, next try {failed.next_try_at or 'never'}",
            f"failed    {failed.first_failed_at.isoformat()} to {failed.last_failed_at.isoformat()}",
            f"error     {failed.error}",
            f"body      {failed.body.decode('utf-8', 'backslashreplace')}",
        ]
    )


def _reports(reports: list[Report], *, dry_run: bool) -> Iterator[str]:
    if not reports:
        yield "none"
    succeeded, failed = ("would succeed", "still fail") if dry_run else ("succeeded", "failed again")
    for report in reports:
        counts = f"{report.succeeded} {succeeded}, {report.duplicate} duplicate, {report.failed} {failed}"
        yield f"{report.consumer} {report.error_group}: {counts}"
        yield from (f"       now {error}" for error in sorted(report.errors.values()))
