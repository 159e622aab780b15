"""What a run may be told: less on a busy machine, more for quieter figures."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Options:
    """`rounds` of turns; `events` flat out and `seconds` at each rate in a turn."""

    rounds: int = 3
    events: int = 20_000
    seconds: float = 5.0

    def as_typed(self) -> str:
        """What is not as usual, as `make` takes it."""
        said = [(each.name, getattr(self, each.name), each.default) for each in fields(self)]
        return "".join(f" {name.upper()}={value:g}" for name, value, usual in said if value != usual)
