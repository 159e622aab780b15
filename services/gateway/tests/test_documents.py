"""Many documents into one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from chassis.settings import StartRefused
from gateway.documents import merge, read_documents

Make = Callable[..., dict[str, Any]]
OWN = {"ProblemDetails", "ProblemField"}


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def answering(make_operation: Make, schema: str, **extra: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": reference(schema)}}
    return make_operation(**extra) | {"responses": {"200": {"description": "done", "content": content}}}


@pytest.fixture
def documents(make_document: Make, make_operation: Make) -> dict[str, Any]:
    problem = {"type": "object", "properties": {"code": {"type": "string"}}}
    page = {"type": "object", "properties": {"items": {"type": "array", "items": reference("Item")}}}
    return {
        "teams": make_document(
            {
                "/v1/members": {"get": answering(make_operation, "Page", token=True, operationId="list")},
                "/internal/v1/x": {"get": make_operation()},
            },
            schemas={"Page": page, "Item": {"type": "string"}, "Problem": problem},
        ),
        "notifier": make_document(
            {
                "/v1/notifications": {"get": answering(make_operation, "Page", operationId="list")},
                "/v1/members": {"post": answering(make_operation, "Problem", operationId="add")},
            },
            schemas={"Page": page, "Item": {"type": "integer"}, "Problem": problem},
        )
        | {"security": [{"bearer": []}]},
    }


def test_the_merged_document_is_valid(documents: dict[str, Any]) -> None:
    validate(merge(documents))


def test_what_differs_carries_its_service_and_what_refers_to_it_too(documents: dict[str, Any]) -> None:
    schemas = merge(documents)["components"]["schemas"]
    assert schemas.keys() - OWN == {"teams_Page", "notifier_Page", "teams_Item", "notifier_Item", "Problem"}
    assert schemas["teams_Page"]["properties"]["items"]["items"] == reference("teams_Item")


def test_paths_lead_to_the_renamed(documents: dict[str, Any]) -> None:
    operation = merge(documents)["paths"]["/v1/notifications"]["get"]
    assert operation["responses"]["200"]["content"]["application/json"]["schema"] == reference("notifier_Page")
    assert operation["operationId"] == "notifier_list"


def test_links_lead_to_the_renamed(documents: dict[str, Any]) -> None:
    answer = documents["teams"]["paths"]["/v1/members"]["get"]["responses"]["200"]
    answer["links"] = {"list": {"operationId": "list"}, "add": {"operationId": "add"}}
    merged = merge(documents)["paths"]["/v1/members"]["get"]["responses"]["200"]["links"]
    assert {name: link["operationId"] for name, link in merged.items()} == {"list": "teams_list", "add": "add"}


def test_what_the_gateway_itself_refuses_is_said_of_every_operation(documents: dict[str, Any]) -> None:
    paths = merge(documents)["paths"]
    assert {"400", "414", "429", "431", "502", "504"} <= paths["/v1/members"]["get"]["responses"].keys()
    assert "403" not in paths["/v1/members"]["get"]["responses"]
    assert "403" in paths["/v1/members"]["post"]["responses"]


def test_internal_paths_stay_inside(documents: dict[str, Any]) -> None:
    assert merge(documents)["paths"].keys() == {"/v1/members", "/v1/notifications"}


def test_each_operation_says_itself_who_may_call(documents: dict[str, Any]) -> None:
    paths = merge(documents)["paths"]
    assert paths["/v1/members"]["get"]["security"] == [{"bearer": []}]
    assert paths["/v1/notifications"]["get"]["security"] == [{"bearer": []}]


def test_the_order_of_services_changes_nothing(documents: dict[str, Any]) -> None:
    turned = dict(reversed(documents.items()))
    assert json.dumps(merge(documents)) == json.dumps(merge(turned))


def test_a_missing_document_says_how_to_write_it(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="python -m teams openapi"):
        read_documents(tmp_path, ["teams"])


def test_a_broken_document_is_named(tmp_path: Path) -> None:
    (tmp_path / "teams.json").write_text("{")
    with pytest.raises(StartRefused, match=r"teams\.json"):
        read_documents(tmp_path, ["teams"])


@pytest.fixture
def with_staff(documents: dict[str, Any], make_document: Make, make_operation: Make) -> dict[str, Any]:
    """Beside the others a service with a path for customers and one for staff."""
    staffs = answering(make_operation, "Case", operationId="cases") | {"security": [{"adminBearer": []}], "tags": ["x"]}
    document = make_document(
        {
            "/admin/v1/cases": {"get": staffs},
            "/v1/tickets": {"get": answering(make_operation, "Ticket", token=True, operationId="tickets")},
        },
        schemas={"Case": {"type": "object", "properties": {"of": reference("Ticket")}}, "Ticket": {"type": "string"}},
    )
    document["components"]["securitySchemes"]["adminBearer"] = {"type": "http", "scheme": "bearer"}
    return documents | {"admin": document | {"tags": [{"name": "x"}, {"name": "y"}]}}


def test_the_customers_document_tells_nothing_of_the_operations_platform(with_staff: dict[str, Any]) -> None:
    merged = merge(with_staff)
    validate(merged)
    assert not [path for path in merged["paths"] if path.startswith("/admin")]
    assert "/v1/tickets" in merged["paths"]
    assert "Case" not in merged["components"]["schemas"]
    assert merged["components"]["securitySchemes"].keys() == {"bearer"}
    assert merged["tags"] == []


def test_the_staffs_document_holds_their_paths_and_what_those_refer_to(with_staff: dict[str, Any]) -> None:
    merged = merge(with_staff, staff=True)
    validate(merged)
    assert merged["paths"].keys() == {"/admin/v1/cases"}
    assert merged["components"]["schemas"].keys() - OWN == {"Case", "Ticket"}
    assert merged["components"]["securitySchemes"].keys() == {"adminBearer"}
    assert [tag["name"] for tag in merged["tags"]] == ["x"]
    assert merged["info"]["title"] == "ObjectaLabs operations API"
