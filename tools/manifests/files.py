"""The files of deploy/k8s/base: what they should hold, and writing it."""

from typing import Any

import yaml

from local_stack.catalogue import SERVICES
from local_stack.places import ROOT
from manifests.configuration import PLATFORM, configuration
from manifests.labels import FIRST, PART_OF
from manifests.policies import policies
from manifests.workloads import documents

BASE = ROOT / "deploy" / "k8s" / "base"
_HEAD = "# Written by `python -m manifests write` from the settings models and the tables in tools/manifests.\n"


class _Plain(yaml.SafeDumper):
    """Without anchors: a reader should not have to look things up."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - as the parent asks
        return True


def contents() -> dict[str, str]:
    """File name -> text."""
    found = {"kustomization.yaml": _yaml([_kustomization()]), "network-policies.yaml": _yaml(policies())}
    for row in SERVICES:
        found[f"{row.name}.yaml"] = _yaml(documents(row))
        lines = (f"{name}={value}\n" for name, value in sorted(configuration(row).values.items()))
        found[f"{row.name}.env"] = _HEAD + "".join(lines)
    return found


def outdated() -> list[str]:
    """Files that are missing, changed by hand, or nobody's any more."""
    wanted = contents()
    there = {path.name: path.read_text() for path in BASE.iterdir()} if BASE.exists() else {}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write() -> list[str]:
    """Bring the folder up to date; returns the names of the files that changed."""
    changed, wanted = outdated(), contents()
    BASE.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in wanted:
            (BASE / name).write_text(wanted[name])
        else:
            (BASE / name).unlink()
    return changed


def _kustomization() -> dict[str, Any]:
    services = [row.name for row in SERVICES]
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [*(f"{name}.yaml" for name in services), "network-policies.yaml"],
        # The name of a ConfigMap ends with a hash of it, so that a changed setting rolls the pods.
        "configMapGenerator": [
            *({"name": name, "envs": [f"{name}.env"]} for name in services),
            {
                "name": PLATFORM,
                "literals": ["PUBLIC_URL=https://app.objectalabs.example", "BLOBS_URL=s3://objectalabs-files"],
            },
        ],
        "generatorOptions": {"annotations": FIRST},
        "labels": [{"pairs": {"app.kubernetes.io/part-of": PART_OF}}],
    }


def _yaml(listed: list[dict[str, Any]]) -> str:
    return _HEAD + yaml.dump_all(listed, Dumper=_Plain, sort_keys=False, width=120)
