"""docker-compose.yml has what the local stack has; the settings of its containers are whole and secret."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local_stack import choice, compose, docker_engine
from local_stack.addresses import PUBLIC
from local_stack.catalogue import SERVICES, ServiceRow
from local_stack.containers import PUBLISHED, describe, environments, write_environments
from local_stack.failure import StackFailure
from local_stack.places import ROOT, Places
from manifests.configuration import model_of

FILE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PROCESSES = [(row, process) for row in SERVICES for process in row.processes]
PORTS = {name: 20_000 + number for number, name in enumerate(PUBLISHED.values())}
OUTSIDE = {"postgres", "rabbitmq", "redis", "mail", "traces", "stripe"}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places.of(tmp_path)


def test_each_process_and_each_setup_is_a_container_and_nothing_else_is() -> None:
    wanted = {f"{row.name}-{process}" for row, process in PROCESSES}
    wanted |= {f"{row.name}-setup" for row in SERVICES if row.has_schema}
    assert FILE["services"].keys() - OUTSIDE == wanted
    assert FILE["services"].keys() >= OUTSIDE


def test_no_top_level_name_which_older_versions_refuse() -> None:
    assert "name" not in FILE
    assert "version" not in FILE


@pytest.mark.parametrize(("row", "process"), PROCESSES, ids=[f"{row.name}-{name}" for row, name in PROCESSES])
def test_a_process_starts_after_its_setup_with_its_own_settings_and_little_else(row: ServiceRow, process: str) -> None:
    container = FILE["services"][f"{row.name}-{process}"]
    assert container["command"] == [process]
    assert container["env_file"] == [f".local/compose/{row.name}.env"]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert ("ports" in container) is (row.name == "gateway")
    if row.has_schema:
        assert container["depends_on"][f"{row.name}-setup"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("row", [row for row in SERVICES if row.has_schema], ids=lambda row: row.name)
def test_the_setup_does_what_the_local_stack_does(row: ServiceRow) -> None:
    own = [" ".join(command) for command in row.prepared_by]
    assert FILE["services"][f"{row.name}-setup"]["entrypoint"] == ["/app/setup.sh", *own]


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_every_required_setting_is_given_and_the_owners_url_to_the_setup_only(places: Places, row: ServiceRow) -> None:
    given = environments(describe(places, PORTS))
    required = {name.upper() for name, field in model_of(row).model_fields.items() if field.is_required()}
    set_by_the_image = {"OPENAPI_DIRECTORY"}
    assert required - set_by_the_image <= given[row.name].keys()
    assert "DATABASE_OWNER_URL" not in given[row.name]
    assert "127.0.0.1" not in "".join(given[row.name].values())
    if row.has_schema:
        assert given[f"{row.name}-setup"].keys() == {"DATABASE_OWNER_URL", "DATABASE_ADMIN_URL"}


def test_the_environment_files_are_readable_by_their_owner_only(places: Places) -> None:
    write_environments(describe(places, PORTS), PORTS)
    files = {file.name for service in FILE["services"].values() for file in map(Path, service.get("env_file", []))}
    written = {file.name: file.stat().st_mode & 0o777 for file in places.compose.iterdir()}
    assert files <= written.keys()
    assert set(written.values()) == {0o600}


def test_published_ports_are_on_loopback_and_can_be_moved() -> None:
    published = [port for service in FILE["services"].values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:${") for port in published)
    assert {port.split("{")[1].split(":-")[0] for port in published} == PUBLISHED.keys()
    assert {public.variable for public in PUBLIC} <= PUBLISHED.keys()


def test_the_images_that_are_not_built_here_are_known() -> None:
    bought = compose.images(ROOT)
    assert {"postgres:17", "rabbitmq:4-management", "redis:8", "python:3.13-slim", "node:24-slim"} <= set(bought)


def test_nothing_is_sent_to_the_engine_that_an_image_is_not_built_from() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    assert not any(line.startswith("!.") for line in lines)


@pytest.mark.parametrize(
    ("missing", "registry", "said"),
    [
        ([], False, ""),
        (["redis:8"], True, ""),
        (["redis:8"], False, "the Docker engine lacks redis:8 and reaches no registry"),
    ],
)
def test_docker_needs_the_images_or_a_registry(missing: list[str], registry: bool, said: str) -> None:
    assert choice.lacking(missing, lambda: registry) == said


def test_what_ran_here_last_is_what_runs_next(places: Places, monkeypatch) -> None:
    monkeypatch.delenv("STACK", raising=False)
    choice.remember(places, "local")
    assert choice.choose(places).kind == "local"
    monkeypatch.setenv("STACK", "docker")
    with pytest.raises(StackFailure, match="make reset"):
        choice.choose(places)


def test_a_wish_that_is_none_is_refused(places: Places, monkeypatch) -> None:
    monkeypatch.setenv("STACK", "podman")
    with pytest.raises(StackFailure, match="neither docker nor local"):
        choice.choose(places)


def test_the_dockerfile_says_what_it_builds_on() -> None:
    assert docker_engine.base_images(ROOT / "deploy/docker/Dockerfile") == ["python:3.13-slim", "node:24-slim"]
