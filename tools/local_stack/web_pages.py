"""The built web pages: made with the Node.js that comes as a Python package, only when their sources changed.

Usage: python -m local_stack.web_pages [modules|build]
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from local_stack.failure import StackFailure, last_lines
from local_stack.fingerprints import Memory, of_files
from local_stack.places import Places
from local_stack.terminal import say, step


def install_modules(places: Places, folder: Path | None = None) -> None:
    """`npm ci` when package-lock.json changed or node_modules is not there. `folder` is web/. Raises StackFailure."""
    folder = folder or places.root / "web"
    memory = Memory(places.state)
    name = f"{folder.name}-modules"
    fingerprint = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if memory.knows(name, fingerprint) and (folder / "node_modules").exists():
        return
    memory.forget(name)
    with step(f"Fetching the packages of {folder.relative_to(places.root)} (npm ci)"):
        run_npm(places, "ci", "--no-audit", "--no-fund", folder=folder)
    memory.remember(name, fingerprint)


def build(places: Places) -> None:
    """`npm run build` when a source changed since the last build, with the API's clients to download.

    Does nothing in a checkout without web pages. Raises StackFailure.
    """
    web = places.root / "web"
    if not (web / "package.json").exists():
        return
    from api_clients.packages import build_packages  # it runs npm by this module

    packages = build_packages(places)
    memory = Memory(places.state)
    fingerprint = of_files([web, packages])
    if memory.knows("web-pages", fingerprint) and (web / "dist").exists():
        return
    install_modules(places)
    memory.forget("web-pages")
    with step("Building the web pages (npm run build)"):
        run_npm(places, "run", "build")
    memory.remember("web-pages", of_files([web, packages]))


def run_npm(places: Places, *arguments: str, folder: Path | None = None) -> None:
    """npm with Node's own folder first on PATH, for its scripts too. `folder` is web/. Raises StackFailure."""
    tools = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "true"}
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")
    folder = folder or places.root / "web"
    log = places.logs / f"{folder.name}-build.log"
    with log.open("wb") as output:
        command = [str(tools / "npm"), *arguments]
        result = subprocess.run(command, cwd=folder, env=environment, stdout=output, stderr=output, check=False)
    if result.returncode != 0:
        raise StackFailure(
            f"`npm {' '.join(arguments)}` failed in {folder.name}/. The end of {log}:\n{last_lines(log)}"
        )


def main(what: str) -> None:
    """From the command line."""
    places = Places.of()
    try:
        install_modules(places) if what == "modules" else build(places)
    except StackFailure as failure:
        say(f"error: {failure}")
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "build")
