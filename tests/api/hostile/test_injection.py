"""Texts that are commands elsewhere, in every free text of every body, in queries, paths and headers.

given a text with SQL in it, over a real database
  it should be kept as it is, or refused as over a book in memory; tables and what they hold stay
given a text with a template's expression or markup in it
  no answer and no document should have worked it out, and markup stand escaped
given control characters, or characters that look like others or turn the line round
  they should be refused, or kept as they are
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from ledger.book.db import SqlBook
from ledger.records import Act, StoredDocument
from tests.api.hostile.answers import proper
from tests.api.hostile.desk import Moment
from tests.api.hostile.routes import Place, put, routes, texts
from tests.api.hostile.town import Town
from tests.support.actors import HUAIYUE
from tests.support.books import KIND, place

PLACES: dict[str, list[Place]] = {}
for _route, _place in texts(one for one in routes() if one.method == "POST"):
    PLACES.setdefault(_route.id, []).append(_place)
LISTS = [route for route in routes() if route.method == "GET" and route.guarded]

SQL = [
    "' OR '1'='1",
    "x'); DROP TABLE act; --",
    '"; DELETE FROM ticket; --',
    "%' UNION SELECT 1 --",
    ":id",
    "a\\' --",
]
TEMPLATES = [
    "{{7*7777}}", "${7*7777}", "#{7*7777}", "<%= 7*7777 %>", "{%print(7*7777)%}", "{0.__class__.__init__.__globals__}",
    "%(x)s%n", "<script>alert(7)</script>", "\"><img src=x onerror=alert(7)>", "javascript:alert(7)", "&l9;",
]  # fmt: skip
_HEX = re.compile("0x[0-9a-f]{16,}")
WORKED_OUT = ("54439", "<script>alert", "<img src=x", "'__init__':", "<class ")
CONTROL = ["\0", "a\x1b[2J", "a\rb", "a\nb", "a\x08", "a\x7f", "\u202eabc", "a\u2028b", "\ufeffa", "a\u200bb"]
UNICODE = ["ａ１", "é", "e\u0301", "𠮷", "👨‍👩‍👧", "ﷺ", "Ⅷ", "İ", "ß" * 100, "\ufffd", "\U0010ffff"]


@contextmanager
def on_a_database(town: Town, moment: Moment) -> Iterator[SqlBook]:
    """Back at a moment, over a real database that holds what was there."""
    town.back(moment)
    app: Any = town.client.app
    with place("postgresql" if KIND == "postgresql" else "sqlite") as address:
        book = SqlBook(address)
        rows = [record for table in moment.kept.values() for record in table.values()]
        book.write(lambda store: [store.put(record) for record in rows])
        before, app.book = app.book, book
        try:
            yield book
        finally:
            app.book = before
            book.close()


def with_text(town: Town, moment: Moment, at: Place, text: str) -> httpx.Response:
    answer = town.again(moment, body=put(moment.body, at, text))
    proper(moment.route, answer)
    return answer


def test_there_are_texts_to_try() -> None:
    assert sum(len(found) for found in PLACES.values()) > 40


@pytest.mark.parametrize("id_", PLACES)
def test_sql(id_: str, town: Town) -> None:
    moment = town.moments[id_]
    expected: dict[tuple[Place, str], int] = {}
    for at in PLACES[id_]:
        for text in SQL:
            town.back(moment)
            expected[at, text] = with_text(town, moment, at, text).status_code
    with on_a_database(town, moment) as book:
        acts = book.read(lambda store: store.count(Act))
        documents = book.read(lambda store: store.count(StoredDocument))
        one_after_another_differs = 409  # the first one may have used up what the next wants
        for (at, text), status in expected.items():
            assert with_text(town, moment, at, text).status_code in (status, one_after_another_differs), (
                at,
                text,
            )
        assert book.read(lambda store: store.count(Act)) >= acts
        assert book.read(lambda store: store.count(StoredDocument)) >= documents


@pytest.mark.parametrize("text", SQL)
def test_sql_in_paths_queries_and_headers(text: str, town: Town) -> None:
    moment = max(town.moments.values(), key=lambda one: sum(map(len, one.kept.values())))
    with on_a_database(town, moment):
        usual = town.ask("GET", HUAIYUE, "/acts").json()
        for route in LISTS:
            for name in route.query:
                proper(route, town.ask("GET", HUAIYUE, route.at(), params={name: text}))
            for name in route.ids:
                answer = town.ask(
                    "GET", HUAIYUE, route.at(**{name: text.replace("%", "%25").replace("#", "%23")})
                )
                assert answer.status_code in (404, 422), answer.text
        key = text.replace(" ", "_")
        answer = town.again(moment, headers={"Idempotency-Key": key})
        proper(moment.route, answer)
        assert town.ask("GET", HUAIYUE, "/acts").json()["items"], "nothing was deleted"
        assert {one["id"] for one in usual["items"]} - _acts(town) == set()


def _acts(town: Town) -> set[str]:
    found: dict[str, Any] = {"next": ""}
    ids: set[str] = set()
    while found["next"] is not None:
        params = {"cursor": found["next"]} if found["next"] else {}
        found = town.ask("GET", HUAIYUE, "/acts", params=params).json()
        ids |= {one["id"] for one in found["items"]}
    return ids


@pytest.mark.parametrize("id_", PLACES)
def test_templates_and_markup(id_: str, town: Town) -> None:
    moment = town.moments[id_]
    for at in PLACES[id_]:
        for text in TEMPLATES:
            town.back(moment)
            before = _documents(town)
            answer = with_text(town, moment, at, text)
            if "{0." not in text:
                assert "54439" not in _worded(answer)
            for hash_ in _documents(town) - before:
                found = town.ask("GET", moment.who, f"/documents/0x{hash_.hex()}")
                if found.status_code == 200:
                    assert not [bad for bad in WORKED_OUT if bad in _worded(found)], (at, text)


def _worded(answer: httpx.Response) -> str:
    """The answer without ids and hashes, which hold any digits by chance."""
    return _HEX.sub("0x", answer.text)


def _documents(town: Town) -> set[bytes]:
    return {one.hash for one in town.book.read(lambda store: store.find(StoredDocument))}


@pytest.mark.parametrize("id_", PLACES)
def test_characters_that_nobody_sees(id_: str, town: Town) -> None:
    moment = town.moments[id_]
    for at in PLACES[id_]:
        for text in CONTROL:
            town.back(moment)
            answer = with_text(town, moment, at, text)
            assert answer.status_code == 422, f"{at} {text!r}: {answer.text[:300]}"


@pytest.mark.parametrize("id_", PLACES)
def test_other_writing(id_: str, town: Town) -> None:
    moment = town.moments[id_]
    for at in PLACES[id_]:
        for text in UNICODE:
            town.back(moment)
            with_text(town, moment, at, text)
