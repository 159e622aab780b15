"""Who may open a connection to whom: the one table from which every NetworkPolicy is written. The rest is denied."""

from collections.abc import Iterator
from dataclasses import dataclass

from local_stack.catalogue import SERVICES, ServiceRow
from local_stack.containers import HTTP, INTERNAL, METRICS

POSTGRES, RABBITMQ, RABBITMQ_MANAGEMENT, REDIS = 5432, 5672, 15672, 6379
SMTP, HTTPS, OTLP, DNS = 587, 443, 4318, 53


@dataclass(frozen=True, order=True)
class Arrow:
    """`source` opens a TCP connection to `port` of `target`. Parts are `<service>-<process>`, or a neighbour's name."""

    source: str
    target: str
    port: int


NEIGHBOURS: dict[str, dict[str, object]] = {
    "postgres": {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "postgres"}}},
    "rabbitmq": {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "rabbitmq"}}},
    "redis": {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "redis"}}},
    "ingress": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}},
    "monitoring": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}},
    "internet": {
        "ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"]}
    },
}
"""What is not ours, and how a policy names it. An overlay labels its engines so, or patches the policy."""

ASKS_TEAMS = ("notifier", "analytics", "billing", "gateway")
"""Services that verify customers' tokens: published keys, revocations, and whether a token still holds."""
HEARS_REVOCATIONS = ASKS_TEAMS
"""Their serving processes listen to the bus; those of teams and admin ask their own database instead."""

ONLY_THEIRS = (
    Arrow("ingress", "gateway-serve", HTTP),
    Arrow("gateway-serve", "redis", REDIS),
    Arrow("notifier-serve", "redis", REDIS),
    Arrow("notifier-work", "redis", REDIS),
    Arrow("notifier-work", "internet", SMTP),
    Arrow("teams-serve", "internet", HTTPS),
    Arrow("teams-work", "internet", HTTPS),
    Arrow("billing-work", "internet", HTTPS),
    Arrow("billing-setup", "internet", HTTPS),
)


def parts(row: ServiceRow) -> list[str]:
    """The pods of a service: its processes, and the job before them."""
    own = [f"{row.name}-{process}" for process in row.processes]
    return [*own, f"{row.name}-setup"] if row.has_schema else own


def arrows() -> frozenset[Arrow]:
    """All of them."""
    return frozenset({*ONLY_THEIRS, *(arrow for row in SERVICES for arrow in _of(row))})


def _of(row: ServiceRow) -> Iterator[Arrow]:
    for process in row.processes:
        yield Arrow("monitoring", f"{row.name}-{process}", METRICS)
        yield Arrow(f"{row.name}-{process}", "monitoring", OTLP)
    if row.name in ASKS_TEAMS:
        yield Arrow(f"{row.name}-serve", "teams-serve", HTTP)
    if row.name in HEARS_REVOCATIONS:
        yield Arrow(f"{row.name}-serve", "rabbitmq", RABBITMQ)
    if row.has_schema:
        yield from _of_schema(row)


def _of_schema(row: ServiceRow) -> Iterator[Arrow]:
    yield Arrow("gateway-serve", f"{row.name}-serve", HTTP)
    for part in parts(row):
        yield Arrow(part, "postgres", POSTGRES)
    for part in (f"{row.name}-work", f"{row.name}-setup"):
        yield Arrow(part, "rabbitmq", RABBITMQ)
    # The job applies policies; in a worker's pod operators run `snapshot` and `replay`, which ask what a queue hears.
    for part in (f"{row.name}-work", f"{row.name}-setup"):
        yield Arrow(part, "rabbitmq", RABBITMQ_MANAGEMENT)
    yield Arrow("admin-serve", f"{row.name}-work", INTERNAL)
