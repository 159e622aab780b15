"""The stack as its containers see it: each part is a host name on its usual port; and the settings they are given."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from local_stack import addresses, catalogue, keyring
from local_stack.accounts import write_private
from local_stack.catalogue import SERVICES, ServiceRow, Stack
from local_stack.places import Places
from local_stack.postgres import Postgres
from local_stack.rabbitmq import RabbitMQ
from local_stack.redis_server import Redis

HTTP, METRICS, INTERNAL = 8000, 9000, 9001
PORTS = {
    "postgres": 5432,
    "redis": 6379,
    "rabbitmq": 5672,
    "rabbitmq_management": 15672,
    "smtp": 1025,
    "traces": 4318,
    "stripe_http": 12111,
}
SET_BY_THE_IMAGE = ("HTTP_HOST", "HTTP_PORT", "METRICS_PORT", "INTERNAL_PORT", "OPENAPI_DIRECTORY", "WEB_DIRECTORY")
PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
PUBLISHED = {
    "PORT": "gateway_http",
    "MAIL_PORT": "mail_http",
    "STRIPE_PORT": "stripe_http",
    "TRACES_PORT": "traces",
    "RABBITMQ_MANAGEMENT_PORT": "rabbitmq_management",
}
"""Variable of docker-compose.yml -> which port of this machine it is."""


@dataclass(frozen=True)
class ContainerStack(Stack):
    """What a service in a container is told about the others."""

    def host(self, part: str) -> str:
        """The name that the engine's own name server knows."""
        return part

    @property
    def files_url(self) -> str:
        """A volume that the containers share."""
        return "file:///files"


def describe(places: Places, published: Mapping[str, int]) -> ContainerStack:
    """`published` are the ports of this machine; PUBLIC_URL and what people are told hold the gateway's."""
    keys = keyring.load_or_generate(places.secrets, [row.name for row in SERVICES])
    inside = {name: _usual_port(name) for row in SERVICES for name in row.port_names()} | PORTS
    inside |= {addresses.GATEWAY.name: published[addresses.GATEWAY.name]}
    inside |= {addresses.MAIL.name: published[addresses.MAIL.name]}
    return ContainerStack(
        places=places,
        ports=inside,
        keyring=keys,
        postgres=Postgres(places.home, port=PORTS["postgres"], password=keys.engines, durable=True, host="postgres"),
        rabbitmq=RabbitMQ(places.home, ports=PORTS, password=keys.engines, host="rabbitmq"),
        redis=Redis(places.home, port=PORTS["redis"], durable=True, host="redis"),
    )


def _usual_port(name: str) -> int:
    return METRICS if name.endswith("_metrics") else INTERNAL if name.endswith("_internal") else HTTP


def environments(stack: ContainerStack) -> dict[str, dict[str, str]]:
    """Name of an environment file -> its variables. What only the setup needs is in a file of its own."""
    engines = stack.keyring.engines
    files = {
        "postgres": {"POSTGRES_PASSWORD": engines},
        "rabbitmq": {"RABBITMQ_DEFAULT_USER": "platform", "RABBITMQ_DEFAULT_PASS": engines},
        "stripe": {"STRIPE_WEBHOOK_SECRET": stack.keyring.stripe_webhook_secret},
    }
    for row in SERVICES:
        files[row.name], setup = _of_service(stack, row)
        if row.has_schema:
            files[f"{row.name}-setup"] = setup
    return files


def _of_service(stack: ContainerStack, row: ServiceRow) -> tuple[dict[str, str], dict[str, str]]:
    own = catalogue.environment(stack, row)
    for name in SET_BY_THE_IMAGE:
        own.pop(name, None)
    if row.has_schema:
        # Nothing but the gateway's container reaches a service's port: it is not published.
        own["TRUSTED_PROXIES"] = json.dumps(PRIVATE_NETWORKS)
    setup = {name: own.pop(name) for name in ("DATABASE_OWNER_URL",) if name in own}
    setup["DATABASE_ADMIN_URL"] = stack.database_url
    return own, setup


def write_environments(stack: ContainerStack, published: Mapping[str, int]) -> None:
    """Write .local/compose/*.env (mode 600), and `.env` with what docker-compose.yml itself is told."""
    directory = stack.places.compose
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    for name, variables in environments(stack).items():
        write_private(directory / f"{name}.env", "".join(f"{key}={value}\n" for key, value in variables.items()))
    write_private(directory / ".env", "".join(f"{key}={published[port]}\n" for key, port in PUBLISHED.items()))


def asked() -> dict[str, str]:
    """The ports that the caller's environment asks for."""
    return {public.variable: os.environ.get(public.variable, "") for public in addresses.PUBLIC}
