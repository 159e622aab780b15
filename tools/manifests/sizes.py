"""How much of the cluster each process asks for, and which of them grow with the load."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Pods at least, at most (None: not scaled), and what one of them asks for and may take."""

    least: int = 2
    most: int | None = None
    cpu: str = "100m"
    memory: str = "192Mi"
    most_cpu: str = "1"
    most_memory: str = "512Mi"


_SIZES = {
    # Sign-in hashes passwords with Argon2: memory as well as processor time.
    "teams-serve": Size(most=10, cpu="250m", memory="384Mi", most_cpu="2", most_memory="1Gi"),
    # Sockets are held here.
    "notifier-serve": Size(most=10, memory="256Mi", most_memory="1Gi"),
    "analytics-serve": Size(most=6),
    "billing-serve": Size(most=6),
    "gateway-serve": Size(most=10, cpu="250m", memory="256Mi", most_cpu="2", most_memory="1Gi"),
}
"""Workers wait for the database more than they compute: processor time says nothing of them, so nothing scales them."""


def size_of(service: str, process: str) -> Size:
    """The size of a process, or the usual one."""
    return _SIZES.get(f"{service}-{process}", Size())
