"""Where the local stack of this checkout keeps its things: everything below .local/."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from local_stack.accounts import account_for, can_reach

ROOT = Path(__file__).resolve().parents[2]
MARK = "LOCAL_STACK_HOME"
_OUTSIDE = Path("/var/lib/objectalabs-local")


@dataclass(frozen=True)
class Places:
    """Paths of one checkout. `home` is .local/, private to whoever runs the stack."""

    root: Path
    home: Path

    @classmethod
    def of(cls, root: Path = ROOT) -> "Places":
        """The places of a checkout, created where they are missing."""
        places = cls(root, root / ".local")
        for directory in (places.home, places.logs, places.openapi, places.environments, places.state):
            directory.mkdir(parents=True, exist_ok=True)
        # Engines that run under their own accounts must walk through; what is secret has a mode of its own.
        places.home.chmod(0o711)
        for directory in (places.environments, places.state, places.logs):
            directory.chmod(0o700)
        return places

    @property
    def ports(self) -> Path:
        """The ports that were picked once."""
        return self.home / "ports.json"

    @property
    def secrets(self) -> Path:
        """The secrets that were generated once."""
        return self.home / "secrets.json"

    @property
    def superadmin(self) -> Path:
        """The demo's superadmin, with password and second factor; readable by its owner only."""
        return self.home / "superadmin.json"

    @property
    def supervisord_conf(self) -> Path:
        """Written by `up`."""
        return self.home / "supervisord.conf"

    @property
    def logs(self) -> Path:
        """One file a program."""
        return self.home / "logs"

    @property
    def openapi(self) -> Path:
        """<service>.json, read by the gateway."""
        return self.home / "openapi"

    @property
    def environments(self) -> Path:
        """<service>.env: one NAME=value a line."""
        return self.home / "environments"

    @property
    def compose(self) -> Path:
        """<service>.env of the containers, and .env for docker-compose.yml itself."""
        return self.home / "compose"

    @property
    def state(self) -> Path:
        """What `up` did for which sources, so that the next `up` can skip it."""
        return self.home / "state"

    @property
    def engines(self) -> Path:
        """The engines' data. As root in a folder that their accounts cannot reach (/root), it lies in /var/lib."""
        account = account_for("postgres")
        if can_reach(self.home / "engines" / "x", account):
            return self.home / "engines"
        return _OUTSIDE / hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]

    def make_engines(self) -> Path:
        """The engines' directory, there for their accounts to walk through."""
        for directory in (self.engines.parent, self.engines):
            directory.mkdir(parents=True, exist_ok=True)
        self.engines.chmod(0o711)
        return self.engines

    def delete(self) -> None:
        """Delete data, secrets, ports and logs; what `make` fetched for itself stays."""
        shutil.rmtree(self.engines, ignore_errors=True)
        for path in self.home.iterdir():
            if path.name != "bootstrap":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
