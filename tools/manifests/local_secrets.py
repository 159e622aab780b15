"""The Secrets of the local overlay, from the keyring that the local stack keeps in .local/."""

import json
from typing import Any

import yaml

from local_stack import addresses, catalogue
from local_stack.catalogue import SERVICES, ServiceRow
from local_stack.containers import ContainerStack, describe
from local_stack.places import Places
from manifests.configuration import ADMINISTRATOR, KEYS, OWNER, configuration

NAMESPACE = "objectalabs"


def text() -> str:
    """YAML for `kubectl apply -f -`. Secret: whoever reads it is the platform."""
    stack = describe(Places.of(), {addresses.GATEWAY.name: 8080, addresses.MAIL.name: 8025})
    found = [
        _secret("engines", {"password": stack.keyring.engines, "stripe-webhook": stack.keyring.stripe_webhook_secret}),
        _secret("platform-administrator", {ADMINISTRATOR: stack.database_url}),
        _public(stack),
        *(secret for row in SERVICES for secret in _of_service(stack, row)),
    ]
    return yaml.safe_dump_all(found, sort_keys=False)


def _of_service(stack: ContainerStack, row: ServiceRow) -> list[dict[str, Any]]:
    given = catalogue.environment(stack, row)
    own = configuration(row)
    values = {name: given[name] for name in (*own.secrets, *own.optional_secrets) if name in given}
    owner = [_secret(f"{row.name}-owner", {OWNER: given[OWNER]})] if OWNER in given else []
    return [_secret(row.name, values), *owner]


def _public(stack: ContainerStack) -> dict[str, Any]:
    """The public halves of the keys, which the ConfigMap of the overlay cannot know."""
    keys = {
        "TRUSTED_SERVICES": json.dumps(stack.keyring.trusted_services),
        "NOTIFIER_PUBLIC_KEY": stack.keyring.command_public_key,
    }
    return {**_named(KEYS, "ConfigMap"), "data": keys}


def _secret(name: str, values: dict[str, str]) -> dict[str, Any]:
    return {**_named(name, "Secret"), "type": "Opaque", "stringData": values}


def _named(name: str, kind: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}}
