"""What holds for every operation.

given the OpenAPI document
  when it is read: every operation should have a short id, a stage's tag, fitting examples, error shapes
  when a POST comes without Idempotency-Key: it should be refused and say which header
  when a request comes without an API key, or with a wrong one: 401, before anything else
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.main import _TAGS, create_app
from api.openapi import operations
from tests.api.office import Office
from tests.support.actors import WANYUE
from tests.support.memory import MemoryBook

SCHEMA = create_app(None).openapi()  # type: ignore[arg-type]
OPERATIONS = [pytest.param(path, method, op, id=op["operationId"]) for path, method, op in operations(SCHEMA)]
POSTS = [case for case in OPERATIONS if case.values[1] == "post"]
PUBLIC = {"health", "ready"}
GUARDED = [case for case in OPERATIONS if case.id not in PUBLIC]


@pytest.fixture(scope="module")
def shared() -> Office:
    return Office(MemoryBook())


def test_no_two_operations_share_an_id() -> None:
    ids = [case.id for case in OPERATIONS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["operationId"].isalnum()
    assert len(operation["operationId"]) <= 24
    assert operation["summary"]
    assert set(operation["tags"]) <= set(_TAGS)
    assert len(operation["tags"]) == 1


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_has_examples_that_fit(path: str, method: str, operation: dict[str, Any]) -> None:
    for content in _contents(operation):
        for shape in content.values():
            if "schema" in shape:
                fits(shape["example"], shape["schema"], path)
    for parameter in operation.get("parameters", []):
        assert _has_example(parameter), parameter["name"]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_says_how_it_fails(path: str, method: str, operation: dict[str, Any]) -> None:
    wanted = {"422", "500", "503"}
    if operation["operationId"] not in PUBLIC:
        assert operation["security"] == [{"ApiKey": []}]
        wanted |= {"401", "404"}
    if method == "post":
        wanted |= {"403", "409", "413"}
    assert wanted <= set(operation["responses"])
    for status in wanted - {"503"}:
        assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


@pytest.mark.parametrize(("path", "method", "operation"), POSTS)
def test_every_post_demands_an_idempotency_key(
    path: str, method: str, operation: dict[str, Any], shared: Office
) -> None:
    headers = {"Authorization": f"Bearer {shared.person(WANYUE).key}"}
    answer = shared.client.post(_filled(path, operation), headers=headers, json=_body(operation))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "header Idempotency-Key" in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer gtk_x_y"}, {"Authorization": "Basic Z3RrOnk="}]
)
@pytest.mark.parametrize(("path", "method", "operation"), GUARDED)
def test_nobody_comes_in_without_a_key(
    path: str, method: str, operation: dict[str, Any], headers: dict[str, str], shared: Office
) -> None:
    answer = shared.client.request(method, _filled(path, operation), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] in ("no-api-key", "invalid-api-key")


def fits(value: Any, node: dict[str, Any], where: str) -> None:
    """A small reading of JSON Schema, enough for our own."""
    if "$ref" in node:
        return fits(value, SCHEMA["components"]["schemas"][node["$ref"].rsplit("/", 1)[1]], where)
    if "anyOf" in node:
        for choice in node["anyOf"]:
            try:
                return fits(value, choice, where)
            except AssertionError:
                continue
        raise AssertionError(f"{where}: {value!r} fits none of {node['anyOf']}")
    kind = node.get("type")
    types = {
        "string": str,
        "integer": int,
        "boolean": bool,
        "array": list,
        "object": dict,
        "null": type(None),
    }
    if kind:
        assert isinstance(value, types[kind]), f"{where}: {value!r} is not {kind}"
    if kind == "object" and "properties" in node:
        assert set(node.get("required", [])) <= set(value), f"{where}: {node.get('required')} in {value!r}"
        assert set(value) <= set(node["properties"]), f"{where}: {set(value) - set(node['properties'])}"
        for name, part in node["properties"].items():
            if name in value:
                fits(value[name], part, f"{where}.{name}")
    if kind == "array":
        for item in value:
            fits(item, node["items"], f"{where}[]")
    if "enum" in node:
        assert value in node["enum"], f"{where}: {value!r}"
    return None


def _contents(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "requestBody" in operation:
        yield operation["requestBody"]["content"]
    for response in operation["responses"].values():
        yield response.get("content", {})


def _has_example(parameter: dict[str, Any]) -> bool:
    return bool({"example", "examples"} & (set(parameter) | set(parameter["schema"])))


def _filled(path: str, operation: dict[str, Any]) -> str:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            example = (parameter.get("examples") or parameter["schema"]["examples"])[0]
            path = path.replace(f"{{{parameter['name']}}}", str(example))
    return path


def _body(operation: dict[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("example")


def test_links_lead_from_ids_that_are_there_to_all_parameters() -> None:
    by_id = {case.id: case.values[2] for case in OPERATIONS}
    links = [
        (name, response, link)
        for operation in by_id.values()
        for response in operation["responses"].values()
        for name, link in response.get("links", {}).items()
    ]
    assert len(links) > 100
    for name, response, link in links:
        wanted = {one["name"] for one in by_id[name]["parameters"] if one["in"] == "path"}
        assert set(link["parameters"]) == wanted, name
        for at in link["parameters"].values():
            if at.startswith("$response"):
                assert _reached(response["content"]["application/json"]["schema"], at), f"{name}: {at}"


def _reached(schema: dict[str, Any], at: str) -> bool:
    for part in at.split("#/")[1].split("/"):
        schema = _behind(schema)
        schema = schema.get("items", {}) if part.isdigit() else schema.get("properties", {}).get(part, {})
    return bool(schema)


def _behind(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = SCHEMA["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return _behind(schema["anyOf"][0]) if "anyOf" in schema else schema
