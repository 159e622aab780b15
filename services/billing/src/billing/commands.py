"""Billing's own commands: the catalogue at Stripe, and webhooks that were set aside."""

import sys
from argparse import ArgumentParser, Namespace
from contextlib import AsyncExitStack
from datetime import UTC

from billing.catalog_sync import Contradiction, differences, mend
from billing.catalogue import load_catalogue
from billing.settings import Settings
from billing.storage import webhooks
from billing.stripe_gateway import StripeFailure, StripeGateway
from billing.wake import WEBHOOKS, wake
from chassis.database import Context, Database, Row
from chassis.lifecycle import Command

MOST_LISTED = 100


async def catalog(settings: Settings, arguments: Namespace, stack: AsyncExitStack) -> int:
    """Show what Stripe lacks and, but for a dry run, put it right."""
    gateway = StripeGateway(settings)
    stack.push_async_callback(gateway.close)
    try:
        found = await differences(load_catalogue(settings.catalog_file), gateway)
        sys.stdout.writelines(f"{difference.what}\n" for difference in found)
        if not arguments.dry_run:
            await mend(found)
    except (Contradiction, StripeFailure) as error:
        sys.stderr.write(f"billing: {error}\n")
        return 1
    done = "to do" if arguments.dry_run else "done"
    sys.stdout.write(f"{len(found)} {done}\n" if found else "Stripe matches the catalogue\n")
    return 0


async def set_aside(settings: Settings, arguments: Namespace, stack: AsyncExitStack) -> int:
    """Count or list the webhooks that wait for somebody, or give them another chance."""
    database = await Database.connect(settings.database_worker_url.get_secret_value(), service="billing", size=2)
    stack.push_async_callback(database.close)
    async with database.transaction(Context(actor="system:billing")) as tx:
        if arguments.action == "release":
            released = await webhooks.update_released(tx, [arguments.state])
            wake(tx, WEBHOOKS)
            sys.stdout.write(f"released {released}\n")
        elif arguments.action == "list":
            sys.stdout.writelines(_told(row) for row in await webhooks.list_set_aside(tx, arguments.state, MOST_LISTED))
        else:
            counts = await webhooks.count_set_aside(tx)
            sys.stdout.writelines(f"{count:6} {state}\n" for state, count in sorted(counts.items()))
    return 0


def _told(row: Row) -> str:
    at = row["received_at"].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{row['external_id']}  {row['type']}  {at}\n    {row['reason']}\n"


def _catalog_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=["sync"])
    parser.add_argument("--dry-run", action="store_true", help="only show the difference")


def _webhook_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=["count", "list", "release"])
    parser.add_argument("--state", choices=["quarantined", "dead"], default="quarantined")


COMMANDS = (
    Command("catalog", "make Stripe match the reviewed plans", catalog, _catalog_arguments),
    Command("webhooks", "deliveries that were set aside", set_aside, _webhook_arguments),
)
