"""Answers held against the OpenAPI document."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs

from tests.api.hostile.routes import SCHEMA, Route

_BARE = re.compile("[0-9a-f]{32}|[0-9a-f]{64}")
"""A text that is an id or a hash, and does not say so."""


def proper(route: Route, answer: httpx.Response) -> None:
    """An answer that the document foresees, and that is not our fault."""
    where = f"{route.id}: {answer.request.method} {answer.request.url} → {answer.status_code} {answer.text[:1500]}"
    assert answer.status_code < 500, where
    documented = route.operation["responses"]
    assert str(answer.status_code) in documented, f"a status that the document does not name; {where}"
    content = documented[str(answer.status_code)].get("content", {})
    kind = answer.headers.get("content-type", "").split(";")[0]
    assert kind in content, f"a media type that the document does not name: {kind}; {where}"
    if kind.endswith("json"):
        wrong = list(_validator(route.id, answer.status_code, kind).iter_errors(answer.json()))
        evidence = map(str, answer.json().get("evidence", {}).values())
        bare = [one for one in evidence if _BARE.fullmatch(one)]
        # a wrong value goes back as it came
        assert not bare or bare[0].encode() in answer.request.content, f"an id without 0x: {bare}; {where}"
        assert not wrong, f"{[str(one.message)[:300] for one in wrong[:5]]}; {where}"


@cache
def _validator(id_: str, status: int, kind: str) -> Any:
    from tests.api.hostile.routes import routes

    route = next(one for one in routes() if one.id == id_)
    schema = route.operation["responses"][str(status)]["content"][kind]["schema"]
    return jsonschema_rs.Draft202012Validator({**schema, "components": SCHEMA["components"]})
