"""What is refused wherever it comes in: bodies by `api.models.fields.In`, paths and queries by `storable`.

Text that no database keeps: NUL, which PostgreSQL refuses, and halves of surrogate pairs, which are no characters.
And JSON that nobody means: so deep or with so many values that only reading it would hold up everybody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
PROBLEM = "it holds a NUL or half a character, which can't be kept; type it again"
MOST_VALUES = 20_000
"""Of a body: more than 2,000 paid and 2,000 returned lines have."""
MOST_FIELDS = 64
"""Of one object: more than any has. The validation would name each one too many."""
DEEPEST = 20
"""Lists and objects inside one another."""

Place = tuple[int | str, ...]


def unstorable(value: Any, at: Place = ()) -> Iterator[tuple[Place, str]]:
    """Each text of a JSON value, names of fields included, that can't be kept: where it stands, and what it is."""
    waiting: list[tuple[Place, Any]] = [(at, value)]
    while waiting:
        place, found = waiting.pop()
        if isinstance(found, str):
            if _UNSTORABLE.search(found):
                yield place, found
        elif isinstance(found, dict | list):
            waiting += reversed([*_parts(place, found)])


def _parts(at: Place, value: dict[str, Any] | list[Any]) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, list):
        yield from (((*at, place), item) for place, item in enumerate(value))
        return
    for name, item in value.items():
        yield at, name
        yield (*at, name), item


def overweight(value: Any) -> str:
    """What is too much about a JSON value, with the way out; "" if nothing is."""
    level, count = [value], 0
    for _ in range(DEEPEST):
        parts = [item for item in level if isinstance(item, dict | list)]
        count += sum(len(part) for part in parts)
        if count > MOST_VALUES:
            return f"it has more than {MOST_VALUES} values; send several requests"
        if any(isinstance(part, dict) and len(part) > MOST_FIELDS for part in parts):
            return f"an object has more than {MOST_FIELDS} fields; leave out what is not described"
        level = [item for part in parts for item in (part.values() if isinstance(part, dict) else part)]
        if not level:
            return ""
    return f"it is nested more than {DEEPEST} deep; send it as it is described"


async def storable(request: Request) -> None:
    """Refuses a path or a query with such text. Raises RequestValidationError."""
    given = [("path", *pair) for pair in request.path_params.items()]
    given += [("query", *pair) for pair in request.query_params.multi_items()]
    wrong = [(place, name, value) for place, name, value in given if any(unstorable([name, value]))]
    if wrong:
        raise RequestValidationError(
            [
                {"type": "unstorable", "loc": (place, name), "msg": PROBLEM, "input": value}
                for place, name, value in wrong
            ]
        )
