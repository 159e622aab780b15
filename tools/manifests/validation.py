"""Renders base and overlays as a cluster would get them, and validates the result with tools that others maintain."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import yaml

from local_stack.places import ROOT
from manifests.files import BASE

OVERLAYS = tuple(sorted((BASE.parent / "overlays").iterdir()))
CHECKOV = "checkov==3.3.30"
"""Run in an environment of its own: it pins older versions of what we use."""
_CONFIGURATION = BASE.parent / "checkov.yaml"


def renderer() -> tuple[str, ...] | None:
    """The command that renders a kustomization; None where neither kubectl nor kustomize is installed."""
    for command in (("kubectl", "kustomize"), ("kustomize", "build")):
        if shutil.which(command[0]):
            return command
    return None


def render(directory: Path) -> list[dict[str, Any]]:
    """The documents of a kustomization. Raises subprocess.CalledProcessError, FileNotFoundError without a renderer."""
    command = renderer()
    if command is None:
        raise FileNotFoundError("neither kubectl nor kustomize is installed")
    text = subprocess.run([*command, str(directory)], capture_output=True, text=True, check=True).stdout
    return [document for document in yaml.safe_load_all(text) if document]


def problems(say: Callable[[str], None]) -> list[str]:
    """One line for each thing that is wrong; `say` hears what was looked at, and what could not be."""
    if renderer() is None:
        say("Neither kubectl nor kustomize is installed: the overlays are not rendered, the files of the base are.")
        return _problems_of("base", _unrendered())
    wrong = []
    rendered = {}
    for directory in (BASE, *OVERLAYS):
        name = str(directory.relative_to(ROOT))
        try:
            rendered[directory.name] = render(directory)
        except subprocess.CalledProcessError as error:
            wrong.append(f"{name}: {error.stderr.strip()}")
            continue
        say(f"{name}: {len(rendered[directory.name])} documents")
        wrong += _problems_of(name, rendered[directory.name])
    return wrong + _checkov({name: documents for name, documents in rendered.items() if name != BASE.name})


def _unrendered() -> list[dict[str, Any]]:
    texts = (path.read_text() for path in sorted(BASE.glob("*.yaml")) if path.name != "kustomization.yaml")
    return [document for text in texts for document in yaml.safe_load_all(text)]


def _problems_of(where: str, documents: list[dict[str, Any]]) -> list[str]:
    """Each document against the schema of its kind; unknown fields are problems too."""
    version = kubernetes_validate.latest_version()
    wrong = []
    for document in documents:
        name = f"{where}: {document['kind']} {document['metadata']['name']}"
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            wrong.append(f"{name}: {error.message}")
    return wrong


def _checkov(rendered: dict[str, list[dict[str, Any]]]) -> list[str]:
    uv = shutil.which("uv") or _own_uv()
    if uv is None:
        return ["checkov needs uv, which is neither on PATH nor in .local/bootstrap"]
    with tempfile.TemporaryDirectory() as directory:
        for name, documents in rendered.items():
            (Path(directory) / f"{name}.yaml").write_text(yaml.safe_dump_all(documents))
        command = [uv, "tool", "run", "--quiet", "--from", CHECKOV, "checkov"]
        result = subprocess.run(
            [*command, "--directory", directory, "--framework", "kubernetes", "--config-file", str(_CONFIGURATION)],
            capture_output=True,
            text=True,
            env={**os.environ, "UV_SYSTEM_CERTS": "1"},
            check=False,
        )
    return [] if result.returncode == 0 else [f"checkov:\n{result.stdout}{result.stderr}"]


def _own_uv() -> str | None:
    found = (ROOT / ".local" / "bootstrap" / folder / "bin" / "uv" for folder in ("venv", "packages"))
    return next((str(path) for path in found if path.exists()), None)
