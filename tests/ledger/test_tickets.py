"""What one ticket is worth to its holder now: held, payable, free, and its word for people.

given orders of a court
  it should hold them from their first second to the last before their end, never more than value - taken
  it should not reduce a line that was paid before the order came
given money of the core for a part of the face
  it should pay that part, rounded down, of what no order holds, less what was taken
given value on offer
  it should be free no more, and never below nothing
given a tombstone, a lock, a ticket in any stage of its life
  it should have one word
given a ticket with children, children's children and a namesake in another issuance
  it should find its own children by their places, tombstones too, and nothing else
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger import tickets
from ledger.money import Fen
from ledger.records import Issuance, Order, Reservation, Ticket
from ledger.tickets import (
    BadAmount,
    FullyFunded,
    IssuanceVoid,
    NoLongerTransferable,
    UnknownIssuance,
    UnknownTicket,
)
from tests.support.actors import HUAIYUE, LANGONG, WANYUE
from tests.support.memory import MemoryStore

NOW = 1_800_000_000
UNTIL, DUE = NOW + 50, NOW + 100
ID = b"\x07" * 16
ROOT = ID + bytes(16)
ISSUANCE = Issuance(
    id=ID,
    number=123,
    digest=bytes(32),
    debtor=LANGONG.id,
    supplier=WANYUE.id,
    clearing_bank=HUAIYUE.id,
    face=Fen(1_000),
    contractual_due=DUE,
    due=DUE,
    transferable_until=UNTIL,
    grace=0,
    depth=5,
    minimum=2,
    interest=0,
    undertaking=bytes(32),
    issued_at=NOW,
)
TICKET = Ticket(ROOT, ID, None, WANYUE.id, Fen(1_000), 5, "", 1, NOW)


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    made.put(ISSUANCE)
    made.put(TICKET)
    return made


def ordered(store: MemoryStore, *orders: tuple[int, int, int]) -> Ticket:
    """The ticket with these orders: amount, start, end."""
    for slot, (amount, start, end) in enumerate(orders):
        store.put(Order(ROOT, slot, bytes([slot]) * 32, Fen(amount), start, end))
    return replace(TICKET, ordered=True)


def test_an_unknown_word_and_one_without_an_owner(store: MemoryStore) -> None:
    with pytest.raises(UnknownTicket):
        tickets.owned(store, bytes(32))
    store.put(replace(TICKET, party=0))
    with pytest.raises(UnknownTicket):
        tickets.owned(store, ROOT)


def test_an_unknown_or_void_issuance(store: MemoryStore) -> None:
    with pytest.raises(UnknownIssuance):
        tickets.issuance(store, bytes(16))
    store.put(replace(ISSUANCE, void=True))
    assert tickets.issuance(store, ID).void
    with pytest.raises(IssuanceVoid):
        tickets.standing(store, ID)


def test_from_its_end_on_nothing_is_passed_on() -> None:
    tickets.transferable(ISSUANCE, UNTIL - 1)
    for late in (UNTIL, UNTIL + 1):
        with pytest.raises(NoLongerTransferable):
            tickets.transferable(ISSUANCE, late)
    with pytest.raises(FullyFunded):
        tickets.transferable(replace(ISSUANCE, funded=True), NOW)
    with pytest.raises(IssuanceVoid):
        tickets.transferable(replace(ISSUANCE, void=True), NOW)


def test_amounts_are_above_nothing() -> None:
    for amount in (0, -1):
        with pytest.raises(BadAmount):
            tickets.positive(amount, "a line")
    tickets.positive(1, "a line")


def test_an_order_holds_from_its_first_second_until_its_end(store: MemoryStore) -> None:
    frozen = ordered(store, (300, NOW, NOW + 10))
    assert tickets.held(store, frozen, NOW - 1) == 0
    assert tickets.held(store, frozen, NOW) == 300
    assert tickets.held(store, frozen, NOW + 9) == 300
    assert tickets.held(store, frozen, NOW + 10) == 0
    assert tickets.held(store, frozen, NOW + 11) == 0
    assert tickets.held(store, replace(frozen, ordered=False), NOW) == 0


def test_orders_never_hold_more_than_is_there(store: MemoryStore) -> None:
    frozen = ordered(store, (300, NOW, DUE), (900, NOW, DUE))
    assert tickets.held(store, frozen, NOW) == 1_000
    assert tickets.held(store, replace(frozen, taken=Fen(400)), NOW) == 600
    assert tickets.free(store, frozen, NOW) == 0


def test_an_order_after_a_line_was_paid_does_not_reduce_it(store: MemoryStore) -> None:
    frozen = ordered(store, (300, NOW, DUE))
    paid = replace(ISSUANCE, paid=Fen(1_000))
    assert tickets.payable(store, frozen, paid, NOW, NOW - 1) == 1_000
    assert tickets.payable(store, frozen, paid, NOW, NOW) == 700
    assert tickets.payable(store, frozen, paid, NOW) == 700


def test_what_is_payable_is_rounded_down_and_never_below_nothing(store: MemoryStore) -> None:
    part = replace(TICKET, value=Fen(333))
    third = replace(ISSUANCE, paid=Fen(500))
    assert tickets.payable(store, part, third, NOW) == 166
    assert tickets.payable(store, replace(part, taken=Fen(100)), third, NOW) == 66
    assert tickets.payable(store, replace(part, taken=Fen(200)), third, NOW) == 0
    assert tickets.payable(store, part, ISSUANCE, NOW) == 0


def test_value_on_offer_is_not_free(store: MemoryStore) -> None:
    store.put(Reservation(b"a" * 32, ROOT, Fen(400), DUE))
    store.put(Reservation(b"b" * 32, ROOT, Fen(250), DUE))
    store.put(Reservation(b"c" * 32, ROOT, Fen(999), DUE, ended=True))
    store.put(Reservation(b"d" * 32, b"e" * 32, Fen(999), DUE))
    assert tickets.reserved(store, ROOT) == 650
    assert tickets.free(store, TICKET, NOW) == 350
    assert tickets.free(store, ordered(store, (300, NOW, DUE)), NOW) == 50
    assert tickets.free(store, ordered(store, (301, NOW, DUE)), NOW) == 49
    assert tickets.free(store, ordered(store, (500, NOW, DUE)), NOW) == 0


def test_the_smallest_part_is_a_power_of_ten() -> None:
    assert tickets.least(ISSUANCE) == 100


@pytest.mark.parametrize(
    ("changed", "issuance", "now", "word"),
    [
        ({"withdrawn": True, "returned": True, "locked": True}, {}, NOW, "withdrawn"),
        ({"returned": True, "locked": True}, {}, NOW, "returned"),
        ({"locked": True}, {"void": True}, NOW, "locked"),
        ({}, {"void": True}, NOW, "void"),
        ({"value": Fen(0)}, {"funded": True}, DUE, "spent"),
        ({"taken": Fen(1_000)}, {"funded": True}, DUE, "paid"),
        ({"taken": Fen(999)}, {"funded": True}, DUE, "partly paid"),
        ({}, {"funded": True}, DUE, "due"),
        ({}, {}, DUE + 1, "due"),
        ({}, {"funded": True}, DUE - 1, "funded"),
        ({}, {}, DUE - 1, "live"),
    ],
)
def test_one_word_for_people(changed, issuance, now, word) -> None:
    assert tickets.status_of(replace(TICKET, **changed), replace(ISSUANCE, **issuance), now) == word


def test_nothing_is_none(store: MemoryStore) -> None:
    assert tickets.status_of(None, ISSUANCE, NOW) == "none"
    assert tickets.status_of(TICKET, None, NOW) == "none"
    assert tickets.status_of(replace(TICKET, withdrawn=True), None, NOW) == "withdrawn"


def test_numbers_come_from_lineage() -> None:
    assert tickets.number_of(ISSUANCE, TICKET) == "GT-000123"
    assert tickets.number_of(ISSUANCE, replace(TICKET, path="2-1")) == "GT-000123-2-1"


def test_a_number_names_one_word_and_no_neighbour(store: MemoryStore) -> None:
    for place, path in enumerate(("1", "2", "2-1", "10"), 1):
        store.put(replace(TICKET, id=ID + bytes([place]) * 16, parent=ROOT, path=path))

    def found(number: str) -> str | None:
        word = tickets.by_number(store, number)
        return None if word is None else word.path

    assert [found(f"GT-000123{end}") for end in ("", "-1", "-2", "-2-1", "-10")] == [
        "",
        "1",
        "2",
        "2-1",
        "10",
    ]
    assert [found(number) for number in ("GT-000123-3", "GT-000123-1-1", "GT-000124", "GT-000122-1")] == [
        None
    ] * 4


def test_children_are_found_by_their_places(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def word(name: int, path: str, issuance: bytes = ID, children: int = 0) -> Ticket:
        parent = None if not path else ROOT
        return replace(
            TICKET, id=bytes([name]) * 32, issuance=issuance, parent=parent, path=path, children=children
        )

    first, second = word(9, "1"), word(8, "2", children=3)
    beneath = [word(7, "2-1"), replace(word(6, "2-2", children=1), withdrawn=True), word(5, "2-3")]
    others = [word(4, "2-2-1"), word(3, "2-1", bytes(16)), word(2, "12-1"), word(1, "1", bytes(16))]
    root = replace(TICKET, children=2)
    for one in (root, first, second, *beneath, *others):
        store.put(one)
    monkeypatch.setattr(tickets, "_PLACES", 2)
    assert tickets.children_of(store, first) == []
    assert tickets.children_of(store, second) == beneath[::-1]
    assert tickets.children_of(store, root) == [second, first]
