"""`up`, `down`, `reset`, `status` and `logs` where a Docker engine runs the stack."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml

from local_stack import addresses, catalogue, containers, logs
from local_stack.containers import ContainerStack
from local_stack.docker_engine import base_images, compose_command, missing_images
from local_stack.failure import StackFailure, last_lines
from local_stack.fingerprints import Memory, of_files
from local_stack.places import Places
from local_stack.terminal import say, step

HEALTHY_SECONDS = 240.0
_BUILT_FROM = ("libs", "services", "tools", "web", "deploy/docker")
_IMAGES = "images"
_OURS = "objectalabs/"
_VARIABLE = re.compile(r"\$\{(?P<name>\w+):-(?P<default>[^}]*)\}")


def images(root: Path) -> list[str]:
    """Every image that is not built here."""
    bought = [name for name in _named(root) if not name.startswith(_OURS)]
    return [*bought, *base_images(root / "deploy" / "docker" / "Dockerfile")]


def _named(root: Path) -> list[str]:
    declared = yaml.safe_load((root / "docker-compose.yml").read_text())["services"].values()
    return sorted({_VARIABLE.sub(_said, service["image"]) for service in declared})


def _said(variable: re.Match[str]) -> str:
    """`${NAME:-postgres:17}` is postgres:17, unless the environment says otherwise."""
    return os.environ.get(variable["name"]) or variable["default"]


@dataclass(frozen=True)
class Compose:
    """One checkout's containers. Its project name follows from its path, so that two checkouts do not meet."""

    places: Places
    stack: ContainerStack
    published: Mapping[str, int]

    @property
    def project(self) -> str:
        """The prefix of its containers, network and volumes."""
        return "objectalabs-" + hashlib.sha256(os.fsencode(self.places.root)).hexdigest()[:8]

    def up(self) -> None:
        """Build what changed, start what is missing, wait until all is healthy. Raises StackFailure."""
        containers.write_environments(self.stack, self.published)
        self._build()
        with step("Starting the containers"):
            self._run("up", "--detach", "--no-build", "--remove-orphans")
        with step("Waiting until everything is healthy"):
            self._wait()

    def down(self, *, volumes: bool = False) -> None:
        """Stop and remove the containers, and the data with them if `volumes`."""
        with step("Stopping the containers"):
            self._run("down", "--remove-orphans", *(["--volumes"] if volumes else []))

    def status(self) -> bool:
        """Print one line a container; whether all of them are as they should be."""
        states = self.states()
        for name, state in sorted(states.items()):
            say(f"  {name:<18} {state}")
        return bool(states) and all(state in _FINE for state in states.values())

    def run_module(self, service: str, *arguments: str, typed: str = "") -> str:
        """`python -m <service> …` with what its setup may do; returns what it printed. Raises StackFailure."""
        once = ("run", "--rm", "-T", "--no-deps", "--entrypoint", "python", f"{service}-setup")
        command = self._command(*once, "-m", service, *arguments)
        return _output(command, self._environment(), self.places.root, typed)

    def follow(self, service: str) -> NoReturn:
        """Become `docker compose logs`, for one service or all of them."""
        names = self._services_of(service)
        command = self._command("logs", "--follow", "--tail", "15", *names)
        os.execvpe(command[0], command, self._environment())

    def of_trace(self, trace: str, service: str) -> list[str]:
        """Every line that names the trace id, over all containers, by time."""
        found = []
        for line in self._run("logs", "--no-color", *self._services_of(service)).splitlines():
            name, separator, text = line.partition("|")
            if separator and trace in text:
                found.append((logs.time_of(text.strip()), logs.readable(_short(name), text.strip())))
        return [line for _, line in sorted(found)]

    def states(self) -> dict[str, str]:
        """Container -> healthy, running, starting, unhealthy, done (a setup that ended well), or exited (code)."""
        ids = self._run("ps", "--quiet", "--all" if self._is_v2() else "--").replace("\r", "").split()
        if not ids:
            return {}
        inspected = json.loads(_output(["docker", "inspect", *ids], self._environment()))
        return {entry["Config"]["Labels"]["com.docker.compose.service"]: _state(entry) for entry in inspected}

    def _is_v2(self) -> bool:
        return self._command()[:2] == ["docker", "compose"]

    def _services_of(self, service: str) -> list[str]:
        if not service:
            return []
        names = [name for name in self.states() if name == service or name.startswith(f"{service}-")]
        if not names:
            raise StackFailure(f"no container of {service}: is it started? (`make status`)")
        return names

    def _build(self) -> None:
        memory = Memory(self.places.state)
        root = self.places.root
        fingerprint = of_files([root / folder for folder in _BUILT_FROM]) + _hash(root / "uv.lock")
        built = [name for name in _named(root) if name.startswith(_OURS)]
        if memory.knows(_IMAGES, fingerprint) and not missing_images(built):
            return
        log = self.places.logs / "docker-build.log"
        with (
            step(f"Building the images (minutes, the first time; log: {log.relative_to(root)})"),
            log.open("wb") as out,
        ):
            result = subprocess.run(
                self._command("build"), cwd=root, env=self._environment(), stdout=out, stderr=out, check=False
            )
        if result.returncode != 0:
            raise StackFailure(f"the images could not be built. The end of {log}:\n{last_lines(log)}")
        memory.remember(_IMAGES, fingerprint)

    def _wait(self) -> None:
        deadline = time.monotonic() + HEALTHY_SECONDS
        while waiting := {name: state for name, state in self.states().items() if state not in _FINE}:
            late = time.monotonic() > deadline
            for name, state in waiting.items():
                if late or state.startswith("exited"):
                    end = self._run("logs", "--no-color", "--tail", "12", name)
                    raise StackFailure(f"{name} is {state}. The end of its log:\n{end}")
            time.sleep(1)

    def _command(self, *arguments: str) -> list[str]:
        compose = compose_command()
        if compose is None:
            raise StackFailure("the Docker engine has no Compose: install docker-compose-v2 (or docker-compose).")
        file = ("--env-file", str(self.places.compose / ".env"), "--project-name", self.project)
        return [*compose, *file, *arguments]

    def _environment(self) -> dict[str, str]:
        """Ports come from the file: a PORT left in the shell would move what was chosen."""
        return {name: value for name, value in os.environ.items() if name not in containers.PUBLISHED}

    def _run(self, *arguments: str) -> str:
        return _output(self._command(*arguments), self._environment(), self.places.root)


_FINE = ("healthy", "running", "done")


def _output(
    command: list[str], environment: Mapping[str, str], directory: Path | None = None, typed: str | None = None
) -> str:
    result = subprocess.run(
        command, cwd=directory, env=environment, input=typed, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        said = "\n".join(f"    {line}" for line in result.stderr.strip().splitlines()[-12:])
        raise StackFailure(f"`{' '.join(command)}` failed:\n{said}")
    return result.stdout


def _state(entry: dict[str, dict[str, object]]) -> str:
    state = entry["State"]
    if state["Status"] != "running":
        code = state["ExitCode"]
        return "done" if code == 0 and state["Status"] == "exited" else f"exited ({code})"
    health = state.get("Health")
    return str(health["Status"]) if isinstance(health, dict) else "running"


def _short(container: str) -> str:
    """`project_teams-serve_1` and `teams-serve-1` are teams-serve."""
    name = container.strip().rstrip("0123456789").rstrip("_-")
    return name.rpartition("_")[2]


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def choose(places: Places) -> Compose:
    """For `up`: ports as asked for, remembered or free. Raises StackFailure."""
    remembered = addresses.remembered_ports(places.ports)
    found = existing(places)
    ours = set(remembered.values()) if found is not None and found.states() else set()
    published = addresses.choose(places.ports, catalogue.port_names(), containers.asked(), ours=ours, say=say)
    return _assemble(places, published)


def existing(places: Places) -> Compose | None:
    """For every other command: as the last `up` left it."""
    ports = addresses.remembered_ports(places.ports)
    complete = set(containers.PUBLISHED.values()) <= ports.keys()
    return _assemble(places, ports) if complete and places.secrets.exists() else None


def _assemble(places: Places, published: Mapping[str, int]) -> Compose:
    return Compose(places, containers.describe(places, published), published)


def main() -> None:
    """`python -m local_stack.compose`: write the environment files, for a bare `docker compose up`."""
    compose = choose(Places.of())
    containers.write_environments(compose.stack, compose.published)
    say(f"Settings are in {compose.places.compose}: docker compose --env-file {compose.places.compose}/.env up")


if __name__ == "__main__":
    try:
        main()
    except StackFailure as failure:
        sys.exit(f"error: {failure}")
