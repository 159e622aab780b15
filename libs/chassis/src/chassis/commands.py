"""The command line every service has: `python -m <service> <command>`."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
import uvloop
from pydantic import Field, SecretStr
from pydantic_core import PydanticUndefined

from chassis import backfill_commands, deadletter_commands, processes, supervisor, topology
from chassis.failures import is_transient
from chassis.logs import configure_logs
from chassis.migrate import migrate
from chassis.openapi import openapi_document
from chassis.settings import REFUSED, BusSettings, ServiceSettings, StartRefused, load
from chassis.telemetry import start_tracing

if TYPE_CHECKING:
    from chassis.lifecycle import Command, Service

log = logging.getLogger(__name__)

Process = Callable[["Service", Any], Coroutine[Any, Any, int]]


class MigrateSettings(ServiceSettings):
    """All that `migrate` needs."""

    database_owner_url: SecretStr = Field(description="Role that owns the schema.")


class TopologySettings(ServiceSettings, BusSettings):
    """All that `topology apply` needs."""


def run(service: "Service", argv: Sequence[str] | None) -> None:
    """Parse, run, exit: 0 done, 1 failed, 78 refused to start."""
    arguments = parser_of(service).parse_args(argv)
    try:
        code = _dispatch(service, arguments)
    except StartRefused as refusal:
        sys.stderr.write(f"{service.name}: refused to start: {refusal}\n")
        code = REFUSED
    sys.exit(code)


def parser_of(service: "Service") -> argparse.ArgumentParser:
    """The command line of one service."""
    parser = argparse.ArgumentParser(prog=f"python -m {service.name}")
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="answer HTTP until SIGTERM, in HTTP_WORKERS processes")
    serving.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)
    if service.work is not None:
        commands.add_parser("work", help="run consumers, relay and jobs until SIGTERM")
    if service.migrations is not None:
        commands.add_parser("migrate", help="bring the schema up to date (needs DATABASE_OWNER_URL)")
    if service.topology is not None:
        applying = commands.add_parser("topology", help="bring exchanges, queues and policies up to date")
        applying.add_argument("action", choices=["apply"])
    if service.reactions is not None or service.readers is not None:
        deadletter_commands.add_arguments(commands.add_parser("deadletters", help="messages that were put aside"))
    if service.snapshots:
        backfill_commands.add_snapshot_arguments(commands.add_parser("snapshot", help="send every aggregate as it is"))
    if service.migrations is not None and service.topology is not None:
        backfill_commands.add_replay_arguments(commands.add_parser("replay", help="send published events once more"))
    commands.add_parser("openapi", help="print the OpenAPI 3.1 document")
    commands.add_parser("settings", help="print every environment variable it reads")
    for own in service.commands:
        adding = commands.add_parser(own.name, help=own.help)
        if own.add_arguments is not None:
            own.add_arguments(adding)
    return parser


def _dispatch(service: "Service", arguments: argparse.Namespace) -> int:
    actions: dict[str, Callable[[], int]] = {
        "serve": lambda: _process(service, partial(supervisor.serve, supervised=arguments.supervised)),
        "work": lambda: _process(service, processes.work),
        "migrate": lambda: _migrate(service),
        "topology": lambda: _topology(service),
        "deadletters": lambda: deadletter_commands.run(service, arguments),
        "snapshot": lambda: backfill_commands.run_snapshot(service, arguments),
        "replay": lambda: backfill_commands.run_replay(service, arguments),
        "openapi": lambda: _openapi(service),
        "settings": lambda: _settings(service),
    }
    for own in service.commands:
        actions[own.name] = lambda own=own: _own(service, own, arguments)  # type: ignore[misc]
    return actions[arguments.command]()


def _own(service: "Service", command: "Command", arguments: argparse.Namespace) -> int:
    settings = load(command.settings or service.settings)
    try:
        return asyncio.run(_run_own(command, settings, arguments))
    except OSError as error:
        if not is_transient(error):
            raise
        raise StartRefused(str(error)) from None


async def _run_own(command: "Command", settings: ServiceSettings, arguments: argparse.Namespace) -> int:
    async with AsyncExitStack() as stack:
        return await command.run(settings, arguments, stack)


def _process(service: "Service", process: Process) -> int:
    settings = load(service.settings)
    configure_logs(service.name, settings.log_level)
    start_tracing(service.name, settings.otel_exporter_otlp_endpoint)
    try:
        return uvloop.run(process(service, settings))
    except StartRefused:
        raise
    except Exception:
        log.critical("the process failed", exc_info=True)
        return 1


def _migrate(service: "Service") -> int:
    url = load(MigrateSettings).database_owner_url.get_secret_value()
    for name in migrate(url, service=service.name, directory=service.migrations):
        sys.stdout.write(f"applied {name}\n")
    return 0


def _topology(service: "Service") -> int:
    if service.topology is None:
        raise StartRefused(f"{service.name} has nothing on the bus")
    settings = load(TopologySettings)
    applying = topology.apply(
        service.topology,
        bus_url=settings.rabbitmq_url.get_secret_value(),
        management_url=settings.rabbitmq_management_url.get_secret_value(),
    )
    try:
        asyncio.run(applying)
    except topology.TopologyFailed as failure:
        sys.stderr.write(f"{service.name}: {failure}\n")
        return 1
    return 0


def _openapi(service: "Service") -> int:
    document = openapi_document(service.name, service.routes)
    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    return 0


def _settings(service: "Service") -> int:
    sys.stdout.write(settings_table(service.settings))
    return 0


def settings_table(model: type[ServiceSettings]) -> str:
    """Every variable with its default and meaning, as a Markdown table; secrets have no default to show."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = "**required**" if default is PydanticUndefined else "" if default is None else f"`{_shown(default)}`"
        lines.append(f"| `{name.upper()}` | {shown} | {field.description or ''} |")
    return "\n".join(lines) + "\n"


def _shown(default: object) -> str:
    return default if isinstance(default, str) else orjson.dumps(default, default=str).decode()
