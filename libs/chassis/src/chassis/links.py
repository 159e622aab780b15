"""OpenAPI links (3.1, 4.8.20): which operation goes on from an answer, as far as the declarations alone tell.

A link is claimed only where every path parameter of the target is known by name and type: it stands in the path that
was asked for, the answer has a field of exactly that name, or the answer's `id` is what comes next in the path. Of a
list the first item is meant.
"""

from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from chassis.answers import Page
from chassis.binding import Parameter, Source
from chassis.routes import Route, answer_model

_WHOLE, _FIRST_ITEM = "$response.body#", "$response.body#/items/0"
ETAG = "$response.header.ETag"


def links_of(source: Route, answer: Any, routes: Sequence[Route]) -> dict[str, Any]:
    """The links of one of the source's answers, whose model is `answer`, by the target operation's id."""
    if source.method == "DELETE":
        return {}
    found = {}
    for target in routes:
        parameters = _parameters(source, answer, target)
        if target is not source and parameters and _same_root(source, target):
            found[target.name] = {"operationId": target.name, "parameters": parameters}
    return found


def answers_of(route: Route) -> dict[int, Any]:
    """Every status of success that a route declares, with the model of its body (None: no body)."""
    model = answer_model(route.signature.returns)
    status = 204 if route.signature.returns is type(None) and route.status == 200 else route.status
    return {status: model} | dict(route.also)


def has_version(model: Any) -> bool:
    """Whether an answer carries an ETag."""
    return is_model(model) and "version" in model.model_fields


def is_model(model: Any) -> bool:
    """Whether an answer is one model, and no choice of several."""
    return isinstance(model, type) and issubclass(model, BaseModel)


def _same_root(source: Route, target: Route) -> bool:
    """Links stay within what one kind of caller may ask for: `/v1/…` never leads to `/admin/…`."""
    return source.path.split("/")[1] == target.path.split("/")[1] and source.for_staff == target.for_staff


def _parameters(source: Route, answer: Any, target: Route) -> dict[str, str]:
    parameters = {f"path.{one.name}": _expression(source, answer, target, one) for one in _path(target)}
    if target.signature.takes(Source.IF_MATCH):
        parameters["header.If-Match"] = _if_match(source, answer, target)
    if None in parameters.values():
        return {}
    return {name: text for name, text in parameters.items() if text is not None}


def _path(route: Route) -> list[Parameter]:
    return route.signature.of(Source.PATH)


def _expression(source: Route, answer: Any, target: Route, wanted: Parameter) -> str | None:
    if (asked := _up_to(source, wanted)) is not None and asked == _up_to(target, wanted):
        return f"$request.path.{wanted.name}"
    for place, model in _objects(answer):
        fields = model.model_fields
        if wanted.name in fields and fields[wanted.name].annotation is wanted.annotation:
            return f"{place}/{wanted.name}"
        follows = target.path.startswith(f"{source.path}/{{{wanted.name}}}") and wanted.name.endswith("_id")
        if follows and "id" in fields and fields["id"].annotation is wanted.annotation:
            return f"{place}/id"
    return None


def _up_to(route: Route, parameter: Parameter) -> str | None:
    """The path as far as that parameter; None where it is not in it."""
    before, found, _ = route.path.partition(f"{{{parameter.name}}}")
    return before if found else None


def _if_match(source: Route, answer: Any, target: Route) -> str | None:
    """The answer's own ETag, where it is the answer of the very thing that the target changes."""
    same = source.path == target.path or target.path.startswith(f"{source.path}/{{")
    if not same:
        return None
    if has_version(answer):
        return ETAG
    for place, model in _objects(answer):
        if has_version(model):
            return f'"{{{place}/version}}"'
    return None


def _objects(answer: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    if not is_model(answer):
        return
    yield _WHOLE, answer
    if issubclass(answer, Page):
        item = answer.model_fields["items"].annotation
        if get_origin(item) is list and is_model(get_args(item)[0]):
            yield _FIRST_ITEM, get_args(item)[0]
