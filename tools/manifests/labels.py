"""What pods are called, and in which order things are applied."""

PART_OF = "objectalabs"
FIRST, SECOND = ({"argocd.argoproj.io/sync-wave": wave} for wave in ("-2", "-1"))
"""Argo CD's order: what the jobs before a roll-out need, then the jobs, then all the rest (wave 0)."""


def selector(part: str) -> dict[str, str]:
    """`teams-serve` is component serve of teams."""
    service, _, process = part.rpartition("-")
    return {"app.kubernetes.io/name": service, "app.kubernetes.io/component": process}


def labels(part: str) -> dict[str, str]:
    """The selector's, and what it is part of."""
    return {**selector(part), "app.kubernetes.io/part-of": PART_OF}
