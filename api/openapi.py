"""The OpenAPI document, completed: error shapes and a worked example for every operation.

Examples are put together from those of the fields, so that they can't disagree with the models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.models.problem import CellProblem, FieldProblem, Problem
from api.openapi_links import add_links
from api.problems import MEDIA_TYPE, type_of

Json = dict[str, Any]

_ALWAYS: Mapping[int, tuple[str, str]] = {
    422: ("invalid-request", "A value is wrong; `errors` names each one with the way out"),
    500: ("internal-error", "Our fault; tell the operator the number in `detail`"),
    503: ("unavailable", "Chain or book do not answer now; try again"),
}
_SIGNED_IN: Mapping[int, tuple[str, str]] = {
    401: ("no-api-key", "No API key, or one that opens nothing"),
    404: ("not-found", "There is no such thing, or your company is no party to it"),
}
_CHANGING: Mapping[int, tuple[str, str]] = {
    403: ("missing-scope", "You, or your company, may not do this"),
    409: ("conflict", "The present state does not allow it; or the Idempotency-Key came with another body"),
    413: ("too-large", "The request is too large"),
}
_WITH_FILE: Mapping[int, tuple[str, str]] = {400: ("unreadable-form", "The form can't be read")}
_STREAMING: Mapping[int, tuple[str, str]] = {
    429: ("too-many-streams", "You have as many streams open as one person may at one process of the gateway")
}
_METHODS = ("get", "post")


def document(api: FastAPI) -> Json:
    """The document, made once."""
    if api.openapi_schema is None:
        made = get_openapi(
            title=api.title,
            version=api.version,
            description=api.description,
            routes=api.routes,
            tags=api.openapi_tags,
        )
        _complete(made)
        api.openapi_schema = made
    return api.openapi_schema


def operations(schema: Json) -> Iterator[tuple[str, str, Json]]:
    """(path, method, operation) of all operations."""
    for path, item in schema["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def example_of(schema: Json, node: Json) -> Any:
    """A value that fits a schema node, from the examples of its fields. Raises KeyError where a field has none."""
    for key in ("examples", "example", "default", "const", "enum"):
        if key in node and not (key == "default" and node[key] is None):
            return node[key][0] if key in ("examples", "enum") else node[key]
    if "$ref" in node:
        return example_of(schema, schema["components"]["schemas"][node["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in node:
        return example_of(schema, node["anyOf"][0])
    if "allOf" in node:
        return example_of(schema, node["allOf"][0])
    if node.get("type") == "array":
        return [example_of(schema, node["items"])]
    if node.get("type") == "object" and "properties" in node:
        return {name: _example_at(schema, name, part) for name, part in node["properties"].items()}
    if "contentMediaType" in node:
        return "(the file's bytes)"
    if node.get("type") == "null":
        return None
    raise KeyError(f"no example for {node}")


def _example_at(schema: Json, name: str, node: Json) -> Any:
    try:
        return example_of(schema, node)
    except KeyError as error:
        raise KeyError(f"{name}: {error.args[0]}") from None


def _complete(made: Json) -> None:
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= _problem_schemas()
    for _, method, operation in operations(made):
        errors = dict(_ALWAYS)
        if operation.get("security"):
            errors |= _SIGNED_IN
        if method == "post":
            errors |= _CHANGING
        if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
            errors |= _WITH_FILE
        responses = operation["responses"]
        if "text/event-stream" in responses.get("200", {}).get("content", {}):
            errors |= _STREAMING
        responses.pop("422", None)
        for status, (code, description) in sorted(errors.items()):
            responses.setdefault(str(status), _error(status, code, description))
        _add_examples(made, operation)
    add_links(operations(made))


def _problem_schemas() -> Json:
    whole = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = whole.pop("$defs")
    return {
        "Problem": whole,
        **{model.__name__: parts[model.__name__] for model in (FieldProblem, CellProblem)},
    }


def _error(status: int, code: str, description: str) -> Json:
    example = {
        "type": type_of(code),
        "title": description,
        "status": status,
        "detail": description,
        "code": code,
        "instance": "/v1/…",
        "evidence": {},
        "errors": [],
    }
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    return {"description": description, "content": {MEDIA_TYPE: content}}


def _add_examples(made: Json, operation: Json) -> None:
    contents = [operation.get("requestBody", {}).get("content", {})]
    contents += [answer.get("content", {}) for answer in operation["responses"].values()]
    for content in contents:
        for media_type, shape in content.items():
            if "schema" in shape and "example" not in shape and media_type != MEDIA_TYPE:
                shape["example"] = example_of(made, shape["schema"])
