"""What concerns others is not there. The pairs come from the OpenAPI document and from all ids of a filled ledger.

given every endpoint that takes an id, and every id that could be meant
  when a company asks that it does not concern: it should look as if there were no such thing
  when it may look: it should find nothing of others in what it sees
given every list, with every filter
  when a company walks through its pages: it should find nothing of others
  when it goes on from where another one has stopped: it should find nothing of others either
given every endpoint that changes something
  when the id of something is given that does not concern the company, in its path, body or form: it should be refused,
    and the refusal tell nothing of it
  when such an id stands in a request of the company's own that would succeed without it: it should be refused, too
given an endpoint that nothing in the filled ledger answers to
  it should be said, since it is untested then
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import httpx
import pytest

from ledger.clock import shanghai_date
from ledger.records import Act, Issuance, Leg, Participant, Replacement, StoredDocument
from tests.api.hostile import audience
from tests.api.hostile.audience import Id, ids
from tests.api.hostile.desk import Moment
from tests.api.hostile.routes import FILE, Route, fits, leaves, put, routes
from tests.api.hostile.town import Town
from tests.api.live import KNOWN
from tests.support.actors import Party

GETS = [route for route in routes() if route.method == "GET" and route.guarded]
POSTS = [route for route in routes() if route.method == "POST"]
ONE = [route for route in GETS if route.ids]
MANY = [route for route in GETS if not route.ids and route.id != "streamActs"]
"""What the stream tells to whom is in tests/api/test_stream.py."""
PAGED = [route for route in MANY if {"limit", "cursor"} <= route.query.keys()]
EVERYBODY = frozenset(party.id for party in KNOWN)
Rule = Callable[[Any, Id], set[int] | frozenset[int]]

AUDIENCES: dict[str, Rule] = {
    "getParticipant": lambda store, one: EVERYBODY,
    "getProfile": lambda store, one: one.audience | audience.payers(store, int(one.value)),
    "getLimit": lambda store, one: (
        one.audience | audience.PANEL_IDS | {store.need(Participant, int(one.value)).clearing_bank}
    ),
    "getLock": lambda store, one: audience.of_lock(store, bytes.fromhex(str(one.value)[2:])),
    "getReplacement": lambda store, one: audience.of_replacement(
        store, store.need(Issuance, bytes.fromhex(str(one.value)[2:]))
    ),
}
"""Where it is not simply those whom the thing concerns."""

ANYBODY = {"returnLock": "nobody signs", "reportOverdue": "nobody signs"}
PANELS = {
    "freeze": "a court names the ticket",
    "unfreeze": "a court names the ticket",
    "waive": "for any core",
}
"""Changes that others than those concerned may draft, and why."""
ANYTHING = ("evidence",)
"""Fields of a body that hold the hash of any paper."""


def pages(town: Town, who: Party, path: str, params: dict[str, Any]) -> Iterator[httpx.Response]:
    """A list, page by page."""
    cursor = ""
    while cursor is not None:
        asked = params | ({"cursor": cursor} if cursor else {})
        answer = town.ask("GET", who, path, params=asked)
        yield answer
        cursor = answer.json().get("next") if answer.status_code == 200 else None


def silent(town: Town, who: Party, answer: httpx.Response) -> None:
    """Nothing in an answer is others' business."""
    found = town.overheard(who, answer.text)
    assert not found, f"{who.name} reads {found} at {answer.request.url}: {answer.text[:2000]}"
    assert answer.status_code < 500, answer.text


def unknown(answer: httpx.Response, id_: object) -> tuple[Any, ...]:
    """What a 404 says, without the id that was asked for."""
    body = answer.json()
    plain = str(id_).removeprefix("0x")
    told = [
        str(body[name]).replace(f"0x{plain}", "ID").replace(plain, "ID")
        for name in ("code", "title", "detail", "evidence")
    ]
    return (answer.status_code, *told)


@pytest.mark.parametrize("route", ONE, ids=str)
def test_an_id_that_is_not_mine_looks_like_none(route: Route, town: Town) -> None:
    [(name, schema)] = route.ids.items()
    rule = AUDIENCES.get(route.id, lambda _, one: one.audience)
    candidates = [one for one in town.book.read(ids) if fits(schema, one.value)]
    answered = 0
    for one in candidates:
        path = route.at(**{name: one.value})
        allowed = town.book.read(partial(rule, one=one))
        for who in KNOWN:
            answer = town.get(who, path)
            silent(town, who, answer)
            answered += answer.status_code == 200
            if who.id not in allowed:
                assert answer.status_code == 404, f"{who.name} sees {one} at {path}: {answer.text[:500]}"
    nothing = nowhere(candidates[0].value)
    for who in KNOWN:
        for one in candidates:
            if who.id not in town.book.read(partial(rule, one=one)):
                real, none = (town.get(who, route.at(**{name: value})) for value in (one.value, nothing))
                assert unknown(real, one.value) == unknown(none, nothing)
                break
    assert answered, f"{route.id}: nothing in the filled ledger answers; add one to Town"


def nowhere(like: str | int) -> str | int:
    """An id of the same shape that nothing has."""
    if isinstance(like, int):
        return 2**40
    return "0x" + "0123456789abcdef" * (len(like) // 16) if like.startswith("0x") else "fedcba98" * 3


@pytest.mark.parametrize("route", MANY, ids=str)
def test_lists_hold_what_is_mine(route: Route, town: Town) -> None:
    for params in (*filters(route), *worded(route, town)):
        for who in KNOWN:
            for answer in pages(town, who, route.path, params):
                silent(town, who, answer)
                assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("route", PAGED, ids=str)
def test_where_others_have_stopped_reading_begins_nothing_of_theirs(route: Route, town: Town) -> None:
    """A cursor holds the id of the row that came last: another company goes on from it in its own list only."""
    cursors = {
        who.id: [answer.json()["next"] for answer in islice(pages(town, who, route.path, {"limit": 1}), 3)]
        for who in KNOWN
    }
    for who in KNOWN:
        mine = [row for answer in pages(town, who, route.path, {}) for row in rows(answer)]
        for cursor in {one for owner, found in cursors.items() if owner != who.id for one in found if one}:
            answer = town.ask("GET", who, route.path, params={"cursor": cursor})
            silent(town, who, answer)
            assert answer.status_code == 200, answer.text
            assert all(row in mine for row in rows(answer))


def test_words_of_filters_are_found_in_the_book(town: Town) -> None:
    """Else `worded` would try nothing."""
    assert {name for route in MANY for params in worded(route, town) for name in params} == {
        *("kind", "state", "date", "from", "to")
    }


def rows(answer: httpx.Response) -> list[Any]:
    """Of a page; a list is the only one in its answer."""
    [found] = [value for value in answer.json().values() if isinstance(value, list)]
    return list(found)


def worded(route: Route, town: Town) -> Iterator[dict[str, Any]]:
    """Filters that take a word: each word that the book has in such a place, and ids, which are no such words."""

    def words(store: Any) -> dict[str, set[str]]:
        dates = {shanghai_date(issuance.due).isoformat() for issuance in store.find(Issuance)}
        kinds = {one.kind for record in (Act, StoredDocument) for one in store.find(record)}
        states = {leg.state for leg in store.find(Leg)}
        return {"kind": kinds, "state": states, "date": dates, "from": dates, "to": dates}

    there = town.book.read(words)
    foreign = next(str(one.value) for one in town.book.read(ids) if one.kind == "ticket")
    for name in route.query.keys() & there.keys():
        if not any("enum" in kind for kind in route.query[name].get("anyOf", [route.query[name]])):
            yield from ({name: word} for word in sorted(there[name]))
        if name == "kind":
            yield {name: foreign[:40]}


def filters(route: Route) -> Iterator[dict[str, Any]]:
    """No filter, each value of each one that has a list of them, and small pages."""
    yield {}
    if "limit" in route.query:
        yield {"limit": 1}
    for name, schema in route.query.items():
        kinds = [schema, *schema.get("anyOf", [])]
        values = [value for kind in kinds for value in kind.get("enum", [])]
        if any(kind.get("type") == "boolean" for kind in kinds):
            values = [True, False]
        yield from ({name: value} for value in values)


@pytest.mark.parametrize("route", [route for route in POSTS if route.id != "draftAct"], ids=str)
def test_nothing_is_done_with_what_is_not_mine(route: Route, town: Town) -> None:
    for number, (path, body, one) in enumerate(attempts(route, town)):
        strangers = [who for who in KNOWN if who.id not in one.audience]
        # each attempt by some of them, so that all of them come round
        for who in strangers[number % 4 :: 4]:
            answer = send(town, who, route, path, body)
            silent(town, who, answer)
            if one.kind != "participant" and not may(route, who, town):
                assert answer.status_code >= 400, f"{who.name} did {route.id} with {one}: {answer.text[:500]}"


@pytest.mark.parametrize("route", [route for route in POSTS if route.id != "draftAct"], ids=str)
def test_what_is_not_mine_in_a_request_of_mine(route: Route, town: Town) -> None:
    """The request that once succeeded, with one id in it that does not concern who sent it."""
    moment = town.moments[route.id]
    town.back(moment)
    for path, body, one in swapped(moment, town):
        if moment.who.id in one.audience or one.kind == "participant" or may(route, moment.who, town):
            continue
        town.back(moment)
        answer = town.again(moment, path=path, **({"data": body} if route.file else {"body": body}))
        assert 400 <= answer.status_code < 500, (
            f"{moment.who.name} did {path} with {one}: {answer.text[:500]}"
        )


def swapped(moment: Moment, town: Town) -> Iterator[tuple[str, Any, Id]]:
    """As `attempts`, out of a request that succeeded, with what there was before it."""
    route, body = moment.route, moment.data if moment.files else moment.body
    sent = route.content[FILE]["schema"] if route.file else route.schema
    [values] = re.findall(re.sub(r"{\w+}", "([^/]+)", route.path) + "$", moment.path) if route.ids else [()]
    real = dict(zip(route.ids, [values] if isinstance(values, str) else values, strict=True))
    for one in town.book.read(ids):
        for name, schema in route.ids.items():
            if fits(schema, one.value):
                yield route.at(**{**real, name: one.value}), body, one
        for at, schema, _ in leaves(sent, body) if sent else ():
            if at[-1] not in ANYTHING and fits(schema, one.value) and not text(schema):
                yield moment.path, put(body, at, one.value), one


def may(route: Route, who: Party, town: Town) -> bool:
    """Whether a company may draft this about what does not concern it (yet)."""
    coming = town.book.read(lambda store: {one.bank for one in store.find(Replacement)})
    return (
        route.id in ANYBODY
        or (route.id in PANELS and who.id in audience.PANEL_IDS)
        or (route.id == "completeReplacement" and who.id in coming)
    )


def attempts(route: Route, town: Town) -> Iterator[tuple[str, Any, Id]]:
    """(path, body, id) with each id in each place where it fits, in the path or in the body."""
    everything = town.book.read(ids)
    body = town.moments[route.id].data if route.file else now(route.body)
    sent = route.content[FILE]["schema"] if route.file else route.schema
    for name, schema in route.ids.items():
        for one in everything:
            if fits(schema, one.value):
                yield route.at(**{name: one.value}), body, one
    for at, schema, _ in leaves(sent, body) if sent else ():
        for one in everything if at[-1] not in ANYTHING else ():
            if fits(schema, one.value) and not text(schema):
                yield from ((path, put(body, at, one.value), one) for path in own(route, town))


def own(route: Route, town: Town) -> list[str]:
    """Paths that come as far as the body: without ids one, else each kind's first."""
    if not route.ids:
        return [route.path]
    found: dict[str, Id] = {}
    for one in town.book.read(ids):
        found.setdefault(one.kind, one)
    return [
        route.at(**{name: one.value})
        for name, schema in route.ids.items()
        for one in found.values()
        if fits(schema, one.value)
    ]


def text(schema: dict[str, Any]) -> bool:
    """Whether any text fits here, so that no id is meant."""
    return schema.get("type") == "string" and "pattern" not in schema


def now(body: Any) -> Any:
    """An example body without the times of its writing, which lie behind the ledger's."""
    if isinstance(body, dict):
        return {name: now(value) for name, value in body.items() if name not in ("deadline", "until")}
    return body


def send(town: Town, who: Party, route: Route, path: str, body: Any) -> httpx.Response:
    if not route.file:
        return town.post(who, path, body)
    return town.post(who, path, files=town.moments[route.id].files, data=body)
