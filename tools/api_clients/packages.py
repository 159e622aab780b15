"""The clients as packages that people install: built, and packed, where the document or their own files changed."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from api_clients.document import DOCUMENT
from api_clients.python_client import PACKAGE, build_python
from api_clients.typescript_client import FOLDER, build_typescript
from local_stack.failure import StackFailure
from local_stack.fingerprints import Memory, of_files
from local_stack.places import Places
from local_stack.terminal import step
from local_stack.web_pages import run_npm

PACKAGES = Path("clients/packages")
BUILDS: dict[str, tuple[Path, Callable[[Places], None]]] = {
    "python": (PACKAGE, build_python),
    "typescript": (FOLDER / "dist", build_typescript),
}


def build(places: Places, name: str) -> None:
    """Build one client where the document or the client's own files changed since. Raises StackFailure."""
    memory = Memory(places.state)
    product, make = BUILDS[name]
    if memory.knows(f"client-{name}", _fingerprint(places.root, name)) and (places.root / product).exists():
        return
    memory.forget(f"client-{name}")
    with step(f"Building the {name} client"):
        make(places)
    memory.remember(f"client-{name}", _fingerprint(places.root, name))


def build_packages(places: Places) -> Path:
    """The folder with the wheel and the npm package of what `build` makes. Raises StackFailure."""
    memory, folder = Memory(places.state), places.root / PACKAGES
    for name in BUILDS:
        build(places, name)
    fingerprint = " ".join(_fingerprint(places.root, name) for name in BUILDS)
    if memory.knows("client-packages", fingerprint) and folder.exists():
        return folder
    memory.forget("client-packages")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with step("Packing the clients"):
        _build_wheel(places, folder)
        run_npm(places, "pack", "--pack-destination", str(folder), folder=places.root / FOLDER)
    memory.remember("client-packages", fingerprint)
    return folder


def _build_wheel(places: Places, folder: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(command, cwd=places.root / "clients" / "python", capture_output=True, text=True, check=False)
    if built.returncode != 0:
        raise StackFailure(f"the Python client was not packed:\n{built.stderr}")


def _fingerprint(root: Path, name: str) -> str:
    document = hashlib.sha256((root / DOCUMENT).read_bytes()).hexdigest()
    return f"{document} {of_files([root / 'clients' / name, root / 'tools' / 'api_clients'])}"
