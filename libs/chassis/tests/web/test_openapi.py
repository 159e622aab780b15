"""The document is valid OpenAPI 3.1 and says what the handlers do."""

import importlib.util
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from chassis.web import Access, IfMatch, Reply, Routes, openapi_document


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("notes_service", Path(__file__).with_name("conftest.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return openapi_document("notes", [module.make_routes()])


def test_it_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["operationId"]
            assert operation["summary"]
            assert operation["tags"] == ["notes"]
            assert {"500", "503"} <= operation["responses"].keys()


def test_access_is_declared(document: dict[str, Any]) -> None:
    paths = document["paths"]
    assert paths["/v1/notes"]["get"]["x-permission"] == "organization:read"
    assert paths["/v1/notes"]["get"]["security"] == [{"bearer": []}]
    assert "401" in paths["/v1/notes"]["get"]["responses"]
    assert "403" in paths["/v1/notes"]["get"]["responses"]
    assert paths["/v1/me"]["get"]["x-access"] == "signed_in"
    assert "x-permission" not in paths["/v1/me"]["get"]
    assert paths["/v1/echo"]["post"]["security"] == []
    assert "401" not in paths["/v1/echo"]["post"]["responses"]


def test_internal_operations_stay_inside(document: dict[str, Any]) -> None:
    assert not [path for path in document["paths"] if path.startswith("/internal")]


def test_parameters_come_from_the_signature(document: dict[str, Any]) -> None:
    listed = {one["name"]: one for one in document["paths"]["/v1/notes"]["get"]["parameters"]}
    assert listed["limit"]["schema"] | {"title": "", "description": ""} == {
        "type": "integer", "minimum": 1, "maximum": 100, "default": 25, "title": "", "description": "",
    }  # fmt: skip
    assert listed["word"]["schema"]["type"] == "array"
    changed = {one["name"]: one for one in document["paths"]["/v1/notes/{note_id}"]["patch"]["parameters"]}
    assert changed["note_id"]["schema"] == {"type": "string", "format": "uuid"}
    assert changed["If-Match"]["required"]
    assert not changed["Idempotency-Key"]["required"]


def test_bodies_and_answers_come_from_the_models(document: dict[str, Any]) -> None:
    create = document["paths"]["/v1/notes"]["post"]
    body = create["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert "title" in document["components"]["schemas"][body]["required"]
    assert create["responses"]["201"]["headers"].keys() == {"ETag", "Idempotency-Replayed"}
    assert document["paths"]["/v1/notes/{note_id}"]["delete"]["responses"]["204"]["description"] == "No Content"
    assert document["paths"]["/v1/slow-notes"]["post"]["responses"]["201"]["content"]
    refused = document["components"]["responses"]["Problem422"]["content"]
    assert refused.keys() == {"application/problem+json"}


def test_what_a_body_does_not_name_is_refused_and_said_to_be(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["NewNote-Input"]["additionalProperties"] is False
    assert schemas["Tags-Input"]["additionalProperties"] is False
    assert schemas["NewNote-Input"]["properties"]["extra"]["additionalProperties"] is True
    assert "additionalProperties" not in schemas["NewNote-Output"]


def test_headers_are_described_as_they_are_read(document: dict[str, Any]) -> None:
    given = document["paths"]["/v1/notes/{note_id}"]["patch"]["parameters"]
    patterns = {one["name"]: re.compile(one["schema"]["pattern"]) for one in given if one["in"] == "header"}
    for tags in ("*", '"3"', 'W/"3", "4"'):
        assert patterns["If-Match"].search(tags)
        assert IfMatch.parse(tags)
    for wrong in ("", "3", '"3'):
        assert not patterns["If-Match"].search(wrong)
        assert IfMatch.parse(wrong) is None
    assert patterns["Idempotency-Key"].search("a key")
    assert not patterns["Idempotency-Key"].search("schlüssel")


def links(document: dict[str, Any], method: str, path: str, status: str) -> dict[str, Any]:
    found = document["paths"][path][method]["responses"][status].get("links", {})
    return {link["operationId"]: link["parameters"] for link in found.values()}


def test_links_lead_from_what_was_made_to_what_can_be_done_with_it(document: dict[str, Any]) -> None:
    made = {"path.note_id": "$response.body#/id"}
    assert links(document, "post", "/v1/notes", "201") == {
        "get_note": made,
        "update_note": made | {"header.If-Match": "$response.header.ETag"},
        "delete_note": made,
    }
    first = {"path.note_id": "$response.body#/items/0/id"}
    assert links(document, "get", "/v1/notes", "200") == {
        "get_note": first,
        "update_note": first | {"header.If-Match": '"{$response.body#/items/0/version}"'},
        "delete_note": first,
    }
    same = {"path.note_id": "$request.path.note_id"}
    assert links(document, "get", "/v1/notes/{note_id}", "200") == {
        "update_note": same | {"header.If-Match": "$response.header.ETag"},
        "delete_note": same,
    }


def test_no_link_is_claimed_without_ground(document: dict[str, Any]) -> None:
    assert links(document, "post", "/v1/slow-notes", "201") == {}
    assert links(document, "delete", "/v1/notes/{note_id}", "204") == {}
    assert links(document, "get", "/v1/me", "200") == {}


def test_further_answers_are_said_and_lead_on() -> None:
    routes = Routes("orders")

    class Order(BaseModel):
        id: UUID

    class Waiting(BaseModel):
        job_id: UUID

    @routes.post("/v1/orders", access=Access.PUBLIC, summary="Order", also={202: Waiting})
    async def order() -> Reply[Order | Waiting]: ...

    @routes.get("/v1/jobs/{job_id}", access=Access.PUBLIC, summary="How far it is")
    async def job(job_id: UUID) -> Waiting: ...

    made = openapi_document("orders", [routes])
    OpenAPIV31SpecValidator(made).validate()
    assert made["paths"]["/v1/orders"]["post"]["responses"]["202"]["content"]
    assert links(made, "post", "/v1/orders", "202") == {"job": {"path.job_id": "$response.body#/job_id"}}
    assert links(made, "post", "/v1/orders", "200") == {}
