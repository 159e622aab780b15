"""`python -m teams keys …` and `factors …`: keys that change without signing anybody out."""

import json
import sys
from argparse import ArgumentParser, Namespace
from contextlib import AsyncExitStack

from chassis.database import Context, Database
from chassis.keys import SigningKey
from chassis.lifecycle import Command
from teams.settings import KeySettings, Settings
from teams.usecases.reseal_factors import reseal_factors

REFUSED = 1
_NEXT = {
    "add": "Set it everywhere, restart teams, and wait five minutes: by then every service knows the new key.",
    "promote": "Set it, restart teams, and wait ten minutes: by then the last token of the old key has expired.",
    "retire": "Set it and restart teams: the old key verifies nothing any more.",
}


def _key_arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="the ids of SIGNING_KEYS, the signing one first")
    actions.add_parser("add", help="print SIGNING_KEYS with a new key at its end: published, not signing yet")
    actions.add_parser("promote", help="print SIGNING_KEYS with the last key first: it signs, the others still verify")
    actions.add_parser("retire", help="print SIGNING_KEYS with the first key alone")


async def run_keys(settings: KeySettings, arguments: Namespace, stack: AsyncExitStack) -> int:  # noqa: ARG001
    """The next value of SIGNING_KEYS on standard output, what to do with it on standard error."""
    keys = list(settings.keys)
    if arguments.action == "list":
        sys.stdout.writelines(f"{key.kid}  {'signs' if place == 0 else 'verifies'}\n" for place, key in enumerate(keys))
        return 0
    if arguments.action != "add" and len(keys) == 1:
        sys.stderr.write("refused: there is one key alone; begin with `keys add`\n")
        return REFUSED
    changed = {"add": [*keys, SigningKey.generate()], "promote": [keys[-1], *keys[:-1]], "retire": keys[:1]}
    value = json.dumps([key.private_text for key in changed[arguments.action]])
    sys.stdout.write(f"{value}\n")
    sys.stderr.write(f"{_NEXT[arguments.action]}\n")
    return 0


def _factor_arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("reseal", help="encrypt all second factors with the first of TOTP_SEED_KEYS")


async def run_factors(settings: Settings, arguments: Namespace, stack: AsyncExitStack) -> int:  # noqa: ARG001
    """Everything in one transaction: all under the first key, or nothing changed."""
    database = await Database.connect(settings.database_worker_url.get_secret_value(), service="teams", size=1)
    stack.push_async_callback(database.close)
    try:
        async with database.transaction(Context("system:teams")) as tx:
            count = await reseal_factors(tx, settings.seed_vault)
    except ValueError as error:
        sys.stderr.write(f"refused: {error}\n")
        return REFUSED
    sys.stdout.write(f"{count} second factors are under the first key now\n")
    return 0


KEYS = Command("keys", "the keys that sign access tokens", run_keys, _key_arguments, KeySettings)
FACTORS = Command("factors", "second factors at rest", run_factors, _factor_arguments)
