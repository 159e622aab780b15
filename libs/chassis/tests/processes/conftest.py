"""What the thing service reads from its environment."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .running_service import ISSUER

MIGRATIONS = Path(__file__).parent / "migrations"


@pytest.fixture(scope="module")
def environment(service_database: Callable[..., Any]) -> dict[str, str]:
    urls = service_database("things", MIGRATIONS)
    return {
        "PATH": os.environ["PATH"],
        "HTTP_PORT": "0",
        "DATABASE_OWNER_URL": urls.owner_url,
        "DATABASE_API_URL": urls.api_url,
        "DATABASE_WORKER_URL": urls.worker_url,
        "RABBITMQ_URL": "amqp://127.0.0.1:1/",
        "RABBITMQ_MANAGEMENT_URL": "http://127.0.0.1:1",
        "TEST_KEY": ISSUER.key.private_text,
        "TEST_PARTS": "waiting",
    }
