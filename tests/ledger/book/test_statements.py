"""Records as rows.

given records of one kind, of which good ones have been written
    when one has a value of the wrong type or size
        it should be refused, and the field named, however many good ones came before
    when one has an enum
        it should become its plain value
    when the same record is written with and without the short cut
        it should give the same row
    when it is compared with the one that is there
        what differs should be named, and JSON in any case
    when only what differs is set
        the parameters should be those fields' and the key's, in the SQL's order
    when asked for by a field that is true or false
        the value should stand in the SQL, where an index of one of both is found by it
"""

from __future__ import annotations

import pytest

from ledger.acts import State
from ledger.book.statements import Filter, Statements
from ledger.book.store import filters
from ledger.money import MAX_FEN, Fen
from ledger.records import Leg, Seat, Ticket
from ledger.rules import Right

GOOD = Leg(b"l" * 32, b"a" * 32, 0, 7, Fen(100), "complete", {"by": 1}, 1_800_000_000, 1_790_000_000, 3)


@pytest.fixture(params=["sqlite", "postgresql"])
def shape(request):
    made = Statements(Leg, request.param)
    made.values(GOOD)
    made.values(GOOD)
    return made


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "0x01"),
        ("place", "1"),
        ("party", None),
        ("party", 1.0),
        ("deadline", 2**63),
        ("changed_at", -(2**63) - 1),
        ("value", -1),
        ("value", MAX_FEN + 1),
        ("value", 1.0),
        ("value", True),
        ("state", b"final"),
        ("reason", {"by": b"bytes"}),
    ],
)
def test_a_wrong_value_is_named_after_good_ones_as_well(shape, field, value):
    wrong = Leg(**{**GOOD.__dict__, field: value})
    with pytest.raises((TypeError, ValueError), match=rf"^Leg\.{field}: "):
        shape.values(wrong)


def test_an_enum_becomes_its_plain_value_each_time(shape):
    record = Leg(**{**GOOD.__dict__, "state": State.FINAL, "party": Right.CHECKER})
    for _ in range(2):
        row = dict(zip(shape.put.names, shape.values(record), strict=True))
        assert (row["state"], row["party"]) == ("final", 2)
        assert (type(row["state"]), type(row["party"])) == (str, int)


ROOT = Ticket(b"t" * 32, b"i" * 16, None, 7, Fen(MAX_FEN), 10, "", 1, 1_790_000_000)
CHILD = Ticket(b"c" * 32, b"i" * 16, b"t" * 32, 8, Fen(0), 9, "1", 2, 1_790_000_000, locked=True)


@pytest.mark.parametrize("record", [GOOD, ROOT, CHILD])
def test_the_short_cut_gives_the_same_row(record):
    shape = Statements(type(record), "sqlite")
    first = shape.values(record)
    again = shape.values(record)
    assert first == again == [shape.row(record)[name] for name in shape.put.names]
    assert [type(one) for one in first] == [type(one) for one in again]


def test_what_differs_is_named(shape):
    later = Leg(**{**GOOD.__dict__, "state": "final", "changed_at": 1_790_000_009})
    assert shape.changed(GOOD, later) == ("state", "reason", "changed_at")
    assert shape.changed(GOOD, Leg(**GOOD.__dict__)) == ("reason",)
    seat = Seat(b"a", 1, b"", "party", 3, "", b"d")
    assert Statements(Seat, "sqlite").changed(seat, Seat(**seat.__dict__)) == ()


def test_only_what_differs_is_set(shape):
    sql, pick = shape.update(("state", "queue"))
    assert sql.startswith("UPDATE leg SET state=")
    assert "act" not in sql
    assert pick(shape.values(GOOD)) == ("complete", 3, b"l" * 32)


@pytest.mark.parametrize(("dialect", "no"), [("sqlite", "0"), ("postgresql", "false")])
def test_true_or_false_stands_in_the_question(dialect, no):
    shape = Statements(Seat, dialect)
    where, values = filters(shape, {"party": 7, "done": False})
    assert where == (Filter("party", 1), Filter("done", 1, flag=False))
    assert values == {"party_0": 7}
    assert f"seat.done = {no}" in shape.count(where).sql
