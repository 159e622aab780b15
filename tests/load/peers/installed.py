"""Installs what the peers stand on: an environment of their own in .local/peers, and node_modules beside them."""

import os
import subprocess
import sys
from pathlib import Path

from tools.bootstrap import fetch_uv, find_uv


def install(root: Path) -> None:
    """Exactly what the lock files say, on our own Python: builds differ by a third. Raises CalledProcessError."""
    here = root / "tests" / "load" / "peers"
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(root / ".local" / "peers"), "UV_SYSTEM_CERTS": "true"}
    environment.pop("VIRTUAL_ENV", None)
    uv = find_uv() or fetch_uv()
    subprocess.run(
        [uv, "sync", "--quiet", "--frozen", "--python", sys.executable], cwd=here, env=environment, check=True
    )
    npm = str(root / ".venv" / "bin" / "npm")
    subprocess.run([npm, "ci", "--silent"], cwd=here, check=True)
