"""The manifests say what the code reads, neither less nor more; and connections are those of the table, no others."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from chassis.commands import MigrateSettings, TopologySettings
from chassis.provision import ProvisionSettings
from local_stack.catalogue import SERVICES, ServiceRow
from local_stack.containers import HTTP, INTERNAL, METRICS
from local_stack.places import ROOT
from manifests.arrows import NEIGHBOURS, Arrow, arrows, parts
from manifests.configuration import KEYS, configuration, is_secret, model_of
from manifests.files import BASE, outdated
from manifests.labels import labels, selector
from manifests.validation import OVERLAYS, render, renderer

Document = dict[str, Any]
DEPLOY = (ROOT / "docs/how-to/deploy.md").read_text()
BY_NAME = pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
PROCESSES = [(row, process) for row in SERVICES for process in row.processes]
BY_PROCESS = pytest.mark.parametrize(
    ("row", "process"), PROCESSES, ids=[f"{row.name}-{name}" for row, name in PROCESSES]
)


def read(name: str) -> list[Document]:
    return list(yaml.safe_load_all((BASE / name).read_text()))


def one(row: ServiceRow, kind: str, name: str) -> Document:
    found = [doc for doc in read(f"{row.name}.yaml") if doc["kind"] == kind and doc["metadata"]["name"] == name]
    assert len(found) == 1, f"{kind} {name}: {len(found)}"
    return found[0]


def container(row: ServiceRow, process: str) -> Document:
    containers = one(row, "Deployment", f"{row.name}-{process}")["spec"]["template"]["spec"]["containers"]
    assert len(containers) == 1
    return containers[0]


def from_secrets(container: Document) -> set[str]:
    return {entry["name"] for entry in container["env"] if "secretKeyRef" in entry["valueFrom"]}


def from_config_maps(container: Document) -> set[str]:
    return {entry["name"] for entry in container["env"] if "configMapKeyRef" in entry["valueFrom"]}


def values(row: ServiceRow) -> dict[str, str]:
    lines = (BASE / f"{row.name}.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_what_is_written_is_up_to_date() -> None:
    assert outdated() == []


def test_every_service_of_the_platform_is_there_and_nothing_else() -> None:
    written = {path.stem for path in BASE.glob("*.yaml")} - {"kustomization", "network-policies"}
    assert written == {row.name for row in SERVICES}
    deployments = {
        doc["metadata"]["name"] for name in written for doc in read(f"{name}.yaml") if doc["kind"] == "Deployment"
    }
    assert deployments == {f"{row.name}-{process}" for row in SERVICES for process in row.processes}


@BY_PROCESS
def test_each_variable_that_the_settings_read_is_given_once_and_no_other(row: ServiceRow, process: str) -> None:
    given = [*values(row), *from_secrets(container(row, process)), *from_config_maps(container(row, process))]
    read_by_the_code = {name.upper() for name in model_of(row).model_fields} - {"DATABASE_OWNER_URL"}
    assert sorted(given) == sorted(read_by_the_code)


@BY_PROCESS
def test_secrets_come_from_the_services_own_secret_and_stand_nowhere(row: ServiceRow, process: str) -> None:
    fields = {name.upper(): field for name, field in model_of(row).model_fields.items()}
    secret = {name for name, field in fields.items() if is_secret(field)} - {"DATABASE_OWNER_URL"}
    assert from_secrets(container(row, process)) == secret
    for entry in container(row, process)["env"]:
        if reference := entry["valueFrom"].get("secretKeyRef"):
            assert reference["name"] == row.name
            assert reference["key"] == entry["name"]
            assert reference.get("optional", False) is not fields[entry["name"]].is_required()
    assert not any(doc["kind"] == "Secret" for doc in read(f"{row.name}.yaml"))


@pytest.mark.parametrize("row", [row for row in SERVICES if row.has_schema], ids=lambda row: row.name)
def test_each_step_before_a_roll_out_sees_only_the_secrets_that_it_reads(row: ServiceRow) -> None:
    pod = one(row, "Job", f"{row.name}-setup")["spec"]["template"]["spec"]
    steps = {step["name"]: step for step in [*pod["initContainers"], *pod["containers"]]}
    wanted = {"provision": ProvisionSettings, "migrate": MigrateSettings, "topology": TopologySettings}
    for name, model in wanted.items():
        secret = {field.upper() for field, info in model.model_fields.items() if is_secret(info)}
        assert from_secrets(steps[name]) == secret
    assert list(steps) == [*wanted, *("-".join(command) for command in row.prepared_by)]


@BY_PROCESS
def test_ports_are_those_on_which_the_process_listens(row: ServiceRow, process: str) -> None:
    listens = {"metrics": METRICS} | ({"http": HTTP} if process == "serve" else {"internal": INTERNAL})
    assert {port["name"]: port["containerPort"] for port in container(row, process)["ports"]} == listens
    said = values(row)
    assert (said["HTTP_PORT"], said["METRICS_PORT"], said["INTERNAL_PORT"]) == (str(HTTP), str(METRICS), str(INTERNAL))
    name = row.name if process == "serve" else f"{row.name}-{process}"
    service = one(row, "Service", name)["spec"]
    assert service["selector"] == selector(f"{row.name}-{process}")
    assert {port["port"] for port in service["ports"]} == {listens["http" if process == "serve" else "internal"]}


@BY_NAME
def test_addresses_in_the_settings_are_services_that_exist(row: ServiceRow) -> None:
    said = values(row)
    addresses = [said["TEAMS_URL"]]
    for name in ("SERVICES", "SERVICES_INTERNAL"):
        addresses += json.loads(said.get(name, "{}")).values()
    there = {
        f"http://{doc['metadata']['name']}:{port['port']}"
        for other in SERVICES
        for doc in read(f"{other.name}.yaml")
        if doc["kind"] == "Service"
        for port in doc["spec"]["ports"]
    }
    assert set(addresses) <= there


@BY_PROCESS
def test_probes_ask_the_private_port_and_leave_time_to_start(row: ServiceRow, process: str) -> None:
    spec = container(row, process)
    probes = {name: spec[f"{name}Probe"] for name in ("startup", "readiness", "liveness")}
    assert {probe["httpGet"]["port"] for probe in probes.values()} == {"metrics"}
    assert probes["readiness"]["httpGet"]["path"] == "/health/ready"
    assert probes["startup"]["periodSeconds"] * probes["startup"]["failureThreshold"] >= 60
    pod = one(row, "Deployment", f"{row.name}-{process}")["spec"]["template"]["spec"]
    drain = spec["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= drain + 2 * float(values(row)["SHUTDOWN_SECONDS"])


def declared() -> Iterator[Arrow]:
    """What the policies allow, read back: an arrow inside counts only if both ends allow it."""
    policies = {doc["metadata"]["name"]: doc["spec"] for doc in read("network-policies.yaml")}
    ours = {part: selector(part) for part in policies if part != "default-deny"}
    opened = set(_ends(policies, ours, "egress", "to"))
    accepted = {Arrow(other, part, port) for part, other, port in _ends(policies, ours, "ingress", "from")}
    for part, other, port in opened:
        if other in NEIGHBOURS or Arrow(part, other, port) in accepted:
            yield Arrow(part, other, port)
    yield from (arrow for arrow in accepted if arrow.source in NEIGHBOURS)


def _ends(
    policies: dict[str, Document], ours: dict[str, dict[str, str]], direction: str, word: str
) -> Iterator[tuple[str, str, int]]:
    for part, selected in ours.items():
        assert policies[part]["podSelector"]["matchLabels"] == selected
        for rule in policies[part][direction]:
            for peer in rule[word]:
                name = _name_of(peer, ours)
                yield from ((part, name, port["port"]) for port in rule["ports"] if name != "names")


def _name_of(peer: Document, ours: dict[str, dict[str, str]]) -> str:
    if peer.get("podSelector", {}).get("matchLabels") == {"k8s-app": "kube-dns"}:
        return "names"
    known: dict[str, object] = {name: {"podSelector": {"matchLabels": labels}} for name, labels in ours.items()}
    return next(name for name, described in {**known, **NEIGHBOURS}.items() if described == peer)


def test_the_policies_allow_the_arrows_of_the_table_and_nothing_else() -> None:
    assert set(declared()) == arrows()


def test_what_no_policy_names_is_denied() -> None:
    policy = next(doc for doc in read("network-policies.yaml") if doc["metadata"]["name"] == "default-deny")
    assert policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_only_the_gateway_is_reached_from_outside_and_no_service_reaches_anothers_database_role() -> None:
    assert {arrow.target for arrow in arrows() if arrow.source == "ingress"} == {"gateway-serve"}
    assert not any(arrow.target == "postgres" for arrow in arrows() if arrow.source.startswith("gateway"))


@pytest.mark.skipif(renderer() is None, reason="neither kubectl nor kustomize is installed")
@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_an_overlay_names_an_image_and_a_public_address_for_everything(overlay) -> None:
    documents = render(overlay)
    images = {
        container["image"]
        for doc in documents
        if doc["kind"] in ("Deployment", "Job")
        for container in doc["spec"]["template"]["spec"]["containers"]
    }
    tag = "local" if overlay.name == "local" else "0.1.0"
    assert {f"{row.name}:{tag}" for row in SERVICES} <= {image.rpartition("/")[2] for image in images}
    platform = next(
        doc["data"]
        for doc in documents
        if doc["kind"] == "ConfigMap" and doc["metadata"]["name"].startswith("platform-")
    )
    assert {"PUBLIC_URL", "MAIL_FROM", "SMTP_HOST", "SMTP_PORT", "SMTP_TLS"} <= platform.keys()


def opened(documents: list[Document], engine: str) -> set[tuple[str, int]]:
    """(part, port) that an overlay's own policy lets to an engine; a peer without a component is every part."""
    spec = next(doc["spec"] for doc in documents if doc["metadata"]["name"] == f"engine-{engine}")
    return {
        (part, port["port"])
        for rule in spec["ingress"]
        for peer in rule["from"]
        for port in rule["ports"]
        for row in SERVICES
        for part in parts(row)
        if peer["podSelector"]["matchLabels"].items() <= labels(part).items()
    }


@pytest.mark.parametrize("engine", ["postgres", "rabbitmq", "redis"])
def test_the_laptops_engines_take_whom_the_arrows_send_to_them(engine: str) -> None:
    documents = list(yaml.safe_load_all((BASE.parent / "overlays/local/network-policies.yaml").read_text()))
    assert {(one.source, one.port) for one in arrows() if one.target == engine} <= opened(documents, engine)


def needs(job: Document) -> set[tuple[str, str]]:
    """(kind, name) of what a job's pod cannot start without; Secrets and the keys are there before any release."""
    pod = job["spec"]["template"]["spec"]
    found = {("ServiceAccount", pod["serviceAccountName"])}
    for step in [*pod["initContainers"], *pod["containers"]]:
        found |= {("ConfigMap", source["configMapRef"]["name"]) for source in step.get("envFrom", ())}
        references = (one["valueFrom"].get("configMapKeyRef") for one in step.get("env", ()))
        found |= {("ConfigMap", one["name"]) for one in references if one and one["name"] != KEYS}
    return found


@pytest.mark.skipif(renderer() is None, reason="neither kubectl nor kustomize is installed")
def test_a_job_before_a_roll_out_finds_what_it_reads_by_kubectl_and_by_argo() -> None:
    documents = render(BASE.parent / "overlays" / "production")
    assert "-l 'app.kubernetes.io/component notin (serve, work)'" in DEPLOY
    first = [
        doc
        for doc in documents
        if doc["metadata"].get("labels", {}).get("app.kubernetes.io/component") not in ("serve", "work")
    ]
    names = {(doc["kind"], doc["metadata"]["name"]): wave_of(doc) for doc in first}
    jobs = [doc for doc in first if doc["kind"] == "Job"]
    assert len(jobs) == len([row for row in SERVICES if row.has_schema])
    for job in jobs:
        assert needs(job) <= names.keys()
        assert all(names[one] < wave_of(job) < 0 for one in needs(job))
    assert not any(doc["kind"] == "Deployment" for doc in first)


def wave_of(document: Document) -> int:
    return int(document["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", "0"))


@BY_NAME
def test_the_how_to_names_each_secret(row: ServiceRow) -> None:
    """Whoever makes the Secrets by hand has nothing else to go by."""
    cell = next(line for line in DEPLOY.splitlines() if line.startswith("| `<service>` |"))
    shared, _, own = cell.partition("and its own:")
    segment = next((one for one in own.split(";") if one.split()[0] == row.name), "")
    known = configuration(row)
    for name in (*known.secrets, *known.optional_secrets):
        assert f"`{name}`" in shared + segment, f"{row.name}: {name}"
