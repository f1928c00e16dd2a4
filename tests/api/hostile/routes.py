"""The operations of the OpenAPI document, so that a new endpoint is tested without being named here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.main import create_app
from api.openapi import operations

Json = dict[str, Any]

SCHEMA: Json = create_app(None).openapi()  # type: ignore[arg-type]
FILE = "multipart/form-data"


@dataclass(frozen=True)
class Route:
    """One operation. `path` holds its parameters in braces; `ids`: name → schema of those parameters."""

    id: str
    method: str
    path: str
    operation: Json
    ids: Mapping[str, Json]
    query: Mapping[str, Json]

    @property
    def guarded(self) -> bool:
        """Whether it wants an API key."""
        return bool(self.operation.get("security"))

    @property
    def file(self) -> bool:
        """Whether a file is sent."""
        return FILE in self.content

    @property
    def content(self) -> Json:
        """Media type → shape of the request's body."""
        return self.operation.get("requestBody", {}).get("content", {})  # type: ignore[no-any-return]

    @property
    def body(self) -> Any:
        """The example of its JSON body, None without one."""
        return self.content.get("application/json", {}).get("example")

    @property
    def schema(self) -> Json | None:
        """The schema of its JSON body."""
        return self.content.get("application/json", {}).get("schema")  # type: ignore[no-any-return]

    def at(self, **values: object) -> str:
        """The path with these parameters, and the examples for the others."""
        given = {name: str(_example(schema)) for name, schema in self.ids.items()}
        given |= {name: str(value) for name, value in values.items()}
        return self.path.format(**given)

    def __str__(self) -> str:
        return self.id


def routes() -> list[Route]:
    """All of them."""
    return [_route(*found) for found in operations(SCHEMA)]


def resolved(schema: Json) -> Json:
    """A schema node behind its reference."""
    while "$ref" in schema:
        schema = SCHEMA["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def fits(schema: Json, value: object) -> bool:
    """Whether an id is of the shape that a parameter wants."""
    schema = resolved(schema)
    if "anyOf" in schema:
        return any(fits(one, value) for one in schema["anyOf"])
    if schema.get("type") == "integer":
        return isinstance(value, int)
    pattern = schema.get("pattern", "")
    return isinstance(value, str) and bool(pattern) and re.fullmatch(pattern, value) is not None


Place = tuple[str | int, ...]


def leaves(schema: Json, example: Any, at: Place = ()) -> Iterator[tuple[Place, Json, Any]]:
    """(place, schema, value) of each plain value of an example body, optional ones that are left out included."""
    schema = resolved(schema)
    if "anyOf" in schema:
        schema = resolved(next(one for one in schema["anyOf"] if one.get("type") != "null"))
    if "properties" in schema:
        for name, part in schema["properties"].items():
            value = example.get(name) if isinstance(example, Mapping) else None
            yield from leaves(part, value, (*at, name))
    elif schema.get("type") == "array":
        items = example if isinstance(example, list) and example else [None]
        yield from leaves(schema["items"], items[0], (*at, 0))
    else:
        yield at, schema, example


def put(body: Any, at: Place, value: Any) -> Any:
    """A copy of a body with another value at a place, made where it is not there yet."""
    if not at:
        return value
    key, rest = at[0], at[1:]
    if isinstance(key, int):
        items = list(body) if isinstance(body, list) else []
        items += [None] * (key + 1 - len(items))
        items[key] = put(items[key], rest, value)
        return items
    made = dict(body) if isinstance(body, Mapping) else {}
    made[key] = put(made.get(key), rest, value)
    return made


def texts(found: Iterable[Route]) -> Iterator[tuple[Route, Place]]:
    """Each free text of each JSON body."""
    for route in found:
        if route.schema is None:
            continue
        for at, schema, _ in leaves(route.schema, route.body):
            if schema.get("type") == "string" and "pattern" not in schema and "enum" not in schema:
                yield route, at


def _route(path: str, method: str, operation: Json) -> Route:
    parameters = operation.get("parameters", [])
    given = {
        place: {one["name"]: one["schema"] for one in parameters if one["in"] == place}
        for place in ("path", "query")
    }
    return Route(
        id=operation["operationId"],
        method=method.upper(),
        path=path.removeprefix("/v1"),
        operation=operation,
        ids=given["path"],
        query=given["query"],
    )


def _example(schema: Json) -> Any:
    return schema["examples"][0] if "examples" in schema else "x"
