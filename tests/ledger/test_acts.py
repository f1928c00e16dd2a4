"""An act and its legs: which state follows which, what an offer as a whole is, whose signatures suffice.

given a leg that has ended for good (final, withdrawn)
  it should go nowhere any more
given a leg that has ended here alone (rejected, refused, expired)
  it should still become final, for somebody else may have sent it, and go back to nothing that signs or relays
given an offer with children in different states
  it should be as far as the child that is least far and still under way
given one key's signature of a maker or of a checker
  it should not suffice; a maker's and a checker's should, in this order, and a sole key's alone
given the ids of legs
  it should be the child's for an offer and a lock, the act's own for all others
"""

from __future__ import annotations

from itertools import product

import pytest

from ledger.acts import (
    OPEN,
    State,
    WrongState,
    act_id,
    derive,
    join,
    leg_ids,
    leg_value,
    pad,
    step,
    subject_of,
)
from ledger.ids import child_id, keccak256
from ledger.kinds import kind
from ledger.records import Signature
from ledger.typed import Domain

ACT, TICKET = b"\x0a" * 32, b"\x0b" * 32
ENDED = {State.FINAL, State.REJECTED, State.WITHDRAWN, State.EXPIRED, State.REFUSED}
ALLOWED = {
    State.DRAFT: {State.AWAITING, State.COMPLETE, State.RELAYED, *ENDED},
    State.AWAITING: {State.COMPLETE, State.RELAYED, *ENDED},
    State.COMPLETE: {State.RELAYED, *ENDED} - {State.REJECTED},
    State.RELAYED: {State.COMPLETE, *ENDED} - {State.REJECTED},
    State.REJECTED: {State.FINAL, State.WITHDRAWN, State.EXPIRED},
    State.REFUSED: {State.FINAL, State.WITHDRAWN},
    State.EXPIRED: {State.FINAL},
    State.WITHDRAWN: set(),
    State.FINAL: set(),
}


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_a_leg_goes_where_it_may_and_nowhere_else(before: State, after: State) -> None:
    if after in ALLOWED[before]:
        assert step(before, after) is after
        return
    with pytest.raises(WrongState) as refused:
        step(before, after)
    assert refused.value.evidence == {"state": before, "wanted": str(after)}


def test_open_is_what_is_under_way() -> None:
    assert set(OPEN) == set(State) - ENDED


@pytest.mark.parametrize(
    ("legs", "whole"),
    [
        ((), State.DRAFT),
        ((State.FINAL, State.DRAFT, State.RELAYED), State.DRAFT),
        ((State.FINAL, State.AWAITING, State.COMPLETE), State.AWAITING),
        ((State.REJECTED, State.COMPLETE, State.RELAYED), State.COMPLETE),
        ((State.FINAL, State.RELAYED), State.RELAYED),
        ((State.REJECTED, State.FINAL, State.EXPIRED), State.FINAL),
        ((State.EXPIRED, State.WITHDRAWN, State.REFUSED, State.REJECTED), State.REJECTED),
        ((State.EXPIRED, State.WITHDRAWN, State.REFUSED), State.REFUSED),
        ((State.EXPIRED, State.WITHDRAWN), State.WITHDRAWN),
        ((State.EXPIRED,), State.EXPIRED),
    ],
)
def test_an_offer_is_as_far_as_its_legs(legs: tuple[State, ...], whole: State) -> None:
    assert derive(legs) is whole


def signed(right: int, mark: bytes) -> Signature:
    return Signature(ACT, 0, f"0x{right}", right, mark * 64, "", 0)


def test_a_maker_alone_a_checker_alone_or_nobody_does_not_suffice() -> None:
    assert join([]) is None
    assert join([signed(1, b"m")]) is None
    assert join([signed(2, b"c")]) is None
    assert join([signed(1, b"m"), signed(1, b"n")]) is None


def test_maker_then_checker_or_one_sole_key() -> None:
    assert join([signed(2, b"c"), signed(1, b"m")]) == b"m" * 64 + b"c" * 64
    assert join([signed(3, b"s")]) == b"s" * 64
    assert join([signed(1, b"m"), signed(2, b"c"), signed(3, b"s")]) == b"s" * 64


def test_ids_and_values_of_legs() -> None:
    children = {"ticket": TICKET, "children": [{"value": 5}, {"value": 7}]}
    assert leg_ids("Offer", ACT, children) == [child_id(TICKET, ACT, 0), child_id(TICKET, ACT, 1)]
    assert [leg_value("Offer", children, place) for place in (0, 1)] == [5, 7]
    lock = {"ticket": TICKET, "value": 9}
    assert leg_ids("Lock", ACT, lock) == [child_id(TICKET, ACT, 0)]
    assert leg_value("Lock", lock, 0) == 9
    freeze = {"ticket": TICKET, "amount": 3, "value": 3}
    assert leg_ids("Freeze", ACT, freeze) == [ACT]
    assert leg_value("Freeze", freeze, 0) == 0, "an order reserves nothing"


def test_an_act_that_nobody_signs_is_known_by_its_fields() -> None:
    domain = Domain(1, "0x" + "11" * 20, bytes(32))
    lock = act_id(domain, "ReturnLock", {"lock": b"\x01", "salt": b"\x02"})
    assert lock == keccak256(b"ReturnLock|lock=01|salt=02")
    assert lock != act_id(domain, "ReturnLock", {"lock": b"\x01", "salt": b"\x03"})


def test_subjects_fill_32_bytes() -> None:
    assert pad(258) == bytes(30) + b"\x01\x02"
    assert pad(b"\x0b" * 16) == b"\x0b" * 16 + bytes(16)
    assert subject_of(kind("Issue"), ACT, {}) == ACT[:16] + bytes(16)
    assert subject_of(kind("Freeze"), ACT, {"ticket": TICKET}) == TICKET
