"""From a machine with only make and Python to one that can run the project. Standard library only.

Usage: python3 tools/bootstrap.py [python] [engines] [browser]
    python   uv (found, or fetched into .local/bootstrap) and the locked packages in .venv
    engines  PostgreSQL, RabbitMQ and Redis from the system's packages, where they are missing
    browser  Chromium for the browser tests, where it is missing

What is there already is left alone, so a second run takes a moment. Servers that come with the packages are neither
started nor enabled: the project runs instances of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
OWN = ROOT / ".local" / "bootstrap"
UV_WANTED = (0, 9)
POSTGRES_WANTED = 15
POLICY = Path("/usr/sbin/policy-rc.d")
SERVICES = ("postgresql", "rabbitmq-server", "redis-server", "epmd.socket", "epmd.service")


class Refused(Exception):
    """One sentence that says what to do."""


def main(wanted: list[str]) -> None:
    """Bring each wanted part up to date. Raises Refused."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python gets to see
        found = ".".join(map(str, sys.version_info[:3]))
        raise Refused(f"Python 3.11 or newer is needed and {sys.executable} is {found}: run `make PYTHON=python3.x …`")
    OWN.mkdir(parents=True, exist_ok=True)
    if missing := missing_packages(wanted):
        install(missing)
    if "python" in wanted:
        sync(find_uv() or fetch_uv())


def missing_packages(wanted: list[str]) -> list[str]:
    """Debian's names of what is not there yet."""
    missing = []
    if "engines" in wanted:
        if not _has_postgres():
            missing.append("postgresql")
        if shutil.which("rabbitmq-server", path=_system_path()) is None:
            missing.append("rabbitmq-server")
        if not any(shutil.which(name, path=_system_path()) for name in ("redis-server", "valkey-server")):
            missing.append("redis-server")
    if "browser" in wanted and not any(shutil.which(name) for name in ("chromium", "google-chrome", "chrome")):
        missing += ["chromium", "fonts-dejavu-core"]
    return missing


def _has_postgres() -> bool:
    versions = (path.parent.parent.name for path in Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if any(version.isdecimal() and int(version) >= POSTGRES_WANTED for version in versions):
        return True
    return shutil.which("postgres") is not None


def _system_path() -> str:
    """Servers live in sbin, which is not on everybody's PATH."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def install(packages: list[str]) -> None:
    """Install system packages without starting what they bring. Raises Refused, saying what to run by hand."""
    by_hand = f"apt-get install --no-install-recommends {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise Refused(f"{', '.join(packages)} missing and there is no apt-get here: install them and run this again")
    root = as_root(by_hand)
    log = OWN / "apt.log"
    with progress(f"Installing {', '.join(packages)} with apt-get (log: {log.relative_to(ROOT)})"), no_servers(root):
        apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
        with log.open("ab") as output:
            for command in ([*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", *packages]):
                result = subprocess.run(command, stdout=output, stderr=output, check=False)
    if result.returncode != 0:
        raise Refused(f"apt-get failed; the end of {log}:\n{tail(log)}\nPut that right, or run `{by_hand}` as root.")


def as_root(by_hand: str) -> list[str]:
    """What to put before a command that needs root: nothing as root, else sudo, which asks only who is there."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise Refused(f"this needs root and there is no sudo: run `{by_hand}` as root, then this again")
    command = ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    if subprocess.run([*command, "-v"], check=False).returncode != 0:
        raise Refused(f"sudo was refused: run `{by_hand}` as root, then this again")
    return command


@contextmanager
def no_servers(root: list[str]) -> Iterator[None]:
    """Keep Debian from starting the servers it installs, and from starting them at the next boot.

    A policy-rc.d that is there already (containers have one) stays as it is, and so do servers that were there before.
    """
    known = {name for name in SERVICES if _unit_exists(name)}
    placed = not POLICY.exists()
    if placed:
        _write_as_root(root, POLICY, "#!/bin/sh\nexit 101\n")
    try:
        yield
    finally:
        if placed:
            subprocess.run([*root, "rm", "-f", str(POLICY)], check=False)
        new = [name for name in SERVICES if name not in known and _unit_exists(name)]
        if new and shutil.which("systemctl"):
            subprocess.run([*root, "systemctl", "disable", "--quiet", *new], check=False, capture_output=True)


def _unit_exists(name: str) -> bool:
    unit = name if "." in name else f"{name}.service"
    return any((Path(folder) / unit).exists() for folder in ("/lib/systemd/system", "/etc/systemd/system"))


def _write_as_root(root: list[str], path: Path, text: str) -> None:
    subprocess.run([*root, "tee", str(path)], input=text.encode(), stdout=subprocess.DEVNULL, check=True)
    subprocess.run([*root, "chmod", "755", str(path)], check=True)


def find_uv() -> str | None:
    """A uv that is new enough, on PATH or fetched earlier."""
    for candidate in (shutil.which("uv"), OWN / "venv" / "bin" / "uv", OWN / "packages" / "bin" / "uv"):
        if candidate and _uv_version(str(candidate)) >= UV_WANTED:
            return str(candidate)
    return None


def _uv_version(path: str) -> tuple[int, ...]:
    try:
        result = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ()
    found = re.match(r"uv (\d+)\.(\d+)", result.stdout)
    return tuple(map(int, found.groups())) if found else ()


def fetch_uv() -> str:
    """Get uv from PyPI into .local/bootstrap: by venv, by pip, or after installing Debian's python3-venv."""
    with progress("Fetching uv, the package installer, into .local/bootstrap"):
        if _uv_by_venv() or _uv_by_pip():
            return find_uv() or _no_uv()
    minor = f"python3.{sys.version_info.minor}-venv"
    install(["python3-venv", minor] if sys.executable.startswith("/usr/bin") else ["python3-venv"])
    with progress("Fetching uv, the package installer, into .local/bootstrap"):
        _uv_by_venv()
        return find_uv() or _no_uv()


def _uv_by_venv() -> bool:
    venv = OWN / "venv"
    shutil.rmtree(venv, ignore_errors=True)
    return _logged([sys.executable, "-m", "venv", str(venv)]) and _logged(
        [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv>=0.9"]
    )


def _uv_by_pip() -> bool:
    return _logged([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(OWN / "packages"), "uv>=0.9"])


def _no_uv() -> str:
    log = OWN / "uv.log"
    raise Refused(f"uv could not be fetched; the end of {log}:\n{tail(log)}\nIs the network there? Else install uv.")


def _logged(command: list[str]) -> bool:
    with (OWN / "uv.log").open("ab") as log:
        return subprocess.run(command, stdout=log, stderr=log, check=False).returncode == 0


def sync(uv: str) -> None:
    """Install exactly what the lock file says into .venv."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(ROOT / ".venv")}
    environment.pop("VIRTUAL_ENV", None)
    environment.setdefault("UV_SYSTEM_CERTS", "true")  # a company's proxy is trusted by the system, not by uv
    command = [uv, "sync", "--quiet", "--frozen", "--all-packages"]
    if (ROOT / ".venv").exists():
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    else:
        with progress("Installing the Python packages of uv.lock into .venv"):
            command += ["--python", sys.executable]
            code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if code != 0:
        raise Refused(
            "the Python packages could not be installed (uv says why above): put that right and run this again"
        )
    link(Path(uv), ROOT / ".venv" / "bin" / "uv")


def link(uv: Path, here: Path) -> None:
    """`.venv/bin/uv` for whoever has no uv of their own: the one that was fetched. One that works is left alone."""
    if _uv_version(str(here)) < UV_WANTED:
        here.unlink(missing_ok=True)
        here.symlink_to(uv.absolute())


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say what takes time before it starts, the seconds that pass (on a terminal), and how long it took."""
    started = time.monotonic()
    line = f"  {what} … "
    print(line, end="", flush=True)
    done = threading.Event()
    ticker = threading.Thread(target=_tick, args=(line, started, done), daemon=True)
    if sys.stdout.isatty():
        ticker.start()
    ended = "failed"
    try:
        yield
        ended = f"{time.monotonic() - started:.1f} s"
    finally:
        done.set()
        if ticker.is_alive():
            ticker.join()
            print(f"\r{line}", end="")
        print(ended, flush=True)


def _tick(line: str, started: float, done: threading.Event) -> None:
    while not done.wait(1):
        print(f"\r{line}{time.monotonic() - started:.0f} s", end="", flush=True)


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log, indented."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


if __name__ == "__main__":
    try:
        main(sys.argv[1:] or ["python"])
    except Refused as refused:
        sys.exit(f"error: {refused}")
    except KeyboardInterrupt:
        sys.exit("interrupted")
