"""Bodies that are no honest JSON, for every operation that takes one.

given a body that nests 100,000 deep, as deep as the reader goes, or a little less
  it should be refused as a wrong request, never be our fault
given a number of 5 MB, not a number, twice the same name, broken UTF-8, another media type, another shape
  it should be refused, or read as JSON says
given a message for experts with whatever JSON holds, in each field of each kind of act
  it should be refused or drafted as it can be signed
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from ledger import kinds, typed
from tests.api.hostile.answers import proper
from tests.api.hostile.routes import Route, routes
from tests.api.hostile.town import Town
from tests.api.office import problem
from tests.support.actors import HUAIYUE, LANWAN, REGISTRAR

BODIES = [route for route in routes() if route.schema is not None]
SOME = BODIES[::7]
"""For what is large: it is read by the same few lines for all of them."""
TYPES = [*typed.TYPES, "ReturnLock", "ReportOverdue"]


def raw(town: Town, route: Route, content: bytes, kind: str = "application/json") -> httpx.Response:
    moment = town.moments[route.id]
    town.back(moment)
    headers = {"Content-Type": kind}
    return town.ask("POST", moment.who, moment.path, moment.role, content=content, headers=headers)


def nested(depth: int, name: str = "") -> bytes:
    """Lists in lists, or objects in objects."""
    if not name:
        return b"[" * depth + b"]" * depth
    return f'{{"{name}":'.encode() * depth + b"1" + b"}" * depth


@pytest.mark.parametrize("depth", [21, 199, 1_000, 200_000])
def test_deep_ones(town: Town, depth: int) -> None:
    for route in SOME:
        names = list(town.moments[route.id].body or {"deadline": 1})
        for content in (nested(depth), nested(depth, names[0]), nested(depth, "x")):
            answer = raw(town, route, content)
            proper(route, answer)
            assert answer.status_code in (400, 422), answer.text[:500]


@pytest.mark.parametrize("depth", [10, 199, 1_000, 200_000])
def test_deep_messages_for_experts(town: Town, depth: int) -> None:
    route = town.moments["draftAct"].route
    for inner in (nested(depth), nested(depth, "x")):
        for field in ("party", "evidence", "salt", "nothing"):
            content = b'{"kind":"Suspend","message":{"%s":%s}}' % (field.encode(), inner)
            answer = raw(town, route, content)
            proper(route, answer)
            assert answer.status_code in (400, 422), answer.text[:500]


HUGE = b"9" * 5_000_000
ODD = [
    b"",
    b"null",
    b"true",
    b'"text"',
    b"1",
    HUGE,
    b"-" + HUGE,
    b"1e" + b"9" * 1000,
    b"NaN",
    b"[]",
    b"[{}]",
    b"{",
    b"}",
    b'{"a":1,}',
    b"{'a':1}",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b'{"a":"\xff"}',
    '{"a":1}'.encode("utf-16"),
    b'{"a":"\\ud800"}',
    b'{"\\u0000":1}',
    b'{"a":' + HUGE + b"}",
    b'{"a":"' + HUGE + b'"}',
    b'{"' + HUGE + b'":1}',
    b"{" + b",".join(b'"%d":1' % number for number in range(100_000)) + b"}",
    b"[" + b"1," * 1_000_000 + b"1]",
    b"/* */ {}",
    b"\0",
    b"a=1&b=2",
]


@pytest.mark.parametrize("content", ODD, ids=lambda content: repr(content[:12]))
def test_odd_ones(town: Town, content: bytes) -> None:
    for route in SOME if len(content) > 1_000 else BODIES:
        answer = raw(town, route, content)
        proper(route, answer)
        assert answer.status_code in (201, 400, 422), answer.text[:500]
        assert len(answer.content) < 200_000


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "",
        "application/json; charset=gb18030",
    ],
)
def test_other_media_types(town: Town, kind: str) -> None:
    for route in BODIES:
        moment = town.moments[route.id]
        answer = raw(town, route, json.dumps(moment.body).encode(), kind)
        proper(route, answer)


def test_every_field_gets_every_kind_of_json(town: Town) -> None:
    """Of each body's fields, the whole of nested ones too."""
    values: list[Any] = [
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "x",
        [],
        {},
        [None],
        {"a": 1},
        [[]],
        2**70,
        "\u202e",
        [0] * 300,
    ]
    for route in BODIES:
        moment = town.moments[route.id]
        for name in moment.body or {}:
            for value in values:
                town.back(moment)
                proper(route, town.again(moment, body={**moment.body, name: value}))


@pytest.mark.parametrize("kind", TYPES)
def test_messages_for_experts(town: Town, kind: str) -> None:
    moment = town.moments["draftAct"]
    fields = [name for name, _ in typed.TYPES.get(kind, [("lock", ""), ("issuance", "")])]
    values: list[Any] = [
        "0", "-1", "1", str(2**48), str(2**96), str(2**256), "x", "", "0x", "0x" + "00" * 32, "0x" + "00" * 16,
        "0x" + "ff" * 20, None, True, 1, 1.5, float("nan"), [], {}, [{}], ["1"], [None], [["0x"]], "１",
        "1e3", "\0", "9" * 5000,
    ]  # fmt: skip
    whole = [dict.fromkeys(fields, value) for value in values]
    single = [{**whole[0], name: value} for name in fields for value in values]
    for number, message in enumerate([*whole, *single]):
        town.back(moment)
        content = json.dumps({"kind": kind, "message": message})
        headers = {"Content-Type": "application/json"}
        who = (REGISTRAR, LANWAN, HUAIYUE)[number % 3]
        proper(moment.route, town.ask("POST", who, "/acts", content=content, headers=headers))


@pytest.mark.parametrize(
    "kind", ["", "offer", "Nothing", "__class__", "Accept", "Child", "EIP712Domain", "../", "x" * 10_000]
)
def test_no_such_kind(town: Town, kind: str) -> None:
    assert kind not in kinds.KINDS
    answer = town.post(REGISTRAR, "/acts", {"kind": kind, "message": {}})
    assert answer.status_code in (404, 422), answer.text
    proper(town.moments["draftAct"].route, answer)


def test_the_problem_of_a_huge_body_is_short(town: Town) -> None:
    answer = raw(town, town.moments["offer"].route, b'{"ticket":"' + HUGE + b'","' + HUGE[:100] + b'":1}')
    assert len(problem(answer, 422, "invalid-request")["errors"]) > 1
    assert len(answer.content) < 5_000
