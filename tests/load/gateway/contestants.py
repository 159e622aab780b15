"""Who takes part: ours, as one process and as two; two Node gateways with the same checks; nginx without any."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import sleep
from urllib.request import urlopen

from gateway.redis_gateway import TAKE
from local_stack.ports import free_port
from tests.load.events.contestants import NODE, PEERS
from tests.load.gateway.surroundings import DOCUMENT, Surroundings
from tests.load.programs import Running


@dataclass(frozen=True)
class Contestant:
    """`start` starts it on a port; None is the service without anything before it. `alone` on a core."""

    name: str
    start: Callable[[Surroundings, int], Running] | None
    checks: bool = True
    alone: bool = True


def _ours(around: Surroundings, port: int, workers: int = 1) -> Running:
    directory = around.stand.directory / "openapi"
    directory.mkdir(exist_ok=True)
    (directory / "bench.json").write_text(json.dumps(DOCUMENT))
    metrics_port = free_port({port}, row=workers + 1)
    settings = {
        "HTTP_PORT": str(port),
        "METRICS_PORT": str(metrics_port),
        "HTTP_WORKERS": str(workers),
        "SERVICES": json.dumps({"bench": around.service_url}),
        "OPENAPI_DIRECTORY": str(directory),
        "TEAMS_URL": around.service_url,
        "RABBITMQ_URL": around.bus_url,
        "REDIS_URL": around.stand.engines.redis_url,
        "INTERNAL_SIGNING_KEY": around.own_key.private_text,
        "REQUESTS_PER_MINUTE_CALLER": "100000000",
        "LOG_LEVEL": "warning",
        "ENVIRONMENT": "production",
    }
    running = around.start("ours", (sys.executable, "-m", "gateway", "serve"), settings)
    while workers > 1 and not all(_is_ready(metrics_port + number) for number in range(1, workers + 1)):
        running.check()  # connections are spread over those who listen when they are made
        sleep(0.05)
    return running


def _is_ready(port: int) -> bool:
    """Whether this worker has heard of the revocations: until then it refuses what it cannot check."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2):
            return True
    except OSError:
        return False


def _node(program: str) -> Callable[[Surroundings, int], Running]:
    def start(around: Surroundings, port: int) -> Running:
        settings = {
            "PORT": str(port),
            "UPSTREAM": around.service_url,
            "JWKS": around.jwks,
            "REDIS_URL": around.stand.engines.redis_url,
            "SCRIPT": TAKE,
            "NODE_ENV": "production",
        }
        return around.start(program, (NODE, str(PEERS / f"{program}.mjs")), settings)

    return start


OURS = Contestant("ours", _ours)
OTHERS = (
    Contestant("ours, 2 workers", partial(_ours, workers=2), alone=False),
    Contestant("http-proxy", _node("gateway_http_proxy")),
    Contestant("@fastify/http-proxy", _node("gateway_fastify")),
    Contestant("nginx, no checks", Surroundings.plain_proxy, checks=False),
    Contestant("the service itself", None, checks=False),
)
