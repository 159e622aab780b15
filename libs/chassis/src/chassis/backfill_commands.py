"""`snapshot --to QUEUE` and `replay --to QUEUE --since TIME`: fill the projection of a service that comes late."""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, TextIO

import asyncpg
from pydantic import Field, SecretStr

from chassis import backfill
from chassis.backfill import BackfillFailed, Parcel, Window
from chassis.database import Database
from chassis.failures import is_transient
from chassis.settings import BusSettings, ServiceSettings, StartRefused, load

if TYPE_CHECKING:
    from chassis.lifecycle import Service

QUIET_SECONDS = 2.0
INTERRUPTED = 130


class BackfillSettings(ServiceSettings, BusSettings):
    """All that `snapshot` and `replay` need."""

    database_worker_url: SecretStr = Field(description="Role that sees all organizations.")


@dataclass
class Progress:
    """Says on stderr, every two seconds, how far a long run has come."""

    total: int
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = monotonic
    sent: "Counter[str]" = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._started = self._said = self.clock()

    @property
    def count(self) -> int:
        """How many messages the broker has confirmed."""
        return self.sent.total()

    def add(self, types: Collection[str]) -> None:
        """These were confirmed."""
        self.sent.update(types)
        now = self.clock()
        if now - self._said >= QUIET_SECONDS:
            self._said = now
            rate = self.count / (now - self._started)
            self.stream.write(f"{self.count} of about {max(self.total, self.count)}, {rate:.0f}/s\n")
            self.stream.flush()


def add_snapshot_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, what of it, and under which label."""
    _add_common(parser)
    parser.add_argument(
        "--label",
        default="",
        help="sends again what was handled under another label, e.g. after the projection was emptied",
    )


def add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and which part of the archive."""
    _add_common(parser)
    parser.add_argument("--since", type=_instant, required=True, help="ISO 8601, e.g. 2026-11-23T08:00:00Z")
    parser.add_argument("--until", type=_instant, default=None, help="the same; now by default")


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", metavar="QUEUE", required=True, help="the one queue that gets it, e.g. notifier")
    parser.add_argument("--type", action="append", dest="types", help="only this event; may be repeated")


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-23T08:00:00Z") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def run_snapshot(service: "Service", arguments: argparse.Namespace) -> int:
    """Send every aggregate as it is. Returns the exit code."""
    return _run(service, lambda settings, database: _snapshot(service, settings, database, arguments))


def run_replay(service: "Service", arguments: argparse.Namespace) -> int:
    """Send part of the archive. Returns the exit code."""
    return _run(service, lambda settings, database: _replay(settings, database, arguments))


def _run(service: "Service", act: Callable[[BackfillSettings, Database], Awaitable[None]]) -> int:
    settings = load(BackfillSettings)

    async def connected() -> None:
        url = settings.database_worker_url.get_secret_value()
        try:
            database = await Database.connect(url, service=service.name, size=2)
        except (asyncpg.PostgresError, OSError, ValueError) as error:
            raise StartRefused(f"DATABASE_WORKER_URL: {error}") from None
        try:
            await act(settings, database)
        finally:
            await database.close()

    try:
        asyncio.run(connected())
    except BackfillFailed as failure:
        sys.stderr.write(f"{service.name}: {failure}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: run it again, what has arrived takes effect once\n")
        return INTERRUPTED
    return 0


async def _snapshot(
    service: "Service", settings: BackfillSettings, database: Database, arguments: argparse.Namespace
) -> None:
    offered = set().union(*(aggregate.types for aggregate in service.snapshots))
    types = _chosen(arguments, offered, await _heard(settings, arguments.to))
    wanted = [aggregate for aggregate in service.snapshots if aggregate.types & types]
    progress = Progress(await backfill.count_states(database, wanted))
    batches = backfill.states(database, wanted, types, label=arguments.label)
    await _send(settings, database, arguments.to, batches, progress)


async def _replay(settings: BackfillSettings, database: Database, arguments: argparse.Namespace) -> None:
    heard = await _heard(settings, arguments.to)
    types = _chosen(arguments, set(arguments.types), heard) if arguments.types else heard
    window = Window(arguments.since, arguments.until or database.clock.now(), types)
    begins = await backfill.archive_begins(database)
    if begins is not None and begins > window.since:
        sys.stderr.write(f"the archive begins at {begins:%Y-%m-%dT%H:%M:%SZ}: what is older comes by snapshot alone\n")
    progress = Progress(await backfill.count_archived(database, window))
    await _send(settings, database, arguments.to, backfill.archived(database, window), progress)


async def _heard(settings: BackfillSettings, queue: str) -> set[str] | None:
    return await backfill.heard_by(
        queue,
        bus_url=settings.rabbitmq_url.get_secret_value(),
        management_url=settings.rabbitmq_management_url.get_secret_value(),
    )


def _chosen(arguments: argparse.Namespace, offered: set[str], heard: set[str] | None) -> set[str]:
    """What is asked for, offered and heard. Raises BackfillFailed where something asked for is not."""
    asked = set(arguments.types or offered)
    if unknown := asked - offered:
        raise BackfillFailed(f"there is no {sorted(unknown)[0]!r} to send, but {', '.join(sorted(offered))}")
    if arguments.types and heard is not None and (unheard := asked - heard):
        raise BackfillFailed(f"{arguments.to!r} does not listen to {sorted(unheard)[0]!r}")
    return asked if heard is None else asked & heard


async def _send(
    settings: BackfillSettings,
    database: Database,
    queue: str,
    batches: AsyncIterator[list[Parcel]],
    progress: Progress,
) -> None:
    bus_url = settings.rabbitmq_url.get_secret_value()
    try:
        async for batch in backfill.send(batches, queue=queue, service=database.service, bus_url=bus_url):
            progress.add([parcel.type for parcel in batch])
    except Exception as error:
        if not isinstance(error, BackfillFailed) and not is_transient(error):
            raise
        said = str(error) if isinstance(error, BackfillFailed) else f"a server went away: {error!r}"
        raise BackfillFailed(
            f"{said} (after {progress.count} messages; run it again, each takes effect once)"
        ) from error
    if not progress.count:
        sys.stdout.write(f"nothing to send to {queue}\n")
        return
    by_type = ", ".join(f"{number} {type_}" for type_, number in sorted(progress.sent.items()))
    sys.stdout.write(f"sent {progress.count} to {queue}: {by_type}\n")
