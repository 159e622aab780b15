"""OpenAPI 3.1 from the same signatures the requests are bound by, so that it cannot drift from them.

Internal operations are left out: the document is what the gateway routes and what clients are generated from.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal

from openapi_pydantic import OpenAPI
from pydantic import BaseModel, Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from chassis.binding import Source
from chassis.links import answers_of, has_version, links_of
from chassis.rendering import JSON, PROBLEM_JSON
from chassis.routes import Access, Route, Routes

RAW = "application/octet-stream"
_REF = "#/components/schemas/{model}"
_PATH_SCHEMAS = {"UUID": {"type": "string", "format": "uuid"}, "int": {"type": "integer"}, "str": {"type": "string"}}
_KEY = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
_TAG = r'(W/)?"[ !#-~]*"'
_ENTITY_TAGS = {"type": "string", "minLength": 1, "pattern": rf"^(\*|{_TAG}(, {_TAG})*)$"}
Mode = Literal["validation", "serialization"]
CUSTOMER_SCHEME, STAFF_SCHEME = "bearer", "adminBearer"
SECURITY_SCHEMES = {
    CUSTOMER_SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    STAFF_SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A staff member's token from /admin/v1/auth; a customer's is refused.",
    },
}
Schemas = dict[tuple[str, Mode], dict[str, Any]]


class ProblemField(BaseModel):
    """One wrong field: a JSON pointer into the body, or a query parameter's name."""

    pointer: str
    code: str
    detail: str


class ProblemDetails(BaseModel):
    """A refusal (RFC 9457). `code` is stable; `request_id` is what support asks for; `permission` is the missing one,
    where that is why.
    """

    type: str = Field(json_schema_extra={"format": "uri"})
    title: str
    status: int
    code: str
    detail: str
    permission: str | None = None
    errors: list[ProblemField] | None = None
    request_id: str


def problem_schemas() -> dict[str, Any]:
    """The component schemas that `problem_answer` refers to."""
    problem: list[tuple[str, Mode, TypeAdapter[Any]]] = [("problem", "serialization", TypeAdapter(ProblemDetails))]
    _, definitions = TypeAdapter.json_schemas(problem, ref_template=_REF)
    found: dict[str, Any] = definitions["$defs"]
    return found


class _Strict(GenerateJsonSchema):
    """What a body's objects do not name is refused (`chassis.bodies.read_model`), whatever their models say."""

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        found = super().model_schema(schema)
        if self.mode == "validation":
            found.setdefault("additionalProperties", False)
        return found


def openapi_document(name: str, routes: Sequence[Routes]) -> dict[str, Any]:
    """The service's document as JSON values. Raises pydantic.ValidationError if it were not OpenAPI 3.1."""
    declared = [route for group in routes for route in group.routes if route.access is not Access.INTERNAL]
    schemas, components = _schemas(declared)
    paths: dict[str, dict[str, Any]] = {}
    for route in declared:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas, declared)
    statuses = sorted({status for route in declared for status in _refusals(route)})
    document = {
        "openapi": "3.1.1",
        "info": {"title": name, "version": "1"},
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in declared)],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {f"Problem{status}": problem_answer(status) for status in statuses},
            "securitySchemes": {name: SECURITY_SCHEMES[name] for name in _schemes(declared)},
        },
    }
    OpenAPI.model_validate(document)
    return document


def _schemas(routes: Sequence[Route]) -> tuple[Schemas, dict[str, Any]]:
    """Each operation's body and answer, and the component schemas they refer to."""
    wanted: list[tuple[str, Mode, TypeAdapter[Any]]] = [
        ("problem", "serialization", TypeAdapter(ProblemDetails)),
    ]
    for route in routes:
        if route.signature.body is not None:
            wanted.append((route.name, "validation", route.signature.body))
        for status, model in answers_of(route).items():
            if model is not None:
                wanted.append((f"{route.name} {status}", "serialization", TypeAdapter(model)))
    found, definitions = TypeAdapter.json_schemas(wanted, ref_template=_REF, schema_generator=_Strict)
    return {(str(key), mode): schema for (key, mode), schema in found.items()}, definitions.get("$defs", {})


def _operation(route: Route, schemas: Schemas, routes: Sequence[Route]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "security": [] if route.access is Access.PUBLIC else [{_scheme(route): []}],
        "x-access": "permission" if route.needs_permission else route.access.value,
        "responses": _responses(route, schemas, routes),
    }
    if route.needs_permission:
        operation["x-permission"] = route.access.value
    if route.rate_limits != ():
        operation["x-rate-limit"] = [limit.described() for limit in route.rate_limits or ()]
    if route.handler.__doc__:
        operation["description"] = " ".join(route.handler.__doc__.split())
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if (body := schemas.get((route.name, "validation"))) is not None:
        media = RAW if route.signature.takes_raw_body else JSON
        operation["requestBody"] = {"required": True, "content": {media: {"schema": body}}}
        operation["x-max-body"] = route.max_body
    return operation


def _scheme(route: Route) -> str:
    return STAFF_SCHEME if route.for_staff else CUSTOMER_SCHEME


def _schemes(routes: Sequence[Route]) -> list[str]:
    """Those in use; a service that has none yet keeps the customers'."""
    return sorted({_scheme(route) for route in routes if route.access is not Access.PUBLIC} or {CUSTOMER_SCHEME})


def _parameters(route: Route) -> list[dict[str, Any]]:
    found = [
        {"name": one.name, "in": "path", "required": True, "schema": _PATH_SCHEMAS[one.annotation.__name__]}
        for one in route.signature.of(Source.PATH)
    ]
    found += _query_parameters(route.signature.query)
    if route.signature.takes(Source.IF_MATCH):
        found.append(_header("If-Match", "The ETag last read.", _ENTITY_TAGS, required=True))
    if route.keeps_keys:
        found.append(_header("Idempotency-Key", "The same key never writes twice; kept for 24 hours.", _KEY))
    return found


def _header(name: str, description: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


def _query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema(ref_template=_REF)
    if "$defs" in schema:
        schema = _inlined(schema, schema["$defs"])
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            **({"description": one["description"]} if "description" in one else {}),
            "schema": one,
        }
        for name, one in schema["properties"].items()
    ]


def _inlined(value: Any, definitions: dict[str, Any]) -> Any:
    """Query models are small and flat: their enums stand where they are used."""
    if isinstance(value, list):
        return [_inlined(one, definitions) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        rest = {key: one for key, one in value.items() if key != "$ref"}
        return _inlined(definitions[value["$ref"].rpartition("/")[2]], definitions) | rest
    return {key: _inlined(one, definitions) for key, one in value.items() if key != "$defs"}


def _responses(route: Route, schemas: Schemas, routes: Sequence[Route]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, model in answers_of(route).items():
        answer = answers[str(status)] = {"description": HTTPStatus(status).phrase}
        schema = schemas.get((f"{route.name} {status}", "serialization"))
        streams = {media: {"schema": _stream(media)} for media in route.streams if status == route.status}
        if content := ({} if schema is None else {JSON: {"schema": schema}}) | streams:
            answer["content"] = content
        if headers := _answer_headers(route, model):
            answer["headers"] = headers
        if links := links_of(route, model, routes):
            answer["links"] = links
    return answers | {str(code): {"$ref": f"#/components/responses/Problem{code}"} for code in _refusals(route)}


def _stream(media: str) -> dict[str, Any]:
    """What is neither JSON nor text is bytes."""
    if media == JSON:
        return {"type": "object", "additionalProperties": True}
    return {"type": "string"} if media.startswith("text/") else {"type": "string", "format": "binary"}


def _answer_headers(route: Route, model: Any) -> dict[str, Any]:
    headers = {}
    if has_version(model):
        headers["ETag"] = {"description": "For If-Match.", "schema": {"type": "string"}}
    if route.keeps_keys:
        replayed = {"description": "`true` where the first answer is repeated.", "schema": {"type": "string"}}
        headers["Idempotency-Replayed"] = replayed
    return headers


def _refusals(route: Route) -> list[int]:
    """The statuses an operation may be refused with, as far as its declaration tells."""
    takes = route.signature
    body, query = takes.body is not None, takes.query is not None
    possible = {
        400: body or route.keeps_keys or takes.takes(Source.IF_MATCH),
        401: route.access is not Access.PUBLIC,
        403: route.needs_permission,
        404: takes.takes(Source.PATH),
        408: body,
        409: route.keeps_keys,
        412: takes.takes(Source.IF_MATCH),
        413: body,
        415: body,
        422: body or query or not takes.takes(Source.REQUEST),
        428: takes.takes(Source.IF_MATCH),
        429: bool(route.rate_limits),
        500: True,
        503: True,
    }
    return sorted({status for status, may in possible.items() if may} | set(route.problems))


def problem_answer(status: int) -> dict[str, Any]:
    """A refusal as a component of `responses`; what it refers to is in `problem_schemas`."""
    schema = {"$ref": _REF.format(model="ProblemDetails")}
    return {"description": HTTPStatus(status).phrase, "content": {PROBLEM_JSON: {"schema": schema}}}
