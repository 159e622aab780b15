"""A private Redis."""

import shutil
import socket
from pathlib import Path

from local_stack.accounts import account_for, own_directory
from local_stack.failure import StackFailure
from local_stack.program import Program

ACCOUNT = "redis"


class Redis:
    """Loopback only. Nothing in it must survive a stop that the services could not rebuild; `durable` keeps a log."""

    name = "redis"

    def __init__(
        self, directory: Path, *, port: int, durable: bool, logs: Path | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.directory = directory / self.name
        self.host = host
        self.port = port
        self.durable = durable
        self.account = account_for(ACCOUNT)
        self.log = (logs or directory) / f"{self.name}.log"

    @property
    def url(self) -> str:
        """Database 0."""
        return f"redis://{self.host}:{self.port}/0"

    def prepare(self) -> None:
        """Only the directory."""
        own_directory(self.directory, self.account)

    def programs(self) -> list[Program]:
        """One process in the foreground; options on the command line replace any file in /etc."""
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.directory), "--save", ""]
        options += ["--appendonly", "yes" if self.durable else "no"]
        return [
            Program(
                name=self.name,
                command=(server_binary(), *options),
                directory=self.directory,
                log=self.log,
                environment={"HOME": str(self.directory)},
                account=self.account,
            )
        ]

    def ready(self) -> bool:
        """Whether PING is answered with PONG (it is not while the data is loading)."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7).startswith(b"+PONG")
        except OSError:
            return False


def server_binary() -> str:
    """Redis, or Valkey where a distribution has replaced it."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    raise StackFailure("Redis is not installed: run `make install`, or `apt-get install redis-server`")
