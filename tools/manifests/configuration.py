"""A service's settings model, taken apart: what a ConfigMap says, what a Secret holds, what the overlay must say."""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from chassis.lifecycle import Service
from chassis.settings import ServiceSettings
from gateway.settings import GatewaySettings
from local_stack.catalogue import SERVICES, ServiceRow
from local_stack.containers import HTTP, INTERNAL, METRICS, PRIVATE_NETWORKS
from local_stack.places import ROOT

PLATFORM, KEYS = "platform", "platform-keys"
SAID_BY_THE_OVERLAY = ("PUBLIC_URL", "BLOBS_URL", "MAIL_FROM", "SMTP_HOST", "SMTP_PORT", "SMTP_TLS")
"""Differ by installation and are no secrets: the ConfigMap `platform` has them, for whichever service reads them."""
PUBLIC_KEYS = ("TRUSTED_SERVICES", "NOTIFIER_PUBLIC_KEY")
"""The public halves of keys that are Secrets: the ConfigMap `platform-keys`, made together with those."""
OWNER = "DATABASE_OWNER_URL"
ADMINISTRATOR = "DATABASE_ADMIN_URL"


@dataclass(frozen=True)
class Configuration:
    """Names are environment variables. `optional` are those that may be left out."""

    values: dict[str, str]
    secrets: tuple[str, ...]
    optional_secrets: tuple[str, ...]
    keys: tuple[str, ...]
    platform: tuple[str, ...]
    optional_platform: tuple[str, ...]


def model_of(row: ServiceRow) -> type[ServiceSettings]:
    """The settings model of a service."""
    if row.name == "gateway":
        return GatewaySettings
    service: Service = importlib.import_module(f"{row.name}.app").SERVICE
    return service.settings


@cache
def configuration(row: ServiceRow) -> Configuration:
    """Each field of the model in exactly one place; but the owner's URL, which only the job before a start gets."""
    fields = {name.upper(): field for name, field in model_of(row).model_fields.items() if name.upper() != OWNER}
    secrets = [name for name, field in fields.items() if is_secret(field)]
    plain = {name: field for name, field in fields.items() if name not in secrets}
    values = {name: value for name, field in plain.items() if (value := _value(row, name, field)) is not None}
    elsewhere = [name for name in plain if name not in values]
    return Configuration(
        values=values,
        secrets=tuple(name for name in secrets if fields[name].is_required()),
        optional_secrets=tuple(name for name in secrets if not fields[name].is_required()),
        keys=tuple(name for name in elsewhere if name in PUBLIC_KEYS),
        platform=tuple(name for name in elsewhere if name in SAID_BY_THE_OVERLAY),
        optional_platform=tuple(name for name in elsewhere if name not in (*SAID_BY_THE_OVERLAY, *PUBLIC_KEYS)),
    )


def is_secret(field: FieldInfo) -> bool:
    """Whether a SecretStr is anywhere in the field's type."""
    return SecretStr in _types(field.annotation)


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for argument in get_args(annotation):
        yield from _types(argument)


def _value(row: ServiceRow, name: str, field: FieldInfo) -> str | None:
    """What the service's own ConfigMap says; None for what the overlay says, or for nothing at all."""
    if name in SAID_BY_THE_OVERLAY or name in PUBLIC_KEYS:
        return None
    of_this_installation = _cluster(row)
    if name in of_this_installation:
        return of_this_installation[name]
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined:
        raise ValueError(f"{row.name} requires {name}: say in manifests/configuration.py where it comes from")
    return None if default is None else _text(default)


def _cluster(row: ServiceRow) -> dict[str, str]:
    with_api = [other.name for other in SERVICES if other.has_schema]
    return {
        "ENVIRONMENT": "production",
        "HTTP_HOST": "0.0.0.0",
        "HTTP_PORT": str(HTTP),
        "METRICS_HOST": "0.0.0.0",
        "METRICS_PORT": str(METRICS),
        "INTERNAL_HOST": "0.0.0.0",
        "INTERNAL_PORT": str(INTERNAL),
        "TEAMS_URL": f"http://teams:{HTTP}",
        # Only the gateway reaches a service; what stands before the gateway is the overlay's to say.
        "TRUSTED_PROXIES": json.dumps(PRIVATE_NETWORKS if row.has_schema else []),
        "SERVICES": json.dumps({name: f"http://{name}:{HTTP}" for name in with_api}),
        "SERVICES_INTERNAL": json.dumps({name: f"http://{name}-work:{INTERNAL}" for name in with_api}),
        "OPENAPI_DIRECTORY": "/app/openapi",
        "WEB_DIRECTORY": "/app/web",
    }


def _text(value: object) -> str:
    if isinstance(value, Path):
        return str(Path("/app") / value.relative_to(ROOT)) if value.is_absolute() else str(value)
    return value if isinstance(value, str) else json.dumps(value, default=str)
