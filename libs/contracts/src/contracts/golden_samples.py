"""Golden samples: a whole message of each event version as it travels; tests feed them to every consumer."""

from pathlib import Path

from contracts.envelope import Envelope
from contracts.event import EventData

DIRECTORY = Path(__file__).parent / "samples"


def path_of(model: type[EventData]) -> Path:
    """Where the sample of an event version is kept."""
    return DIRECTORY / f"{model.type}.v{model.version}.json"


def sample(model: type[EventData]) -> Envelope:
    """The sample of an event version. Raises FileNotFoundError if it has none."""
    return Envelope.model_validate_json(path_of(model).read_bytes())
