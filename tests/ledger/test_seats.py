"""Seats of an act: whose signature counts, and what it completes.

given a key that is not the one named, signs for somebody else, was removed, or waits for a recovery
  it should not count, save where any key of the participant, also one that waits, will do
given one key twice, or one person with two keys
  it should be refused on the same act; on another act it counts
given an act that is complete, over, or past its deadline
  it should take no more signatures
given a maker's signature
  it should begin the legs it is for, and complete none; a checker's should complete them, in the order they came
given the panel
  it should suffice that as many sign as its threshold says
given an act that comes with any of its signatures
  it should stand where it would had they been taken one by one
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from ledger import seats
from ledger.acts import State, WrongState
from ledger.ids import child_id
from ledger.money import Fen
from ledger.records import Act, Governance, Leg, Reservation, Seat, Signature, SignerKey, User
from ledger.seats import SamePerson, WrongSigner
from tests.support.memory import MemoryStore

NOW = 1_800_000_000
ROOT = b"\x0b" * 16 + bytes(16)
ID, FIRST, SECOND = b"\x0a" * 32, b"\x01" * 32, b"\x02" * 32
WANG, LI, ZHAO = "0xWang", "0xLi", "0xZhao"
OFFER = Act(ID, "Offer", {}, {}, 8, "", b"\x0b" * 32, 0, NOW)
HOLDER = Seat(ID, 0, b"", "party", 8, "", ID)
RECEIVER = Seat(ID, 1, FIRST, "party", 9, "", ID)


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    made.put(Governance(1, members=[1, 2, 3], threshold=2))
    made.put(SignerKey(WANG, 8, 1))
    made.put(SignerKey(LI, 8, 2))
    made.put(SignerKey(ZHAO, 9, 3))
    for place, id_ in enumerate((FIRST, SECOND)):
        made.put(Leg(id_, ID, place, 9, Fen(5), "draft", {}, NOW, 0))
    for seat in (HOLDER, RECEIVER, replace(RECEIVER, place=2, leg=SECOND)):
        made.put(seat)
    return made


def sign(store: MemoryStore, seat: Seat, address: str, right: int, user: str = "") -> None:
    store.put(Signature(ID, seat.place, address, right, address.encode().ljust(64, b"\0"), user, NOW))
    seats.advance(store, OFFER, seat, NOW)


def states(store: MemoryStore) -> list[tuple[str, int]]:
    return [(leg.state, leg.queue) for leg in store.find(Leg, order="place")]


# ---- whose signature counts


def test_a_key_of_nobody_or_of_somebody_else_does_not_count(store: MemoryStore) -> None:
    with pytest.raises(WrongSigner, match="may sign for nobody"):
        seats.right_of(store, HOLDER, "0xStranger")
    with pytest.raises(WrongSigner, match="signs for participant 9; this needs participant 8"):
        seats.right_of(store, HOLDER, ZHAO)
    store.put(SignerKey("0xQian", 7, 3))
    with pytest.raises(WrongSigner, match="signs for participant 7; this needs participant 8"):
        seats.right_of(store, HOLDER, "0xQian")
    assert [seats.right_of(store, HOLDER, key) for key in (WANG, LI)] == [1, 2]
    assert seats.right_of(store, RECEIVER, ZHAO) == 3


def test_a_key_that_was_removed_or_waits_does_not_count(store: MemoryStore) -> None:
    store.put(SignerKey(WANG, 8, 0))
    store.put(SignerKey(LI, 8, 0, pending=2))
    for key in (WANG, LI):
        with pytest.raises(WrongSigner):
            seats.right_of(store, HOLDER, key)


def test_where_one_key_is_named_no_other_will_do(store: MemoryStore) -> None:
    named = replace(HOLDER, kind="key", party=0, address=LI)
    for other in (WANG, "0xChen"):
        with pytest.raises(WrongSigner, match=f"must be signed by {LI}"):
            seats.right_of(store, named, other)
    assert seats.right_of(store, named, LI) == 3


def test_where_any_key_will_do_it_is_one_of_the_participant(store: MemoryStore) -> None:
    anyone = replace(HOLDER, kind="key")
    assert seats.right_of(store, anyone, WANG) == 3
    store.put(SignerKey("0xNew", 8, 0, pending=1))
    assert seats.right_of(store, anyone, "0xNew") == 3, "a new key completes its recovery"
    store.put(SignerKey("0xGone", 8))
    store.put(SignerKey("0xQian", 7, 3))
    for key in (ZHAO, "0xQian", "0xGone", "0xStranger"):
        with pytest.raises(WrongSigner, match="is no key of participant 8"):
            seats.right_of(store, anyone, key)


def test_a_person_is_known_by_a_key_that_was_not_revoked(store: MemoryStore) -> None:
    def person(id_: str, revoked_at: int) -> User:
        return User(id_, 8, id_, ["maker"], id_.encode().ljust(32), WANG, 0, revoked_at)

    assert seats.person_of(store, WANG) is None
    store.put(person("former", NOW))
    assert seats.person_of(store, WANG) is None
    store.put(person("wang", 0))
    found = seats.person_of(store, WANG)
    assert found is not None
    assert found.id == "wang"


WANG_HERSELF = User("wang", 8, "王会计", ["maker"], bytes(32), WANG, 0)


@pytest.mark.parametrize("seat", [HOLDER, replace(HOLDER, place=5)])
def test_nobody_signs_with_two_keys(store: MemoryStore, seat: Seat) -> None:
    store.put(Signature(ID, 0, WANG, 1, bytes(64), "wang", NOW))
    with pytest.raises(SamePerson, match="a colleague must"):
        seats.require_two_people(store, OFFER, seat, LI, WANG_HERSELF)
    seats.require_two_people(store, OFFER, seat, LI, replace(WANG_HERSELF, id="li"))
    seats.require_two_people(store, OFFER, seat, LI, None)
    seats.require_two_people(store, replace(OFFER, id=FIRST), seat, LI, WANG_HERSELF)


@pytest.mark.parametrize("person", [None, WANG_HERSELF])
def test_no_key_signs_a_seat_twice(store: MemoryStore, person: User | None) -> None:
    store.put(Signature(ID, 1, WANG, 1, bytes(64), "wang", NOW))
    with pytest.raises(WrongState, match="signed this already"):
        seats.require_two_people(store, OFFER, RECEIVER, WANG, person)
    for place in (0, 2):
        seats.require_two_people(store, OFFER, replace(RECEIVER, place=place), WANG, person)


# ---- until when


def test_what_is_complete_takes_no_more_signatures(store: MemoryStore) -> None:
    store.put(replace(store.need(Leg, FIRST), state="complete"))
    with pytest.raises(WrongState, match="takes no more signatures: it is complete"):
        seats.require_open(store, OFFER, RECEIVER, NOW)
    seats.require_open(store, OFFER, HOLDER, NOW)
    store.put(replace(store.need(Leg, SECOND), state="rejected"))
    with pytest.raises(WrongState):
        seats.require_open(store, OFFER, HOLDER, NOW)


def test_an_act_is_signed_to_its_last_second(store: MemoryStore) -> None:
    seats.require_open(store, OFFER, HOLDER, NOW)
    with pytest.raises(WrongState, match="deadline of this act has passed"):
        seats.require_open(store, OFFER, HOLDER, NOW + 1)


# ---- what it completes


def test_a_maker_alone_completes_nothing(store: MemoryStore) -> None:
    sign(store, HOLDER, WANG, 1)
    assert not store.need(Seat, ID, 0).done
    assert states(store) == [("awaiting", 0), ("awaiting", 0)]


def test_a_receiver_s_signature_is_for_its_own_child(store: MemoryStore) -> None:
    sign(store, RECEIVER, ZHAO, 3)
    assert store.need(Seat, ID, 1).done
    assert states(store) == [("awaiting", 0), ("draft", 0)]


def test_each_child_is_complete_by_itself_in_the_order_they_came(store: MemoryStore) -> None:
    store.put(Leg(ID, b"\x0f" * 32, 0, 0, Fen(0), "complete", {}, NOW, 0, 6))
    sign(store, HOLDER, WANG, 1)
    sign(store, HOLDER, LI, 2)
    sign(store, replace(RECEIVER, place=2, leg=SECOND), ZHAO, 3)
    assert states(store)[-1] == ("complete", 7)
    sign(store, RECEIVER, ZHAO, 3)
    kept = [store.need(Leg, id_) for id_ in (FIRST, SECOND)]
    assert [(leg.state, leg.queue, leg.changed_at) for leg in kept] == [
        ("complete", 8, NOW),
        ("complete", 7, NOW),
    ]


def test_what_was_rejected_stays_so(store: MemoryStore) -> None:
    store.put(replace(store.need(Leg, FIRST), state="rejected"))
    sign(store, RECEIVER, ZHAO, 3)
    sign(store, HOLDER, WANG, 1)
    sign(store, HOLDER, LI, 2)
    assert states(store) == [("rejected", 0), ("awaiting", 0)]


def test_of_the_panel_the_threshold_suffices(store: MemoryStore) -> None:
    freeze = replace(OFFER, id=SECOND, kind="Freeze")
    store.put(Leg(SECOND, SECOND, 0, 0, Fen(0), str(State.DRAFT), {}, NOW, 0))
    members = [Seat(SECOND, place, b"", "panel", place + 1, "", SECOND) for place in range(3)]
    for seat in members:
        store.put(seat)
    for seat, after in ((members[2], "awaiting"), (members[0], "complete")):
        store.put(Signature(SECOND, seat.place, f"0x{seat.party}", 3, bytes(64), "", NOW))
        seats.advance(store, freeze, seat, NOW)
        assert store.need(Leg, SECOND).state == after


@pytest.mark.parametrize("kind", ["party", "key"])
def test_the_panel_does_not_replace_the_others_who_sign(store: MemoryStore, kind: str) -> None:
    replacing = replace(OFFER, id=SECOND, kind="ReplaceBank")
    store.put(Leg(SECOND, SECOND, 0, 0, Fen(0), "draft", {}, NOW, 0))
    store.put(Seat(SECOND, 0, b"", kind, 8, "", SECOND))
    members = [Seat(SECOND, place, b"", "panel", place, "", SECOND) for place in (1, 2, 3)]
    for seat in members:
        store.put(seat)
        store.put(Signature(SECOND, seat.place, f"0x{seat.party}", 3, bytes(64), "", NOW))
        seats.advance(store, replacing, seat, NOW)
    assert store.need(Leg, SECOND).state == "awaiting"


@pytest.mark.parametrize("kind", ["party", "key"])
def test_nobody_else_counts_as_one_of_the_panel(store: MemoryStore, kind: str) -> None:
    replacing = replace(OFFER, id=SECOND, kind="ReplaceBank")
    store.put(Leg(SECOND, SECOND, 0, 0, Fen(0), "draft", {}, NOW, 0))
    laid = [Seat(SECOND, 0, b"", kind, 8, "", SECOND)]
    laid += [Seat(SECOND, place, b"", "panel", place, "", SECOND) for place in (1, 2, 3)]
    for seat in laid:
        store.put(seat)
    for seat, after in zip(laid, ("awaiting", "awaiting", "complete"), strict=False):
        store.put(Signature(SECOND, seat.place, f"0x{seat.party}", 3, bytes(64), "", NOW))
        seats.advance(store, replacing, seat, NOW)
        assert store.need(Leg, SECOND).state == after
    assert store.need(Leg, SECOND).queue == 1, "the first of all"


# ---- the legs that an act begins with


def test_an_act_that_nobody_signs_is_complete_behind_all_others(store: MemoryStore) -> None:
    store.put(replace(store.need(Leg, FIRST), state="complete", queue=6))
    act = replace(OFFER, id=b"\x0c" * 32, kind="ReturnLock")
    seats.lay_legs(store, act, {"lock": FIRST, "salt": bytes(32)}, False, NOW)
    leg = store.need(Leg, act.id)
    assert (leg.state, leg.queue, leg.party, leg.value) == ("complete", 7, 0, 0)
    assert store.find(Reservation) == [], "what goes back reserves nothing"


def test_an_offer_reserves_each_of_its_children(store: MemoryStore) -> None:
    act = replace(OFFER, id=b"\x0c" * 32)
    children = [{"to": 9, "value": 5}, {"to": 10, "value": 7}]
    seats.lay_legs(store, act, {"ticket": ROOT, "children": children}, True, NOW)
    legs = [store.need(Leg, child_id(ROOT, act.id, place)) for place in (0, 1)]
    assert [(leg.place, leg.party, leg.value, leg.state, leg.queue, leg.deadline) for leg in legs] == [
        (0, 9, 5, "draft", 0, NOW),
        (1, 10, 7, "draft", 0, NOW),
    ]
    kept = [store.need(Reservation, leg.id) for leg in legs]
    assert [(one.ticket, one.value, one.until, one.ended) for one in kept] == [
        (ROOT, 5, NOW, False),
        (ROOT, 7, NOW, False),
    ]


# ---- acts that come with their signatures

BEHIND = Leg(b"\x0f" * 32, b"\x0f" * 32, 0, 0, Fen(0), "complete", {}, NOW, 0, 6)
CHILDREN = [{"to": 9, "value": 5}, {"to": 9, "value": 7}]
MESSAGES: dict[str, dict[str, Any]] = {
    "Offer": {"ticket": ROOT, "children": CHILDREN},
    "Lock": {"ticket": ROOT, "value": 5},
    "Freeze": {},
    "Withdraw": {},
}
PANEL = [Seat(ID, 1 + member, b"", "panel", member, "", ID) for member in (1, 2, 3)]


def seats_and_signatures(kind: str) -> tuple[list[Seat], list[Signature]]:
    """Of an offer with two receivers, or of an act that two participants and the panel sign."""
    if kind == "Offer":
        receivers = [replace(RECEIVER, place=1 + i, leg=child_id(ROOT, ID, i)) for i in (0, 1)]
        laid, keys = [HOLDER, *receivers], [(0, WANG, 1), (0, LI, 2), (1, ZHAO, 3), (2, ZHAO, 3)]
    else:
        members = [(seat.place, f"0x{seat.party}", 3) for seat in PANEL]
        laid = [HOLDER, replace(RECEIVER, leg=b""), *PANEL]
        keys = [(0, WANG, 1), (0, LI, 2), (1, ZHAO, 3), *members]
    return laid, [Signature(ID, place, key, right, bytes(64), "", NOW) for place, key, right in keys]


@pytest.mark.parametrize("before", [[], [BEHIND]])
@pytest.mark.parametrize("kind", MESSAGES)
def test_signatures_that_come_with_an_act_mean_what_they_mean_one_by_one(
    kind: str, before: list[Leg]
) -> None:
    act, message = replace(OFFER, kind=kind), MESSAGES[kind]
    laid, every = seats_and_signatures(kind)
    for chosen in product((False, True), repeat=len(every)):
        signed = [one for one, is_there in zip(every, chosen, strict=True) if is_there]
        at_once, one_by_one = MemoryStore(), MemoryStore()
        for book in (at_once, one_by_one):
            book.put(Governance(1, members=[1, 2, 3], threshold=2))
            for leg in before:
                book.put(leg)
        seats.lay_signed(at_once, act, message, laid, signed, NOW)
        for seat in laid:
            one_by_one.add(seat)
        seats.lay_legs(one_by_one, act, message, True, NOW)
        for one in signed:
            one_by_one.put(one)
            seats.advance(one_by_one, act, laid[one.place], NOW)
        for record in (Leg, Signature, Reservation):
            assert at_once.find(record) == one_by_one.find(record), signed
        assert open_seats(at_once) == open_seats(one_by_one), signed


def open_seats(store: MemoryStore) -> list[int]:
    """The places that are not done."""
    return [seat.place for seat in store.find(Seat, act=ID, order="place") if not seat.done]
