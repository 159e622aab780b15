"""`python -m admin staff …` and `audit …`: what only the operator of the database may do."""

import getpass
import sys
from argparse import ArgumentParser, Namespace
from contextlib import AsyncExitStack
from datetime import date

from admin.checkpoints import CheckpointSeal
from admin.domain.staff import Refused, clean_email, clean_password
from admin.settings import CommandSettings
from admin.usecases.create_superadmin import Enrolment, create_superadmin
from admin.usecases.record import Witness, record
from admin.usecases.reseal_seeds import reseal_seeds
from admin.usecases.verify_audit import Verdict, verify_audit
from chassis.database import Context, Database
from chassis.lifecycle import Command
from chassis.operators import operator_name
from chassis.passwords import Passwords
from chassis.second_factors import SeedVault, enrolment_uri

BROKEN = 1
LONGEST_LINE = 4096
ISSUER = "ObjectaLabs operations"


def _staff_arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    creating = actions.add_parser("create-superadmin", help="the first member of staff; asks for the password")
    creating.add_argument("--email", required=True)
    creating.add_argument("--name", default=None, help="the part before the @ by default")
    creating.add_argument("--force", action="store_true", help="although there is one; needs --reason")
    creating.add_argument("--reason", default=None, help="goes into the audit log")
    actions.add_parser("reseal-factors", help="encrypt all second factors with the first of TOTP_SEED_KEYS")


def _audit_arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    verifying = actions.add_parser("verify", help="name the first changed, removed or inserted row")
    verifying.add_argument("--since", type=date.fromisoformat, default=None, help="YYYY-MM-DD; all by default")


async def run_staff(settings: CommandSettings, arguments: Namespace, stack: AsyncExitStack) -> int:
    """Exit code 1 where it was refused."""
    database = await _connect(settings, stack)
    vault = SeedVault([key.get_secret_value() for key in settings.totp_seed_keys])
    if arguments.action == "reseal-factors":
        async with database.transaction(_context()) as tx:
            count = await reseal_seeds(tx, vault, _operator())
        return _say([f"{count} second factors are under the first key now"])
    try:
        return _say(_shown_once(await _create(database, vault, arguments, stack)))
    except Refused as refusal:
        return _refuse(refusal)


async def _create(database: Database, vault: SeedVault, arguments: Namespace, stack: AsyncExitStack) -> Enrolment:
    if arguments.force and not (arguments.reason or "").strip():
        raise Refused("--force needs a --reason")
    email = clean_email(arguments.email)
    password = clean_password(_ask_password(), email=email)
    passwords = Passwords()
    stack.callback(passwords.close)
    password_hash = await passwords.hash(password)
    async with database.transaction(_context()) as tx:
        return await create_superadmin(
            tx,
            vault,
            _operator(),
            email=email,
            name=arguments.name or email.partition("@")[0],
            password_hash=password_hash,
            force_reason=arguments.reason if arguments.force else None,
        )


def _ask_password() -> str:
    """Twice at a terminal, else one line of standard input: never an argument, which everybody on the machine sees."""
    if not sys.stdin.isatty():
        return sys.stdin.readline(LONGEST_LINE).rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise Refused("the two differ")
    return password


def _shown_once(enrolment: Enrolment) -> list[str]:
    return [
        f"superadmin {enrolment.staff.email} ({enrolment.staff.id})",
        "",
        "Scan or type this into an authenticator now; it is not shown again:",
        f"  uri     {enrolment_uri(enrolment.seed, enrolment.staff.email, ISSUER)}",
        f"  secret  {enrolment.seed}",
        "",
        "Keep these recovery codes; each works once in place of a code:",
        *(f"  {code}" for code in enrolment.recovery_codes),
    ]


async def run_audit(settings: CommandSettings, arguments: Namespace, stack: AsyncExitStack) -> int:
    """Exit code 1 where the log is not what was written."""
    database = await _connect(settings, stack)
    async with database.transaction(_context()) as tx:
        verdict = await verify_audit(tx, CheckpointSeal(settings.keys), since=arguments.since)
        outcome = "broken" if verdict.broken else "whole"
        record(tx, _operator(), "audit.verified", outcome=outcome, rows=verdict.rows, since=str(arguments.since or ""))
    if verdict.broken is None:
        return _say([f"whole: {verdict.rows} rows, {verdict.checkpoints} checkpoints"])
    sys.stderr.write(f"BROKEN: {_broken(verdict)}\n")
    return BROKEN


def _broken(verdict: Verdict) -> str:
    found = verdict.broken
    if found is None:
        return ""
    row = f" ({found.id})" if found.id else ""
    return f"{found.day.isoformat()} row {found.number}{row}: {found.reason}; {verdict.rows} rows before it are whole"


async def _connect(settings: CommandSettings, stack: AsyncExitStack) -> Database:
    database = await Database.connect(settings.database_owner_url.get_secret_value(), service="admin", size=1)
    stack.push_async_callback(database.close)
    return database


def _context() -> Context:
    return Context("system:admin")


def _operator() -> Witness:
    return Witness(f"operator:{operator_name()}", "command line")


def _say(lines: list[str]) -> int:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _refuse(reason: Exception) -> int:
    sys.stderr.write(f"refused: {reason}\n")
    return 1


STAFF = Command("staff", "our own staff", run_staff, _staff_arguments, CommandSettings)
AUDIT = Command("audit", "the audit log", run_audit, _audit_arguments, CommandSettings)
