"""The customers' OpenAPI document as the generators take it."""

import copy
import json
from pathlib import Path
from typing import Any

DOCUMENT = Path("web/openapi.json")
_WRITTEN_BY_HAND = frozenset({"Idempotency-Key"})


def read(root: Path) -> dict[str, Any]:
    """The merged document of all services; a test keeps it what the services' code says."""
    found: dict[str, Any] = json.loads((root / DOCUMENT).read_bytes())
    return found


def write_for_generators(document: dict[str, Any], file: Path) -> Path:
    """Only what an operation returns: refusals are raised by the client; a socket or a redirect is for browsers."""
    reduced = copy.deepcopy(document)
    for item in reduced["paths"].values():
        for method in list(item):
            if not any(status.startswith("2") for status in item[method]["responses"]):
                del item[method]
            else:
                _reduce(item[method])
    reduced["paths"] = {path: item for path, item in reduced["paths"].items() if item}
    file.write_text(json.dumps(reduced), encoding="utf-8")
    return file


def _reduce(operation: dict[str, Any]) -> None:
    operation["responses"] = {
        status: answer for status, answer in operation["responses"].items() if status.startswith("2")
    }
    operation["parameters"] = [one for one in operation.get("parameters", []) if one["name"] not in _WRITTEN_BY_HAND]
