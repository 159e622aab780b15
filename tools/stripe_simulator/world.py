"""What every part of one simulator shares."""

from dataclasses import dataclass, field

from stripe_simulator.clock import Clock
from stripe_simulator.faults import Faults
from stripe_simulator.store import Store


@dataclass
class Settings:
    """`url` is where browsers reach the simulator. `retry_scale` multiplies the delays between webhook attempts.

    `api_keys`: the only keys that are accepted; empty accepts every well-formed test key.
    """

    url: str = "http://127.0.0.1:12111"
    retry_scale: float = 1.0
    webhook_timeout: float = 10.0
    api_keys: frozenset[str] = frozenset()


@dataclass
class World:
    """One simulated account."""

    settings: Settings = field(default_factory=Settings)
    store: Store = field(default_factory=Store)
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
