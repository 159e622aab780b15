"""A private PostgreSQL cluster."""

import shutil
import signal
import subprocess
from pathlib import Path

from local_stack.accounts import account_for, own_directory, write_private
from local_stack.failure import StackFailure
from local_stack.program import Program, passed_on

ACCOUNT = "postgres"
# What a test cluster does without: commits still reach the operating system, so that they survive a killed server.
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "autovacuum_naptime": "10s"}


class Postgres:
    """Loopback only, password login only, no Unix socket. `durable=False` is faster and for tests only."""

    name = "postgres"

    def __init__(
        self,
        directory: Path,
        *,
        port: int,
        password: str,
        durable: bool,
        logs: Path | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.directory = directory / self.name
        self.host = host
        self.port = port
        self.password = password
        self.durable = durable
        self.account = account_for(ACCOUNT)
        self.log = (logs or directory) / f"{self.name}.log"

    @property
    def admin_url(self) -> str:
        """The superuser's URL."""
        return f"postgresql://postgres:{self.password}@{self.host}:{self.port}/postgres"

    def prepare(self) -> None:
        """Create the cluster once. Raises StackFailure with initdb's own words."""
        data = self.directory / "data"
        if (data / "PG_VERSION").exists():
            return
        own_directory(self.directory, self.account)
        shutil.rmtree(data, ignore_errors=True)
        password_file = write_private(self.directory / "password", self.password, self.account)
        options = ["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        if not self.durable:
            options.append("--no-sync")
        result = subprocess.run(
            [binary("initdb"), "-D", str(data), f"--pwfile={password_file}", *options],
            cwd=self.directory,
            env={**passed_on(), "HOME": str(self.directory)},
            capture_output=True,
            text=True,
            user=self.account,
            group=self.account,
            extra_groups=None if self.account is None else [],
            check=False,
        )
        password_file.unlink()
        if result.returncode != 0:
            raise StackFailure(f"initdb failed in {data}: {result.stderr.strip()}")

    def programs(self) -> list[Program]:
        """The postmaster. SIGINT is Postgres' fast shutdown: sessions end, nothing is lost."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "300",
            "shared_buffers": "128MB",
            **({} if self.durable else THROWAWAY),
        }
        data = self.directory / "data"
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [
            Program(
                name=self.name,
                command=(binary("postgres", version_of(data)), "-D", str(data), *settings),
                directory=self.directory,
                log=self.log,
                environment={"HOME": str(self.directory)},
                account=self.account,
                stop_signal=signal.SIGINT,
            )
        ]

    def ready(self) -> bool:
        """Whether SELECT 1 answers."""
        result = subprocess.run(
            [
                binary("psql"),
                "-X",
                "-A",
                "-t",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
                "-U",
                "postgres",
                "-c",
                "SELECT 1",
            ],
            env={**passed_on(), "PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "2", "HOME": "/"},
            capture_output=True,
            check=False,
        )
        return result.returncode == 0


def version_of(data: Path) -> str | None:
    """The major version that made the data directory; None if there is none yet."""
    file = data / "PG_VERSION"
    return file.read_text().strip() if file.exists() else None


def binary(name: str, version: str | None = None) -> str:
    """Path of a server program; Debian keeps them off PATH, one folder a version. Without a wish the newest wins.

    Raises StackFailure if it is not installed, also if data of an older version wants a server that is gone.
    """
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_version)
    wanted = [path for path in installed if version in (None, path.parent.parent.name)]
    if wanted:
        return str(wanted[-1])
    if installed:
        raise StackFailure(
            f"the data was made by PostgreSQL {version}, which is not installed: "
            f"`apt-get install postgresql-{version}`, or `make reset` to begin anew"
        )
    if (found := shutil.which(name)) is None:
        raise StackFailure("PostgreSQL's server is not installed: run `make install`, or `apt-get install postgresql`")
    return found


def _version(path: Path) -> int:
    folder = path.parent.parent.name
    return int(folder) if folder.isdecimal() else 0
