"""The table of services: a new service is one row here, everything else follows from it."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local_stack.addresses import GATEWAY, MAIL, STRIPE
from local_stack.keyring import Keyring
from local_stack.places import Places
from local_stack.postgres import Postgres
from local_stack.rabbitmq import RabbitMQ
from local_stack.redis_server import Redis

ROLES = ("owner", "api", "worker")
DATABASE = "platform"
STRIPE_API_KEY = "sk_test_simulated"
MAIL_FROM = "ObjectaLabs <no-reply@objectalabs.example>"


@dataclass(frozen=True)
class Stack:
    """What is known before anything starts: places, ports, secrets, and the engines that follow from them."""

    places: Places
    ports: Mapping[str, int]
    keyring: Keyring
    postgres: Postgres
    rabbitmq: RabbitMQ
    redis: Redis

    def host(self, part: str) -> str:  # noqa: ARG002 - in containers each part is a host of its own
        """Where a part listens: here, all of them on this machine."""
        return "127.0.0.1"

    @property
    def public_url(self) -> str:
        """Where people reach the product."""
        return f"http://localhost:{self.ports[GATEWAY.name]}"

    @property
    def mail_url(self) -> str:
        """Where people read the mails."""
        return f"http://localhost:{self.ports[MAIL.name]}"

    @property
    def stripe_url(self) -> str:
        """Where Stripe is simulated."""
        return f"http://{self.host('stripe')}:{self.ports[STRIPE.name]}"

    @property
    def files_url(self) -> str:
        """Where services keep files: one folder for all processes."""
        return f"file://{self.places.state / 'files'}"

    @property
    def traces_url(self) -> str:
        """Where the services send their spans."""
        return f"http://{self.host('traces')}:{self.ports['traces']}"

    def service_url(self, name: str) -> str:
        """Where a service's own API listens."""
        return f"http://{self.host(f'{name}-serve')}:{self.ports[f'{name}_http']}"

    def worker_url(self, name: str) -> str:
        """Where the worker's door for other services listens."""
        return f"http://{self.host(f'{name}-work')}:{self.ports[f'{name}_internal']}"

    @property
    def database_url(self) -> str:
        """The superuser's URL of the database that holds every service's schema."""
        return self.postgres.admin_url.removesuffix("/postgres") + f"/{DATABASE}"


@dataclass(frozen=True)
class ServiceRow:
    """One service: the processes it has, whether it has a schema, and the settings that only it reads."""

    name: str
    settings: Callable[[Stack], dict[str, str]]
    processes: tuple[str, ...] = ("serve", "work")
    has_schema: bool = True
    prepared_by: tuple[tuple[str, ...], ...] = ()
    """Commands of its own that make it ready, after its schema and queues."""

    @property
    def has_worker(self) -> bool:
        """Whether there is a process with an internal door for dead letters."""
        return "work" in self.processes

    def port_names(self) -> list[str]:
        """The API's port, one for the metrics and health of each process, one for the worker's internal door."""
        internal = [f"{self.name}_internal"] if self.has_worker else []
        return [f"{self.name}_http", *(f"{self.name}_{process}_metrics" for process in self.processes), *internal]


def _teams(stack: Stack) -> dict[str, str]:
    return {
        "SIGNING_KEYS": json.dumps([stack.keyring.token_signing_key]),
        "TOTP_SEED_KEYS": json.dumps([stack.keyring.customer_totp_seed_key]),
        "NOTIFIER_PUBLIC_KEY": stack.keyring.command_public_key,
        "SSO_SECRET_KEYS": json.dumps([stack.keyring.sso_secret_key]),
        "BLOBS_URL": f"{stack.files_url}/teams",
    }


def _notifier(stack: Stack) -> dict[str, str]:
    return {
        "COMMAND_PRIVATE_KEY": stack.keyring.command_private_key,
        "REDIS_URL": stack.redis.url,
        "SMTP_HOST": stack.host("mail"),
        "SMTP_PORT": str(stack.ports["smtp"]),
        "SMTP_TLS": "none",
        "MAIL_FROM": MAIL_FROM,
    }


def _billing(stack: Stack) -> dict[str, str]:
    return {
        "STRIPE_API_KEY": STRIPE_API_KEY,
        "STRIPE_API_BASE": stack.stripe_url,
        "STRIPE_WEBHOOK_SECRETS": json.dumps([stack.keyring.stripe_webhook_secret]),
    }


def stripe_simulator(stack: Stack) -> tuple[str, ...]:
    """The simulator's command: it delivers through the front door, as Stripe would, and soon again where that fails."""
    listen = ("--port", str(stack.ports[STRIPE.name]), "--state", str(stack.places.state / "stripe.json"))
    deliver = ("--webhook-url", f"{stack.public_url}/webhooks/stripe", "--retry-scale", "0.001")
    secret = ("--webhook-secret", stack.keyring.stripe_webhook_secret)
    return (python(), "-m", "stripe_simulator", *listen, *deliver, *secret)


def _admin(stack: Stack) -> dict[str, str]:
    doors = {row.name: stack.worker_url(row.name) for row in SERVICES if row.has_worker}
    return {
        "ADMIN_SIGNING_KEYS": json.dumps([stack.keyring.admin_signing_key]),
        "TOTP_SEED_KEYS": json.dumps([stack.keyring.totp_seed_key]),
        "SERVICES_INTERNAL": json.dumps(doors),
    }


def _nothing(_: Stack) -> dict[str, str]:
    return {}


def _gateway(stack: Stack) -> dict[str, str]:
    return {
        "SERVICES": json.dumps({row.name: stack.service_url(row.name) for row in SERVICES if row.has_schema}),
        "OPENAPI_DIRECTORY": str(stack.places.openapi),
        "REDIS_URL": stack.redis.url,
        "WEB_DIRECTORY": str(stack.places.root / "web" / "dist"),
    }


SERVICES = (
    ServiceRow("teams", _teams),
    ServiceRow("notifier", _notifier),
    ServiceRow("analytics", _nothing),
    ServiceRow("billing", _billing, prepared_by=(("catalog", "sync"),)),
    ServiceRow("admin", _admin),
    ServiceRow("gateway", _gateway, processes=("serve",), has_schema=False),
)


def row(name: str) -> ServiceRow:
    """The row of a service. Raises KeyError."""
    return {service.name: service for service in SERVICES}[name]


def port_names() -> list[str]:
    """Every port of the stack beside the public ones."""
    own = ["postgres", "redis", *RabbitMQ.port_names, "supervisor", "smtp", "traces"]
    return own + [name for service in SERVICES for name in service.port_names() if name != GATEWAY.name]


def environment(stack: Stack, service: ServiceRow) -> dict[str, str]:
    """The settings that all processes of a service share."""
    own = stack.keyring.services[service.name]
    shared = {
        "ENVIRONMENT": "development",
        "HTTP_PORT": str(stack.ports[f"{service.name}_http"]),
        "PUBLIC_URL": stack.public_url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": stack.traces_url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds; somebody is waiting to see the trace
        "RABBITMQ_URL": stack.rabbitmq.url(),
        "RABBITMQ_MANAGEMENT_URL": stack.rabbitmq.management_url,
        "TEAMS_URL": stack.service_url("teams"),
        "INTERNAL_SIGNING_KEY": own.signing_key,
        "TRUSTED_SERVICES": json.dumps(stack.keyring.trusted_services),
    }
    address = f"{stack.host('postgres')}:{stack.ports['postgres']}/{DATABASE}"
    if service.has_schema:
        for role in ROLES:
            url = f"postgresql://{service.name}_{role}:{own.database[role]}@{address}"
            shared[f"DATABASE_{role.upper()}_URL"] = url
    return shared | service.settings(stack)


def process_environment(stack: Stack, service: ServiceRow, process: str) -> dict[str, str]:
    """What one process has beside: its own port for metrics and health."""
    own = {"METRICS_PORT": str(stack.ports[f"{service.name}_{process}_metrics"])}
    internal = {"INTERNAL_PORT": str(stack.ports[f"{service.name}_internal"])} if process == "work" else {}
    return own | internal


def health_url(stack: Stack, service: ServiceRow, process: str) -> str:
    """Where the process says whether it is ready."""
    port = stack.ports[f"{service.name}_{process}_metrics"]
    return f"http://127.0.0.1:{port}/health/ready"


def python() -> str:
    """The interpreter of the checkout's environment."""
    return str(Path(sys.executable))
