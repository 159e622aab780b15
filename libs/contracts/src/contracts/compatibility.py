"""A released event version never changes in a way that breaks a reader: the check that CI runs, and the release's lock.

`released/` holds each schema as it was at the last release (`python -m contracts.compatibility lock`). Without
arguments the present models are compared with it, and those not yet released with the reviewed files in `schemas/`;
a break names the consumers that read the field.
"""

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from contracts import readers
from contracts.locked_schemas import DIRECTORY, all_schemas

RELEASED = Path(__file__).parent / "released"
_PROSE = ("title", "description", "default", "examples", "$schema", "$id")

Schema = Mapping[str, Any]

WHOLE_EVENT = "the whole event"
REMOVED, RETYPED = "was removed", "changed its type"
RELEASED_SO = "add a new version with an upcaster instead"
NOT_YET_SO = "it is not released yet, so mend its readers and run python -m contracts.locked_schemas"


@dataclass(frozen=True)
class Break:
    """One incompatible change: in which contract (`member.joined.v1`), which field, and what happened to it."""

    contract: str
    field: str
    change: str

    released: bool = True

    def __str__(self) -> str:
        type_, _, _ = self.contract.rpartition(".v")
        # What is missing from an old message, or is no event any more, stops whoever listens, whatever they read of it.
        by_field = self.change in (REMOVED, RETYPED) and self.field != WHOLE_EVENT
        names = readers.of_field(type_, self.field) if by_field else sorted(readers.of_event(type_))
        who = f"read by {', '.join(names)}" if names else "no consumer reads it yet"
        return f"{self.contract}: {self.field} {self.change} ({who}): {RELEASED_SO if self.released else NOT_YET_SO}"


def breaks(contract: str, old: Schema, new: Schema) -> Iterator[Break]:
    """What a reader of `old` would trip over: a field removed, retyped, or newly required."""
    before, after = _fields(old), _fields(new)
    for field in before.keys() - after.keys():
        yield Break(contract, field, REMOVED)
    for field in before.keys() & after.keys():
        if before[field] != after[field]:
            yield Break(contract, field, RETYPED)
    for field in after.keys() - before.keys():
        if field in new.get("required", ()):
            yield Break(contract, field, "is new and required")
    for field in before.keys() & set(new.get("required", ())) - set(old.get("required", ())):
        yield Break(contract, field, "became required")


def _fields(schema: Schema) -> dict[str, Any]:
    definitions = schema.get("$defs", {})
    return {name: _shape(value, definitions) for name, value in schema.get("properties", {}).items()}


def _shape(value: Any, definitions: Schema) -> Any:
    """The type alone: references inlined, prose left out, the order of alternatives ignored."""
    if isinstance(value, Mapping):
        if reference := value.get("$ref"):
            return _shape(definitions[reference.rpartition("/")[2]], definitions)
        return {key: _shape(part, definitions) for key, part in value.items() if key not in _PROSE}
    if isinstance(value, list):
        return sorted((_shape(part, definitions) for part in value), key=repr)
    return value


def check(released: Path = RELEASED, reviewed: Path = DIRECTORY) -> list[Break]:
    """Every break between the last release, or else the last review, and the present models, in a stable order."""
    found: list[Break] = []
    present = {name: orjson.loads(content) for name, content in all_schemas().items()}
    kept = {path.name: path for directory in (reviewed, released) for path in directory.glob("*.json")}
    for name, path in sorted(kept.items()):
        since = Break(path.stem, WHOLE_EVENT, REMOVED, path.parent == released)
        if name not in present:
            found.append(since)
            continue
        broken = breaks(path.stem, orjson.loads(path.read_bytes()), present[name])
        found += sorted((replace(one, released=since.released) for one in broken), key=str)
    return found


def lock(released: Path = RELEASED) -> int:
    """What is in `schemas/` is released from now on. Returns how many contracts that are."""
    released.mkdir(exist_ok=True)
    paths = sorted(DIRECTORY.glob("*.json"))
    for path in paths:
        shutil.copyfile(path, released / path.name)
    return len(paths)


def main(arguments: list[str]) -> int:
    """`python -m contracts.compatibility [lock]`; exits with 1 if something broke."""
    if arguments == ["lock"]:
        sys.stdout.write(f"{lock()} contracts are locked\n")
        return 0
    found = check()
    sys.stdout.writelines(f"{one}\n" for one in found)
    if not found:
        locked = len(list(RELEASED.glob("*.json")))
        sys.stdout.write(f"nothing breaks: {len(all_schemas())} contracts, {locked} of them released\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
