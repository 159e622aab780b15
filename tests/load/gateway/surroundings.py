"""What the contestants stand between: a service that answers at once (nginx), keys, a bus and Redis."""

import json
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from chassis.keys import SigningKey, jwks
from chassis.tokens import sign
from chassis.topology import Topology, apply
from contracts.tokens import ACCESS_TOKEN_SECONDS, ISSUER, UNBOUNDED, AccessClaims
from local_stack.ports import free_port
from tests.load import programs
from tests.load.programs import Running
from tests.load.stand import Stand

TARGET = "/v1/members"
"""What is asked for: a page of a list, about a kilobyte, as the product's own are."""
MEMBERS = {
    "items": [{"user_id": str(uuid4()), "name": "Somebody", "role": "member", "version": 1}] * 9,
    "next_cursor": None,
}
DOCUMENT = {
    "openapi": "3.1.1",
    "info": {"title": "bench", "version": "1"},
    "paths": {TARGET: {"get": {"security": [{"bearer": []}], "responses": {"200": {"description": "OK"}}}}},
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
}
_NGINX = """
daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000; default_type application/json; root {directory}/files;
  client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory};
  uwsgi_temp_path {directory}; scgi_temp_path {directory};
  {servers}
}}
"""
_SERVICE = """
  server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ try_files $uri.json =404; }} }}
"""
_PROXY = """
  upstream service {{ server 127.0.0.1:{upstream}; keepalive 128; keepalive_requests 1000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{ proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
"""


@dataclass
class Surroundings:
    """Where things are; `key` signs the tokens that all contestants verify."""

    stand: Stand
    key: SigningKey
    own_key: SigningKey
    service_port: int
    bus_url: str

    @property
    def service_url(self) -> str:
        return f"http://127.0.0.1:{self.service_port}"

    @property
    def jwks(self) -> str:
        return json.dumps(jwks([self.key]))

    def token(self) -> str:
        """Of one member, in an organization without a bound, for the whole run's sake."""
        now = time.time()
        claims = AccessClaims(
            iss=ISSUER, aud="customer", sub=uuid4(), sid=uuid4(), org=uuid4(), role="member", quota=1_000_000_000,
            iat=now, exp=int(now) + ACCESS_TOKEN_SECONDS, jti=uuid4(),
        )  # fmt: skip
        assert claims.quota != UNBOUNDED
        return sign(self.key, claims)

    def nginx(self, name: str, servers: str) -> Running:
        """Start one with these servers."""
        directory = self.stand.directory / name
        directory.mkdir(exist_ok=True, mode=0o755)
        configuration = directory / "nginx.conf"
        configuration.write_text(_NGINX.format(directory=directory, servers=servers))
        return self.start(name, ("nginx", "-p", str(directory), "-c", str(configuration)), {})

    def plain_proxy(self, port: int) -> Running:
        """nginx as a proxy without any check."""
        return self.nginx("plain", _PROXY.format(upstream=self.service_port, port=port))

    def start(self, name: str, command: tuple[str, ...], environment: Mapping[str, str]) -> Running:
        """Start a program."""
        return programs.start(self.stand.directory, name, command, environment)


@contextmanager
def surroundings(stand: Stand) -> Iterator[Surroundings]:
    """The service answers as long as the block runs; teams' answers to the gateway are files beside its own."""
    vhost = f"bench-{secrets.token_hex(4)}"
    bus_url = stand.engines.rabbitmq.create_vhost(vhost)
    import asyncio

    asyncio.run(apply(Topology("teams"), bus_url=bus_url, management_url=stand.engines.rabbitmq_management_url))
    around = Surroundings(stand, SigningKey.generate(), SigningKey.generate(), free_port(), bus_url)
    files = stand.directory / "service" / "files"
    for path, body in {
        f"{TARGET}.json": json.dumps(MEMBERS),
        "/.well-known/jwks.json.json": around.jwks,
        "/internal/v1/revocations.json": json.dumps({"items": []}),
        "/health/live.json": "{}",
    }.items():
        file = files / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body)
    for folder in (stand.directory, *stand.directory.rglob("*")):
        if folder.is_dir():
            folder.chmod(0o755)
    running = around.nginx("service", _SERVICE.format(port=around.service_port))
    try:
        yield around
    finally:
        running.stop()
        stand.engines.rabbitmq.delete_vhost(vhost)


def available() -> None:
    """Raises AssertionError when nginx or wrk is not installed."""
    for program in ("nginx", "wrk"):
        found = subprocess.run(["which", program], capture_output=True, check=False)
        assert found.returncode == 0, f"{program} is not installed: apt-get install {program}"
