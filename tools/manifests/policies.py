"""NetworkPolicies from the table of arrows: default-deny, then one policy a part with what it opens and accepts."""

from collections import defaultdict
from typing import Any

from local_stack.catalogue import SERVICES
from manifests.arrows import DNS, NEIGHBOURS, Arrow, arrows, parts
from manifests.labels import FIRST, selector

Document = dict[str, Any]


def policies() -> list[Document]:
    """Every NetworkPolicy of the namespace."""
    ours = [part for row in SERVICES for part in parts(row)]
    return [_nothing(), *(_policy(part, arrows()) for part in ours)]


def _nothing() -> Document:
    return _document("default-deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})


def _policy(part: str, table: frozenset[Arrow]) -> Document:
    accepts = _by_peer((arrow.source, arrow.port) for arrow in table if arrow.target == part)
    opens = _by_peer((arrow.target, arrow.port) for arrow in table if arrow.source == part)
    spec: Document = {
        "podSelector": {"matchLabels": selector(part)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [_peer(peer)], "ports": _tcp(ports)} for peer, ports in accepts],
        "egress": [_names(), *({"to": [_peer(peer)], "ports": _tcp(ports)} for peer, ports in opens)],
    }
    return _document(part, spec)


def _by_peer(pairs: Any) -> list[tuple[str, list[int]]]:
    grouped: dict[str, list[int]] = defaultdict(list)
    for peer, port in sorted(pairs):
        grouped[peer].append(port)
    return sorted(grouped.items())


def _peer(name: str) -> Document:
    return dict(NEIGHBOURS[name]) if name in NEIGHBOURS else {"podSelector": {"matchLabels": selector(name)}}


def _tcp(ports: list[int]) -> list[Document]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def _names() -> Document:
    """The cluster's name server."""
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    return {"to": [peer], "ports": [{"protocol": protocol, "port": DNS} for protocol in ("UDP", "TCP")]}


def _document(name: str, spec: Document) -> Document:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "annotations": FIRST},
        "spec": spec,
    }
