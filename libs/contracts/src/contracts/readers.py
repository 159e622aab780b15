"""Who reads which field of which event, recorded while every consumer is fed the golden samples (`readers.json`)."""

from functools import cache
from pathlib import Path

import orjson

FILE = Path(__file__).parent / "readers.json"
WHOLE = "*"
"""Stands for a consumer that takes the event as it is, e.g. to store it."""


@cache
def all_readers() -> dict[str, dict[str, list[str]]]:
    """Event -> consumer -> the fields it reads, sorted."""
    found: dict[str, dict[str, list[str]]] = orjson.loads(FILE.read_bytes())
    return found


def of_event(type_: str) -> dict[str, list[str]]:
    """Consumer -> fields, for one event."""
    return all_readers().get(type_, {})


def of_field(type_: str, field: str) -> list[str]:
    """The consumers that would miss a field."""
    return sorted(name for name, fields in of_event(type_).items() if field in fields or WHOLE in fields)
