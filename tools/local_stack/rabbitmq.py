"""A private RabbitMQ node with its own epmd, name, cookie and directories."""

import base64
import json
import shutil
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_stack.accounts import account_for, own_directory, write_private
from local_stack.failure import StackFailure
from local_stack.program import Program

ACCOUNT = "rabbitmq"
_AMQP_GREETING = b"AMQP\x00\x00\x09\x01"
_METHOD_FRAME = b"\x01"


class RabbitMQ:
    """Loopback only, with the management and Prometheus plugins. Ports: AMQP, management, Prometheus, Erlang's two."""

    name = "rabbitmq"
    port_names = ("rabbitmq", "rabbitmq_management", "rabbitmq_prometheus", "rabbitmq_distribution", "epmd")

    def __init__(
        self,
        directory: Path,
        *,
        ports: Mapping[str, int],
        password: str,
        logs: Path | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.directory = directory / self.name
        self.host = host
        self.ports = ports
        self.password = password
        self.account = account_for(ACCOUNT)
        self.log = (logs or directory) / f"{self.name}.log"
        self._epmd_log = (logs or directory) / "epmd.log"

    def url(self, vhost: str = "/") -> str:
        """amqp:// URL of the owner of everything on this node; the vhost "/" is written %2F."""
        name = "%2F" if vhost == "/" else vhost
        return f"amqp://platform:{self.password}@{self.host}:{self.ports['rabbitmq']}/{name}"

    @property
    def management_url(self) -> str:
        """Where policies and vhosts are applied, with user and password."""
        return f"http://platform:{self.password}@{self.host}:{self.ports['rabbitmq_management']}"

    def prepare(self) -> None:
        """Write the configuration; RabbitMQ creates the rest."""
        own_directory(self.directory, self.account)
        lines = {
            "listeners.tcp.1": f"127.0.0.1:{self.ports['rabbitmq']}",
            "management.tcp.ip": "127.0.0.1",
            "management.tcp.port": self.ports["rabbitmq_management"],
            "prometheus.tcp.ip": "127.0.0.1",
            "prometheus.tcp.port": self.ports["rabbitmq_prometheus"],
            "default_user": "platform",
            "default_pass": self.password,
            "disk_free_limit.absolute": "200MB",
            # Ra's log grows to this before it is compacted: the default of 512 MB is for a server of its own.
            "raft.wal_max_size_bytes": 64_000_000,
            "log.console": "true",
            "log.console.level": "info",
            "log.file": "false",
        }
        text = "".join(f"{name} = {value}\n" for name, value in lines.items())
        write_private(self.directory / "rabbitmq.conf", text, self.account)
        write_private(self.directory / "enabled_plugins", "[rabbitmq_management,rabbitmq_prometheus].\n", self.account)

    def programs(self) -> list[Program]:
        """Epmd in the foreground, then the node: left alone, Erlang would start an epmd that outlives it."""
        environment = self._environment()
        epmd = (epmd_binary(), "-address", "127.0.0.1", "-port", str(self.ports["epmd"]))
        return [
            Program("epmd", epmd, self.directory, self._epmd_log, environment, self.account),
            Program(self.name, (server_binary(),), self.directory, self.log, environment, self.account),
        ]

    def _environment(self) -> dict[str, str]:
        own = self.directory
        return {
            "HOME": str(own),
            "RABBITMQ_NODENAME": f"platform{self.ports['rabbitmq']}@localhost",
            "RABBITMQ_CONF_ENV_FILE": str(own / "no-rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(own / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(own / "no-advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(own / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(own / "data"),
            "RABBITMQ_LOG_BASE": str(own / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_GENERATED_CONFIG_DIR": str(own / "generated"),
            "RABBITMQ_PID_FILE": str(own / "pid"),
            "RABBITMQ_DIST_PORT": str(self.ports["rabbitmq_distribution"]),
            "ERL_EPMD_PORT": str(self.ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
            # The start script then becomes the node itself instead of staying as its parent, so signals reach it.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def ready(self) -> bool:
        """Whether a client gets AMQP's first frame and the management API answers to our password."""
        return self._greets() and self._management_answers()

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.ports["rabbitmq"]), timeout=2) as connection:
                connection.sendall(_AMQP_GREETING)
                return connection.recv(1) == _METHOD_FRAME
        except OSError:
            return False

    def _management_answers(self) -> bool:
        try:
            self.manage("GET", "overview")
        except OSError:
            return False
        return True

    def manage(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the management API: path below /api/, JSON in and out. Raises urllib.error.URLError (an OSError)."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports['rabbitmq_management']}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Basic {self._credentials()}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def _credentials(self) -> str:
        return base64.b64encode(f"platform:{self.password}".encode()).decode()

    def create_vhost(self, name: str) -> str:
        """Make an empty vhost; returns its amqp:// URL."""
        self.manage("PUT", f"vhosts/{name}", {})
        return self.url(name)

    def delete_vhost(self, name: str) -> None:
        """Drop a vhost with its queues; closes its connections. One that is gone already is fine."""
        try:
            self.manage("DELETE", f"vhosts/{name}")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise


def server_binary() -> str:
    """The start script itself: Debian's /usr/sbin wrapper only serves the system's own node."""
    for path in ("/usr/lib/rabbitmq/bin/rabbitmq-server", shutil.which("rabbitmq-server")):
        if path and Path(path).exists():
            return path
    raise StackFailure("RabbitMQ is not installed: run `make install`, or `apt-get install rabbitmq-server`")


def epmd_binary() -> str:
    """Erlang's port mapper."""
    found = shutil.which("epmd")
    if found is None:
        raise StackFailure("Erlang's epmd is not installed: run `make install`, or `apt-get install rabbitmq-server`")
    return found
