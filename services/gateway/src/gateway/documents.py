"""The services' OpenAPI documents: read from files, merged into the one that the world reads."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from chassis.openapi import problem_answer, problem_schemas
from chassis.settings import StartRefused
from gateway.routes import METHODS, Document, for_staff, is_public

_PROBLEMS = "Errors are `application/problem+json` (RFC 9457)."


def _head(title: str, description: str) -> dict[str, Any]:
    info = {"title": title, "version": "1", "description": f"{description} {_PROBLEMS}"}
    return {"openapi": "3.1.1", "info": info, "servers": [{"url": "/"}]}


_CUSTOMERS = _head("ObjectaLabs API", "Every public operation of the platform.")
_STAFF = _head("ObjectaLabs operations API", "What our own staff may do; no customer's token opens any of it.")
_Key = tuple[str, str]

_OWN_REFUSALS = (400, 414, 429, 431, 502, 504)
"""What the gateway may answer to any request, in place of the service."""
_REFUSED_TO_PAGES = 403
"""And to a write from a page of a foreign origin."""


def read_documents(directory: Path, services: Iterable[str]) -> dict[str, Document]:
    """`<service>.json` of every service. Raises StartRefused, saying how to write one that is missing or broken."""
    documents: dict[str, Document] = {}
    for service in sorted(services):
        file = directory / f"{service}.json"
        try:
            documents[service] = json.loads(file.read_bytes())
        except (OSError, ValueError) as error:
            raise StartRefused(
                f"OPENAPI_DIRECTORY: {file} cannot be read ({error}); write it with `python -m {service} openapi`"
            ) from None
    return documents


def merge(documents: Mapping[str, Document], *, staff: bool = False) -> dict[str, Any]:
    """One OpenAPI 3.1 document: the customers', or the staff's, which is a page of its own.

    A component that two services define differently is named `<service>_<name>` in both. What is equal is kept once.
    The outcome does not depend on the order of the services.
    """
    public = {service: _public(document, staff=staff) for service, document in sorted(documents.items())}
    public = {service: document for service, document in public.items() if document["paths"]}
    clashes = _clashing_components(public)
    operations = _clashing_operations(public)
    merged: dict[str, Any] = {**(_STAFF if staff else _CUSTOMERS), "paths": {}, "components": {}, "tags": []}
    for service, document in public.items():
        _add(merged, service, _renamed(document, service, clashes), operations)
    _add_own_refusals(merged)
    return merged


def _public(document: Document, *, staff: bool) -> dict[str, Any]:
    """The document's paths for one audience, its own defaults written into each operation, and what they refer to."""
    inherited = document.get("security", [])
    paths = {}
    for template, item in document.get("paths", {}).items():
        if is_public(template) and for_staff(template) is staff:
            paths[template] = {
                key: {"security": inherited, **value} if key in METHODS else value for key, value in item.items()
            }
    tags = {tag for item in paths.values() for method in METHODS for tag in item.get(method, {}).get("tags", ())}
    return {
        "paths": paths,
        "components": _reached(paths, document.get("components", {})),
        "tags": [tag for tag in document.get("tags", []) if tag["name"] in tags],
    }


def _reached(paths: Mapping[str, Any], components: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The components that these paths refer to, directly or through others; and every way to authenticate they name."""
    reached: dict[str, dict[str, Any]] = {}
    waiting = [*_references(paths), *(("securitySchemes", name) for name in _schemes(paths))]
    while waiting:
        kind, name = waiting.pop()
        content = components.get(kind, {}).get(name)
        if content is not None and name not in reached.setdefault(kind, {}):
            reached[kind][name] = content
            waiting += _references(content)
    return {kind: {name: of[name] for name in sorted(of)} for kind, of in sorted(reached.items())}


def _references(value: Any) -> Iterator[_Key]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
    elif isinstance(value, str) and value.startswith("#/components/"):
        _, _, kind, name = value.split("/", 3)
        yield kind, name


def _schemes(paths: Mapping[str, Any]) -> set[str]:
    operations = [item[method] for item in paths.values() for method in METHODS if method in item]
    return {name for operation in operations for requirement in operation["security"] for name in requirement}


def _clashing_components(documents: Mapping[str, Document]) -> frozenset[_Key]:
    """(kind, name) of what must carry its service's name; renaming one makes those that refer to it differ too."""
    clashes: frozenset[_Key] = frozenset()
    while True:
        spelt: defaultdict[_Key, set[str]] = defaultdict(set)
        for service, document in documents.items():
            for kind, components in document["components"].items():
                for name, content in components.items():
                    text = json.dumps(_rewritten(content, service, clashes), sort_keys=True)
                    spelt[kind, name].add(text)
        found = clashes | {key for key, texts in spelt.items() if len(texts) > 1}
        if found == clashes:
            return clashes
        clashes = found


def _clashing_operations(documents: Mapping[str, Document]) -> frozenset[str]:
    seen: defaultdict[str, int] = defaultdict(int)
    for document in documents.values():
        for item in document["paths"].values():
            for method in METHODS:
                if method in item:
                    seen[item[method].get("operationId", "")] += 1
    return frozenset(name for name, times in seen.items() if name and times > 1)


def _renamed(document: Document, service: str, clashes: frozenset[_Key]) -> dict[str, Any]:
    components = {
        kind: {
            _name(kind, name, service, clashes): _rewritten(content, service, clashes) for name, content in of.items()
        }
        for kind, of in document["components"].items()
    }
    return {**document, "paths": _rewritten(document["paths"], service, clashes), "components": components}


def _name(kind: str, name: str, service: str, clashes: frozenset[_Key]) -> str:
    return f"{service}_{name}" if (kind, name) in clashes else name


def _rewritten(value: Any, service: str, clashes: frozenset[_Key]) -> Any:
    """The value with every reference to a component pointing at its new name."""
    if isinstance(value, dict):
        return {key: _rewritten(inner, service, clashes) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rewritten(inner, service, clashes) for inner in value]
    if isinstance(value, str) and value.startswith("#/components/"):
        _, _, kind, name = value.split("/", 3)
        return f"#/components/{kind}/{_name(kind, name, service, clashes)}"
    return value


def _add(merged: dict[str, Any], service: str, document: Document, operations: frozenset[str]) -> None:
    for template, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                _carry_service(item[method], service, operations)
        merged["paths"].setdefault(template, {}).update(item)
    for kind, components in document["components"].items():
        merged["components"].setdefault(kind, {}).update(components)
    names = {tag["name"] for tag in merged["tags"]}
    merged["tags"] += [tag for tag in document["tags"] if tag["name"] not in names]


def _carry_service(operation: dict[str, Any], service: str, operations: frozenset[str]) -> None:
    """The ids that two services use, the operation's own and those that its links lead to."""
    links = [link for answer in operation.get("responses", {}).values() for link in answer.get("links", {}).values()]
    for named in (operation, *links):
        if named.get("operationId") in operations:
            named["operationId"] = f"{service}_{named['operationId']}"


def _add_own_refusals(merged: dict[str, Any]) -> None:
    for item in merged["paths"].values():
        for method in METHODS:
            if method in item:
                statuses = _OWN_REFUSALS if method == "get" else (*_OWN_REFUSALS, _REFUSED_TO_PAGES)
                refusals = {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}
                item[method]["responses"] = refusals | item[method].get("responses", {})
    if merged["paths"]:
        answers = {f"Problem{status}": problem_answer(status) for status in (*_OWN_REFUSALS, _REFUSED_TO_PAGES)}
        for kind, own in (("schemas", problem_schemas()), ("responses", answers)):
            merged["components"][kind] = own | merged["components"].get(kind, {})
