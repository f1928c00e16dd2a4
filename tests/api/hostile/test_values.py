"""Values that are wrong, in every place of every body where one of their kind stands, in a request that succeeds else.

given an amount of fen
  when it is negative, too large, a float, in exponents, in other digits or not a text: it should be refused and named
given a whole number
  when it is a text, a float, true, out of range or beyond 64 bits: it should be refused and named
given an id
  when it is shorter, longer, in other digits, in capitals or a path: it should be refused, or nothing be found
given a date or time
  when it does not exist, lies far off or is no text: it should be refused, or heard by the rule
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.hostile.answers import proper
from tests.api.hostile.audience import ids
from tests.api.hostile.routes import Place, Route, fits, leaves, put, routes
from tests.api.hostile.town import Town
from tests.support.actors import HUAIYUE

BODIES = [route for route in routes() if route.schema is not None]
WITH_PATHS = [route for route in routes() if route.ids]
FEN = "^(0|[1-9][0-9]*)$"

AMOUNTS: list[Any] = [
    "-1", str(2**96), "9" * 5000, "1e3", "１２", "٣", "1.0", "1.5", "01", "+1", " 1", "1 ", "1_000", "1,000", "0x10",
    "", "NaN", "Infinity", "1\n", "−1", 1, 0, -1, 1.5, 1e3, True, None, [], {}, ["1"],
]  # fmt: skip
NUMBERS: list[Any] = [
    "7", "", 7.5, 1e3, True, False, -1, 2**48, 2**63, 2**64, -(2**63), 10**400, None, [], {}, [7], "７",
]  # fmt: skip
IDS: list[Any] = [
    "", "0x", "0x00", "5c" * 32, "0x" + "5c" * 33, "0x" + "g" * 64, "0X" + "5c" * 32, "0x" + "５" * 64, "../../etc",
    "0x" + "5c" * 32 + "\n", "0x" + "00" * 32, "0x" + "ff" * 32, 0, 7, None, [], {}, True, "0x" + "5c" * 100_000,
]  # fmt: skip
TIMES: list[Any] = [
    "", "tomorrow", "2026-02-30", "2026-13-01T00:00:00Z", "0000-01-01", "0001-01-01T00:00:00Z", "9999-12-31",
    "9999-12-31T23:59:59-12:00", "10000-01-01", "２０２６-12-01", "2026-12-01T24:00:00Z", "2026-12-01T00:00:60Z",
    "1970-01-01T00:00:00Z", "-001-01-01", 0, 1e10, None, [], {}, True, "2026-12-01T00:00:00+99:99",
]  # fmt: skip
QUERIES = [
    "", "\0", "-1", "0", "201", "1e3", "１", str(2**64), "9" * 5000, "' OR 1=1--", "x" * 10_000, "\x1b", "null", "true",
    "2026-02-30", "0001-01-01", "9999-12-31", "%", "W10", "WzFd", "W251bGxd", "eyJhIjoxfQ", "W3siMHgiOiJ6eiJ9XQ",
    "WzFlNDAwXQ", "W05hTl0", "WzE4NDQ2NzQ0MDczNzA5NTUxNjE2LCIweCJd", "W1tbMV1dXQ",
]  # fmt: skip


def places(route: Route, body: Any, kind: str) -> list[Place]:
    """Where values of a kind stand."""
    return [at for at, schema, _ in leaves(route.schema or {}, body) if _kind(schema) == kind]


def _kind(schema: dict[str, Any]) -> str:
    pattern, kind = schema.get("pattern", ""), schema.get("type", "")
    if pattern == FEN:
        return "amount"
    if "0x" in pattern or pattern.startswith("^[0-9a-f]"):
        return "id"
    if "Date" in schema.get("description", "") or "2027-" in str(schema.get("examples")):
        return "time"
    return "number" if kind == "integer" else kind


def refused(town: Town, route: Route, kind: str, values: list[Any], harmless: tuple[Any, ...] = ()) -> None:
    """Each value in each place: refused with a problem that names the place; `harmless` may be taken or left out."""
    moment = town.moments[route.id]
    for at in places(route, moment.body, kind):
        for value in values:
            town.back(moment)
            answer = town.again(moment, body=put(moment.body, at, value))
            proper(route, answer)
            if value not in harmless or type(value) is bool:
                assert answer.status_code == 422, f"{at} = {value!r}: {answer.text[:500]}"
                named = [error["field"] for error in answer.json()["errors"]]
                assert ".".join(map(str, at)) in named, f"{at} = {value!r}: {named}"


@pytest.mark.parametrize("route", BODIES, ids=str)
def test_amounts(route: Route, town: Town) -> None:
    refused(town, route, "amount", AMOUNTS, harmless=(None,))


@pytest.mark.parametrize("route", BODIES, ids=str)
def test_whole_numbers(route: Route, town: Town) -> None:
    # in range for some fields, or for an optional one left out
    refused(town, route, "number", NUMBERS, harmless=(1e3, None))


@pytest.mark.parametrize("route", BODIES, ids=str)
def test_ids(route: Route, town: Town) -> None:
    zeros = ("0x" + "00" * 32, "0x" + "ff" * 32)
    refused(town, route, "id", IDS, harmless=(None, *zeros, "5c" * 32, ""))


@pytest.mark.parametrize("route", BODIES, ids=str)
def test_times(route: Route, town: Town) -> None:
    moment = town.moments[route.id]
    for at in places(route, moment.body, "time"):
        for value in TIMES:
            town.back(moment)
            answer = town.again(moment, body=put(moment.body, at, value))
            proper(route, answer)
            if not isinstance(value, str) and value is not None:
                assert answer.status_code == 422, f"{at} = {value!r}: {answer.text[:500]}"


@pytest.mark.parametrize("route", WITH_PATHS, ids=str)
def test_ids_in_paths(route: Route, town: Town) -> None:
    for name in route.ids:
        for value in ("%00", "..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%ff", "%E5%B2%9A", "0x", "-1", "1e3", "１",
                      "0", str(2**48), str(2**64), "9" * 5000, "0x" + "0" * 64, "0x" + "0" * 32, "'%20OR%201=1--",
                      "{id}", "%7B%7B7*7%7D%7D", "%0d%0aSet-Cookie:a=b", "*", "null", ";", "%3f", "%23"):  # fmt: skip
            body = {} if route.method == "GET" or route.file else {"json": route.body}
            path = route.at(**{name: value})
            answer = town.ask(route.method, HUAIYUE, path, **body)
            if answer.status_code != 404 or answer.json()["code"] != "no-such-path":
                proper(route, answer)
            assert answer.status_code in (404, 405, 422, 403, 409), answer.text
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("route", [route for route in routes() if route.query], ids=str)
def test_queries(route: Route, town: Town) -> None:
    everything = [one.value for one in town.book.read(ids)]
    paths = [
        route.at(**{name: value})
        for name in route.ids
        for value in everything
        if fits(route.ids[name], value)
    ]
    there = next((path for path in paths if town.get(HUAIYUE, path).status_code == 200), route.at())
    for name in route.query:
        for value in QUERIES:
            params = [(name, value), (name, value)] if value == "true" else {name: value}
            proper(route, town.ask("GET", HUAIYUE, there, params=params))
    proper(route, town.ask("GET", HUAIYUE, there, params={"no_such": "x", "": ""}))
