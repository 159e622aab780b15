"""The JSON Schema of each event and command version, kept as files so that a change of contract shows in review."""

import sys
from pathlib import Path
from typing import Any

import orjson

from contracts.commands import COMMANDS, SecretCommand
from contracts.envelope import dataschema
from contracts.event import EventData
from contracts.registry import EVENTS

DIRECTORY = Path(__file__).parent / "schemas"
Contract = type[EventData] | type[SecretCommand]
CONTRACTS: tuple[Contract, ...] = (*EVENTS, *COMMANDS)


def schema_of(model: Contract) -> dict[str, Any]:
    """The schema under the address that the envelope's `dataschema` names."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": dataschema(model.type, model.version)} | (
        model.model_json_schema(mode="serialization")
    )


def all_schemas() -> dict[str, bytes]:
    """File name -> file content, for every contract there is."""
    return {
        f"{model.type}.v{model.version}.json": orjson.dumps(
            schema_of(model), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        )
        for model in CONTRACTS
    }


def write() -> None:
    """Write every schema file."""
    for name, content in all_schemas().items():
        (DIRECTORY / name).write_bytes(content)


def differences() -> list[str]:
    """Files that are missing, superfluous or unlike the models, one sentence each."""
    expected = all_schemas()
    found = {path.name: path.read_bytes() for path in DIRECTORY.glob("*.json")}
    return [
        *(f"{name} is missing: run python -m contracts.locked_schemas" for name in expected.keys() - found.keys()),
        *(f"{name} belongs to no contract" for name in found.keys() - expected.keys()),
        *(f"{name} differs from its model" for name in expected.keys() & found.keys() if expected[name] != found[name]),
    ]


if __name__ == "__main__":
    write()
    sys.stdout.write(f"{len(all_schemas())} schemas written\n")
