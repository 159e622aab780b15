"""Is there a Docker engine, and does it have the images, or at least a way to them?"""

import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path

_ANSWER_SECONDS = 10.0
_REGISTRY = "https://registry-1.docker.io/v2/"
_IMAGE = re.compile(r"^ARG \w+_IMAGE=(\S+)$", re.MULTILINE)


def engine_answers() -> bool:
    """Whether `docker` is installed and its engine answers."""
    return shutil.which("docker") is not None and _succeeds(["docker", "version", "--format", "{{.Server.Version}}"])


def compose_command() -> tuple[str, ...] | None:
    """Compose v2 where the plugin is there, else docker-compose."""
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]) and _succeeds([*command, "version"]):
            return command
    return None


def missing_images(names: Iterable[str]) -> list[str]:
    """Those that the engine does not have."""
    return [name for name in names if not _succeeds(["docker", "image", "inspect", name])]


def base_images(dockerfile: Path) -> list[str]:
    """What the Dockerfile builds on, as its first lines say."""
    return _IMAGE.findall(dockerfile.read_text())


def registry_answers() -> bool:
    """Whether Docker Hub can be reached from here; it asks for a login, which is answer enough."""
    try:
        with urllib.request.urlopen(_REGISTRY, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        return error.code == 401
    except OSError:
        return False


def _succeeds(command: Sequence[str]) -> bool:
    try:
        result = subprocess.run(command, capture_output=True, timeout=_ANSWER_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0
