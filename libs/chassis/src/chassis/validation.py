"""From pydantic's findings to a 422 that names each field and quotes no value."""

from typing import Any, get_origin

from multidict import MultiMapping
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from chassis.problems import FieldError, Invalid

MOST_ERRORS = 20
_CODES = {
    "extra_forbidden": "unknown_field",
    "missing": "required",
    "date_from_datetime_parsing": "date_invalid",
    "date_parsing": "date_invalid",
}
_SENTENCES = {
    "extra_forbidden": "This field is not known.",
    "missing": "This field is required.",
    "string_type": "Must be a text.",
    "dict_type": "Must be an object.",
    "model_type": "Must be an object.",
    "model_attributes_type": "Must be an object.",
    "date_from_datetime_parsing": "Give a day, e.g. 2026-11-25.",
    "date_parsing": "Give a day, e.g. 2026-11-25.",
}
"""Where pydantic's own words speak of Python."""
_BIGINT = 2**63


def pointer_to(*location: int | str) -> str:
    """RFC 6901."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1")[:100] for part in location)


def _field_error(error: ErrorDetails, *, pointer: str) -> FieldError:
    kind = error["type"]
    return FieldError(pointer, _CODES.get(kind, kind), sentence(error))


def sentence(error: ErrorDetails) -> str:
    """What is wrong, for somebody who knows JSON and not Python; it quotes no value."""
    return _SENTENCES.get(error["type"]) or error["msg"].removeprefix("Value error, ")


def invalid(error: ValidationError) -> Invalid:
    """A 422 for a body; pointers into it."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    fields = tuple(_field_error(one, pointer=pointer_to(*one["loc"])) for one in found[:MOST_ERRORS])
    return Invalid("validation_failed", "Some fields are not acceptable.", fields=fields)


def read_query(model: type[BaseModel] | None, query: MultiMapping[str]) -> BaseModel | None:
    """The query parameters as the model; a list only where the model has one. Raises Invalid."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()} if model else {}
    errors = [
        _query_error(name, "unknown_field", "This parameter is not known.") for name in query if name not in fields
    ]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        given = query.getall(name, [])
        if any("\x00" in text or not text.isprintable() for text in given):
            errors.append(_query_error(name, "text_not_storable", "Holds a character that is not printable."))
        elif get_origin(field.annotation) in (list, tuple, set, frozenset):
            values |= {name: given} if given else {}
        elif len(given) > 1:
            errors.append(_query_error(name, "repeated", "This parameter may be given once."))
        elif given:
            values[name] = given[0]
    if errors:
        raise _refusal(errors)
    return _validate(model, values) if model else None


def _validate(model: type[BaseModel], values: dict[str, Any]) -> BaseModel:
    try:
        read = model.model_validate(values, extra="forbid")
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise _refusal([_field_error(one, pointer=str(one["loc"][0]) if one["loc"] else "") for one in found]) from None
    large = [name for name, value in read if isinstance(value, int) and abs(value) >= _BIGINT]
    if large:
        raise _refusal([_query_error(name, "number_too_large", "Does not fit into 64 bits.") for name in large])
    return read


def _query_error(name: str, code: str, detail: str) -> FieldError:
    return FieldError(name[:100].encode("utf-8", "replace").decode(), code, detail)


def _refusal(errors: list[FieldError]) -> Invalid:
    return Invalid("validation_failed", "Some parameters are not acceptable.", fields=tuple(errors[:MOST_ERRORS]))
