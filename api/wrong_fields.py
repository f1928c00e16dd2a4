"""What the validation says of a wrong field, in words a treasury clerk can act on: what is wrong, and the way out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from api.models.problem import FieldProblem

_SHOWN = 80
_UNSHOWN = ("missing", "overweight")

# Type of the validation's error -> what is wrong, the way out. In braces: the bound that was passed.
_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("it is missing", "add it"),
    "extra_forbidden": ("there is no such field", "leave it out, or correct its name"),
    "json_invalid": ("this is not JSON", "correct the text; the position is given"),
    "string_type": ("it is not a text", "write it in quotation marks"),
    "string_unicode": ("it holds half a character, which can't be kept", "type it again"),
    "string_too_short": ("it is empty, or too short", "give at least {min_length} character(s)"),
    "string_too_long": ("it is too long", "give at most {max_length} character(s)"),
    "string_pattern_mismatch": ("it is not written as it has to be", "write it in the form {pattern}"),
    "list_type": ("it is not a list", "write it in square brackets"),
    "too_short": ("the list is too short", "give at least {min_length}"),
    "too_long": ("the list is too long", "give at most {max_length}"),
    "model_attributes_type": ("it is not an object", "write it in curly brackets, with its fields"),
    "model_type": ("it is not an object", "write it in curly brackets, with its fields"),
    "dict_type": ("it is not an object", "write it in curly brackets, with its fields"),
    "int_type": ("it is not a whole number", "write digits only, without quotation marks"),
    "int_parsing": ("it is not a whole number", "write digits only, for instance 20"),
    "int_parsing_size": ("the number is too large", "look for a slipped digit"),
    "int_from_float": ("it is not a whole number", "leave the decimals out"),
    "bool_type": ("it is neither true nor false", "write true or false"),
    "bool_parsing": ("it is neither true nor false", "write true or false"),
    "greater_than": ("it is too small", "give more than {gt}"),
    "greater_than_equal": ("it is too small", "give at least {ge}"),
    "less_than": ("it is too large", "give less than {lt}"),
    "less_than_equal": ("it is too large", "give at most {le}"),
    "literal_error": ("there is no such choice", "take one of {expected}"),
    "enum": ("there is no such choice", "take one of {expected}"),
}

# Part of what the reader of JSON says (`api.json_body`) -> what is wrong, the way out.
_NO_JSON: Mapping[str, tuple[str, str]] = {
    "recursion limit": ("it is nested too deep", "send it as /v1/openapi.json describes it"),
    "out of range": ("a number has too many digits", "look for what slipped in; amounts are texts"),
    "hex escape": ("it holds half a character, which can't be kept", "type it again"),
}


def wrong_field(item: Mapping[str, Any]) -> FieldProblem:
    """One error of the validation as an item of a problem's `errors`."""
    kind, place = str(item["type"]), [str(part) for part in item["loc"]]
    if kind == "json_invalid":  # its place is a number of characters, no field
        reason = str(item["ctx"]["error"])
        problem, way_out = next((said for part, said in _NO_JSON.items() if part in reason), _WORDS[kind])
        return FieldProblem(field="body", value=f"byte {place[-1]}", problem=problem, way_out=way_out)
    where = _shown(".".join(place[1:]) or place[0])
    problem, way_out = _words(kind, item)
    return FieldProblem(
        field=where if place[0] in ("body", "path") else f"{place[0]} {where}",
        value="" if kind in _UNSHOWN else _shown(item.get("input")),
        problem=problem,
        way_out=way_out,
    )


def split(message: str) -> tuple[str, str]:
    """What is wrong, and the way out, which stands behind the last semicolon."""
    problem, _, way_out = message.rpartition("; ")
    return (problem, way_out) if problem else (way_out, "correct it")


def _words(kind: str, item: Mapping[str, Any]) -> tuple[str, str]:
    if kind not in _WORDS:
        return split(str(item["msg"]))
    problem, way_out = _WORDS[kind]
    return problem, way_out.format_map(item.get("ctx") or {})


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
