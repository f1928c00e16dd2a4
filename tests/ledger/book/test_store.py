"""One contract for every store.

given a record of any class
    when it is put              it should come back equal
    when it is put again        it should replace the old one
    when it is added twice      it should raise Conflict and keep the first
    when it is deleted          it should be gone; deleting again is nothing
given no such record
    when it is got              it should be None
    when it is needed           it should raise NotFound that names kind and key
given several records
    when found by fields        it should give those equal, one of a list, or empty
    when ordered                it should sort by the field, ties by the key, up or down
    when paged                  it should give each record once, ties or not
    when a field is unknown     it should raise TypeError that names the fields
    when some name others       it should say whether one as asked for leads to one as asked for
given the largest amount
    it should come back exactly, and sort above all smaller ones
"""

from __future__ import annotations

import random
from dataclasses import fields, replace
from typing import get_type_hints

import pytest

from ledger.acts import State
from ledger.errors import Conflict, NotFound
from ledger.money import MAX_FEN, Fen
from ledger.records import JOURNAL, PROJECTION, Act, Leg, Opening, Order, Signature, Ticket
from ledger.rules import Right
from tests.support.memory import MemoryBook

KINDS = [*PROJECTION, *JOURNAL]


def some(hint, rnd: random.Random):
    """A value of a field's type, edges included."""
    if hint is Fen:
        return rnd.choice([0, 1, MAX_FEN, rnd.randrange(MAX_FEN)])
    if hint is int:
        return rnd.choice([0, 1, -1, 2**63 - 1, -(2**63), rnd.randrange(2**40)])
    if hint is bytes:
        return rnd.choice([b"", b"\x00", rnd.randbytes(32)])
    if hint is str:
        return rnd.choice(["", "岚工重装股份", "a'b\"c%s?:x", "é𝄞", str(rnd.random())])
    if hint is bool:
        return rnd.random() < 0.5
    if hint == bytes | None:
        return rnd.choice([None, b"", rnd.randbytes(32)])
    if getattr(hint, "__origin__", None) is list:
        return rnd.choice([[], [1, 2], [3]])
    return rnd.choice([{}, {"乙": "甲", "b": [1, {"c": None}], "a": True}, {"n": 2**80}])


def made(kind, seed):
    rnd = random.Random(f"{kind.__name__}{seed}")
    hints = get_type_hints(kind)
    return kind(**{field.name: some(hints[field.name], rnd) for field in fields(kind)})


def key_of(record):
    return tuple(getattr(record, f.name) for f in fields(record) if f.metadata.get("key"))


def leg(number: int, **changes) -> Leg:
    made = Leg(
        id=number.to_bytes(32, "big"),
        act=b"act",
        place=number,
        party=1,
        value=Fen(100),
        state="awaiting",
        reason={},
        deadline=10,
        changed_at=5,
    )
    return replace(made, **changes)


def ticket(number: int, **changes) -> Ticket:
    made = Ticket(
        id=number.to_bytes(32, "big"),
        issuance=b"\x01" * 16,
        parent=None,
        party=7,
        value=Fen(100),
        depth=10,
        path="",
        tier=1,
        created_at=1,
    )
    return replace(made, **changes)


def put_all(book, records):
    book.write(lambda store: [store.put(record) for record in records])


# ---- negative -----------------------------------------------------------------------------------


def test_get_of_nothing_is_none(book):
    assert book.read(lambda s: s.get(Ticket, b"nobody's")) is None


def test_need_of_nothing_names_kind_and_key(book):
    with pytest.raises(NotFound, match="Ticket"):
        book.read(lambda s: s.need(Ticket, b"\x00\x01"))


def test_adding_twice_is_a_conflict_and_keeps_the_first(book):
    first, second = ticket(1, party=1), ticket(1, party=2)
    book.write(lambda s: s.add(first))
    with pytest.raises(Conflict, match="Ticket"):
        book.write(lambda s: s.add(second))
    assert book.read(lambda s: s.get(Ticket, first.id)) == first


def test_a_conflict_can_be_caught_inside_the_work(book):
    def work(store):
        store.add(ticket(1))
        with pytest.raises(Conflict):
            store.add(ticket(1))
        store.add(ticket(2))

    book.write(work)
    assert book.read(lambda s: s.count(Ticket)) == 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.find(Ticket, colour="red"),
        lambda s: s.count(Ticket, colour="red"),
        lambda s: s.find(Ticket, order="colour"),
        lambda s: s.find(Ticket, order="-colour"),
    ],
)
def test_an_unknown_field_names_the_known_ones(book, ask):
    with pytest.raises(TypeError, match=r"colour.*party"):
        book.read(ask)


def test_a_field_that_may_be_empty_has_no_order(book):
    put_all(book, [ticket(1), ticket(2, parent=b"x")])
    with pytest.raises(TypeError, match="parent"):
        book.read(lambda s: s.find(Ticket, order="parent"))


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (ticket(1, party="7"), "party"),
        (ticket(1, party=None), "party"),
        (ticket(1, issuance="0x01"), "issuance"),
        (ticket(1, path=b"1"), "path"),
        (ticket(1, locked=1), "locked"),
        (ticket(1, parent="0x01"), "parent"),
        (ticket(1, value="100"), "value"),
        (ticket(1, value=1.0), "value"),
        (ticket(1, value=-1), "value"),
        (ticket(1, value=MAX_FEN + 1), "value"),
        (ticket(1, created_at=2**63), "created_at"),
        (leg(1, reason={"by": b"bytes"}), "reason"),
        (leg(1, reason={"by": float("nan")}), "reason"),
    ],
)
def test_a_value_of_the_wrong_type_or_size_names_the_field(book, record, field):
    with pytest.raises((TypeError, ValueError), match=rf"{type(record).__name__}\.{field}: "):
        book.write(lambda s: s.put(record))
    assert book.read(lambda s: s.count(type(record))) == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.get(Ticket, "0x01"),
        lambda s: s.get(Ticket),
        lambda s: s.get(Ticket, b"1", b"2"),
        lambda s: s.find(Ticket, id="0x01"),
        lambda s: s.find(Ticket, id=[b"1", "0x01"]),
        lambda s: s.find(Leg, reason={}),
    ],
)
def test_asking_with_a_wrong_key_type_or_field_is_refused(book, ask):
    with pytest.raises(TypeError, match=r"Ticket|Leg"):
        book.read(ask)


def test_an_enum_is_kept_as_its_plain_value(book):
    put_all(book, [leg(1, state=State.FINAL, party=Right.CHECKER)])
    found = book.read(lambda s: s.find(Leg, state=State.FINAL, party=[Right.CHECKER]))
    assert found == [leg(1, state="final", party=2)]
    assert type(found[0].state) is str
    assert type(found[0].party) is int


def test_what_is_not_a_record_is_refused(book):
    with pytest.raises(TypeError, match="dict"):
        book.read(lambda s: s.find(dict))
    with pytest.raises(TypeError, match="dict"):
        book.write(lambda s: s.put({}))


def test_a_work_that_raises_leaves_nothing_behind(book):
    def work(store):
        store.put(ticket(1))
        raise LookupError("no")

    with pytest.raises(LookupError):
        book.write(work)
    assert book.read(lambda s: s.count(Ticket)) == 0


def test_a_write_inside_a_write_is_refused(book):
    with pytest.raises(RuntimeError, match="inside a write"):
        book.write(lambda s: book.write(lambda t: None))


def test_a_read_can_not_write(book):
    for change in (
        lambda s: s.put(ticket(1)),
        lambda s: s.add(ticket(1)),
        lambda s: s.delete(Ticket, ticket(1).id),
    ):
        with pytest.raises(RuntimeError, match="a read can't write"):
            book.read(change)
    assert book.read(lambda s: s.count(Ticket)) == 0


# ---- round trips --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_record_comes_back_as_it_was(book, kind):
    records = {key_of(record): record for record in (made(kind, seed) for seed in range(25))}
    put_all(book, records.values())
    for key, record in records.items():
        back = book.read(lambda s, key=key: s.need(kind, *key))
        assert back == record
        assert [type(v) for v in back.__dict__.values()] == [type(v) for v in record.__dict__.values()]
        assert hash(type(back)) == hash(kind)


def test_put_replaces_and_delete_removes(book):
    put_all(book, [ticket(1, party=1)])
    put_all(book, [ticket(1, party=2, value=MAX_FEN)])
    assert book.read(lambda s: s.find(Ticket)) == [ticket(1, party=2, value=MAX_FEN)]
    for _ in range(2):
        book.write(lambda s: s.delete(Ticket, ticket(1).id))
    assert book.read(lambda s: s.count(Ticket)) == 0


def test_what_comes_back_is_a_copy(book):
    put_all(book, [leg(1, reason={"code": "x"})])
    book.read(lambda s: s.need(Leg, leg(1).id)).reason["code"] = "changed"
    assert book.read(lambda s: s.need(Leg, leg(1).id)).reason == {"code": "x"}


def test_a_work_sees_what_it_wrote(book):
    def work(store):
        store.put(ticket(1))
        store.put(ticket(1, party=9))
        return store.find(Ticket, party=9)

    assert book.write(work) == [ticket(1, party=9)]


# ---- find ---------------------------------------------------------------------------------------


def test_found_by_value_by_list_and_by_emptiness(book):
    rows = [ticket(1), ticket(2, parent=b"p", party=8), ticket(3, parent=b"q", party=9, locked=True)]
    put_all(book, rows)
    ask = lambda **where: book.read(lambda s: s.find(Ticket, **where))  # noqa: E731
    assert ask(party=8) == [rows[1]]
    assert ask(party=[8, 9]) == rows[1:]
    assert ask(party=(7, 9), locked=False) == [rows[0]]
    assert ask(parent=None) == [rows[0]]
    assert ask(parent=[None, b"q"]) == [rows[0], rows[2]]
    assert ask(party=[]) == []
    assert ask(value=100) == rows
    assert ask(locked=True) == [rows[2]]
    assert book.read(lambda s: s.count(Ticket, party=[8, 9])) == 2
    assert book.read(lambda s: s.count(Ticket, party=[])) == 0


def test_fields_named_like_the_arguments_can_be_searched_by(book):
    act = Act(b"1", "issue", {}, {}, 1, "u", b"", 1, 2)
    put_all(book, [act, Act(b"2", "offer", {}, {}, 1, "u", b"", 1, 2)])
    assert book.read(lambda s: s.find(Act, kind="issue")) == [act]
    assert book.read(lambda s: s.count(Act, kind="issue")) == 1


@pytest.mark.parametrize("order", ["value", "-value"])
def test_amounts_sort_as_numbers(book, order):
    amounts = [0, 9, 10, 99, 100, 2**63, 2**64, MAX_FEN - 1, MAX_FEN]
    shuffled = random.Random(1).sample(amounts, len(amounts))
    put_all(book, [ticket(i, value=Fen(value)) for i, value in enumerate(shuffled)])
    found = [row.value for row in book.read(lambda s: s.find(Ticket, order=order))]
    assert found == sorted(amounts, reverse=order[0] == "-")


def test_text_and_bytes_sort_by_their_bytes(book):
    names = ["a", "B", "Z", "é", "岚", "a b", "a-b", "𝄞", ""]
    put_all(book, [ticket(i, path=name) for i, name in enumerate(names)])
    assert [row.path for row in book.read(lambda s: s.find(Ticket, order="path"))] == sorted(names)
    ids = [b"", b"\x00", b"\x00\x01", b"\x7f", b"\x80", b"\xff"]
    book.write(lambda s: [s.delete(Ticket, ticket(i).id) for i in range(len(names))])
    put_all(book, [replace(ticket(0), id=id_) for id_ in reversed(ids)])
    assert [row.id for row in book.read(lambda s: s.find(Ticket))] == ids


@pytest.mark.parametrize("order", ["", "-", "changed_at", "-changed_at", "id", "-id", "value", "-value"])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_pages_give_each_record_once_in_order(book, order, size):
    rows = [leg(i, changed_at=i % 4, value=Fen(i % 3)) for i in range(20)]
    put_all(book, rows)
    everything = book.read(lambda s: s.find(Leg, order=order))
    assert sorted(everything, key=lambda row: row.id) == rows
    field = order.removeprefix("-") or "id"
    seen, after = [], None
    while page := book.read(lambda s, after=after: s.find(Leg, order=order, after=after, limit=size)):
        assert len(page) <= size
        seen += page
        last = page[-1]
        after = (last.id,) if field == "id" else (getattr(last, field), last.id)
    assert seen == everything
    ranks = [getattr(row, field) for row in seen]
    assert ranks == sorted(ranks, reverse=order.startswith("-"))


def test_after_a_plain_value_passes_over_its_ties(book):
    put_all(book, [leg(1, changed_at=1), leg(2, changed_at=2), leg(3, changed_at=2), leg(4, changed_at=3)])
    ask = lambda **how: [row.place for row in book.read(lambda s: s.find(Leg, **how))]  # noqa: E731
    assert ask(order="changed_at", after=2) == [4]
    assert ask(order="-changed_at", after=2) == [1]
    assert ask(order="changed_at", after=(2, leg(2).id)) == [3, 4]
    assert ask(order="changed_at", after=(2, leg(2).id), limit=1) == [3]


def test_pages_over_a_key_of_several_fields(book):
    rows = [Signature(b"act", place, address, 1, b"", "", 0) for place in range(3) for address in ("a", "b")]
    put_all(book, rows)
    assert book.read(lambda s: s.find(Signature, act=b"act")) == rows
    assert book.read(lambda s: s.find(Signature, after=(b"act", 1, "a"))) == rows[3:]
    assert book.read(lambda s: s.find(Signature, order="place", after=0)) == rows[2:]
    order = Order(b"t", 2, b"n", Fen(1), 0, 0)
    put_all(book, [order])
    assert book.read(lambda s: s.need(Order, b"t", 2)) == order


def test_records_of_which_only_the_key_is_given_take_their_defaults(book):
    put_all(book, [Opening(3)])
    assert book.read(lambda s: s.need(Opening, 3)) == Opening(3)


@pytest.mark.parametrize("buffered", [False, True])
def test_whether_some_lead_to_others(book, buffered):
    records = [
        leg(1, act=b"one", party=4),
        leg(2, act=b"two", party=4),
        leg(3, act=b"one", party=5),
        Act(b"one", "Offer", {}, {}, 7, "", b"", 1, 0),
        Act(b"two", "Lock", {}, {}, 8, "", b"", 1, 0),
    ]

    def leads(where, wanted):
        def work(store):
            return store.leads(Leg, where, "act", Act, wanted)

        return book.read(work)

    assert not leads({"party": 4}, {"kind": "Offer"})
    if buffered:
        loads = None if isinstance(book, MemoryBook) else lambda buffer: buffer.load(Leg, "id", [])
        book.write(lambda store: [store.put(record) for record in records], loads)
    else:
        put_all(book, records)
    assert leads({"party": 4}, {"kind": "Offer"})
    assert leads({"party": [4, 5]}, {"kind": ["Lock", "Void"], "party": 8})
    assert not leads({"party": 5}, {"kind": "Lock"})
    assert not leads({"party": 6}, {})
    assert not leads({"party": 4}, {"kind": "Offer", "party": 8})
    with pytest.raises(TypeError, match="colour"):
        leads({"colour": 4}, {})
