"""Text that no database keeps: NUL, which PostgreSQL refuses, and halves of surrogate pairs, which are no characters.

It is refused where it comes in, wherever that is: bodies by `api.models.fields.In`, paths and queries by `storable`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
PROBLEM = "it holds a NUL or half a character, which can't be kept; type it again"

Place = tuple[int | str, ...]


def unstorable(value: Any, at: Place = ()) -> Iterator[tuple[Place, str]]:
    """Each text of a JSON value, names of fields included, that can't be kept: where it stands, and what it is."""
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            yield at, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from unstorable(name, at)
            yield from unstorable(item, (*at, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from unstorable(item, (*at, place))


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
