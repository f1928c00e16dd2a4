"""What the chain's word means for legs, reservations and payables.

given a leg that took effect
  it should be final and reserve nothing, whatever it was called here before
given a leg that the chain refuses for good
  it should end, if it was complete or sent, and its payables are free again
given a transaction that was lost
  it should put the leg at the end of the queue
given a deadline
  it should end a leg in the second after it, not in its last
given a raised version, a withdrawal, a void
  it should end what they end, and nothing that was drafted since or has taken effect
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger import outcome
from ledger.acts import State, WrongState
from ledger.events import Event
from ledger.money import Fen
from ledger.records import Act, Issuance, Leg, PayableRow, Reservation, Seat, StoredDocument, Ticket
from tests.support.memory import MemoryStore

NOW = 1_800_000_000
ID = b"\x07" * 16
ROOT, OTHER = ID + bytes(16), b"\x08" * 16 + bytes(16)
OFFER, FREEZE = b"\x0a" * 32, b"\x0c" * 32
LEG = b"\x0d" * 32


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    made.put(PayableRow("core", "supplier", "1", Fen(5), "2027-05-23", {}, 0, OFFER))
    return made


def leg(store: MemoryStore, state: State, id_: bytes = LEG, act: bytes = OFFER, queue: int = 0) -> bytes:
    store.put(Leg(id_, act, 0, 8, Fen(5), str(state), {}, NOW, NOW - 9, queue))
    store.put(Reservation(id_, ROOT, Fen(5), NOW))
    return id_


def act(store: MemoryStore, id_: bytes, kind: str, version: int) -> None:
    message = {"ticket": "0x" + ROOT.hex(), "version": str(version)}
    store.put(Act(id_, kind, message, {}, 8, "", ROOT, 0, NOW))


def say(store: MemoryStore, name: str, **args: object) -> None:
    outcome.apply(Event(name, args, 7, bytes(32), 0, NOW), store)


def found(store: MemoryStore, id_: bytes = LEG) -> tuple[str, bool, int]:
    """State, whether its reservation has ended, when it changed."""
    kept = store.need(Leg, id_)
    return kept.state, store.need(Reservation, id_).ended, kept.changed_at


def in_use(store: MemoryStore) -> bool:
    return bool(store.find(PayableRow)[0].act)


@pytest.mark.parametrize("before", [s for s in State if s not in (State.FINAL, State.WITHDRAWN)])
def test_what_took_effect_is_final(store: MemoryStore, before: State) -> None:
    leg(store, before)
    outcome.finish(store, LEG, NOW)
    assert found(store) == ("final", True, NOW)
    assert store.need(Leg, LEG).reason == {}
    outcome.finish(store, LEG, NOW + 5)
    assert found(store) == ("final", True, NOW), "once"


def test_a_leg_of_somebody_else_is_nothing_here(store: MemoryStore) -> None:
    outcome.finish(store, LEG, NOW)
    assert store.find(Leg) == []


def test_lines_that_were_not_taken_are_told(store: MemoryStore) -> None:
    leg(store, State.RELAYED)
    outcome.finish(store, LEG, NOW, {"0x01": "beyond-payable"})
    reason = store.need(Leg, LEG).reason
    assert (reason["code"], reason["lines"]) == ("lines-refused", {"0x01": "beyond-payable"})
    assert reason["message"].startswith("1 lines were not taken")
    assert reason["by"] == 0, "no participant has refused them"


@pytest.mark.parametrize("state", [State.COMPLETE, State.RELAYED])
def test_what_can_never_be_reserves_nothing(store: MemoryStore, state: State) -> None:
    leg(store, state)
    outcome.refuse(store, LEG, "fully-funded", "It is funded.", NOW)
    assert found(store) == ("refused", True, NOW)
    assert store.need(Leg, LEG).reason == {"code": "fully-funded", "message": "It is funded.", "by": 0}
    assert not in_use(store)


@pytest.mark.parametrize("state", [s for s in State if s not in (State.COMPLETE, State.RELAYED)])
def test_what_was_not_complete_is_not_refused(store: MemoryStore, state: State) -> None:
    leg(store, state)
    outcome.refuse(store, LEG, "fully-funded", "It is funded.", NOW)
    assert found(store) == (str(state), False, NOW - 9)
    assert in_use(store)


def test_a_lost_transaction_puts_the_leg_behind_all_others(store: MemoryStore) -> None:
    assert outcome.next_in_queue(store) == 1
    leg(store, State.COMPLETE, OTHER, queue=7)
    leg(store, State.RELAYED, queue=3)
    outcome.wait(store, LEG, "NotEnough", NOW, "not enough yet")
    kept = store.need(Leg, LEG)
    assert (kept.state, kept.queue, kept.changed_at) == ("complete", 8, NOW)
    assert kept.reason == {"code": "NotEnough", "message": "not enough yet", "by": 0}
    assert not store.need(Reservation, LEG).ended
    outcome.wait(store, LEG, None, NOW + 1)
    assert store.need(Leg, LEG) == kept, "it waits already"


def test_what_waits_already_keeps_its_place_and_learns_the_reason(store: MemoryStore) -> None:
    leg(store, State.COMPLETE, queue=3)
    before = store.need(Leg, LEG)
    outcome.wait(store, LEG, "NotEnough", NOW, "not enough yet")
    reason = {"code": "NotEnough", "message": "not enough yet", "by": 0}
    assert store.need(Leg, LEG) == replace(before, reason=reason, changed_at=NOW)


@pytest.mark.parametrize("state", [s for s in State if s not in (State.COMPLETE, State.RELAYED)])
def test_only_what_was_sent_goes_back_into_the_queue(store: MemoryStore, state: State) -> None:
    leg(store, state, queue=3)
    before = store.need(Leg, LEG)
    outcome.wait(store, LEG, "NotEnough", NOW)
    assert store.need(Leg, LEG) == before


def test_without_a_refusal_there_is_no_reason(store: MemoryStore) -> None:
    leg(store, State.RELAYED)
    outcome.wait(store, LEG, None, NOW)
    assert store.need(Leg, LEG).reason == {}


@pytest.mark.parametrize(
    "state", [State.DRAFT, State.AWAITING, State.COMPLETE, State.RELAYED, State.REJECTED]
)
def test_a_leg_ends_after_its_last_second(store: MemoryStore, state: State) -> None:
    leg(store, state)
    assert outcome.expire(store, NOW) == 0
    assert found(store)[:2] == (str(state), False)
    assert in_use(store)
    assert outcome.expire(store, NOW + 1) == 1
    assert found(store) == ("expired", True, NOW + 1)
    assert not in_use(store)
    assert outcome.expire(store, NOW + 2) == 0


@pytest.mark.parametrize("deadline", [NOW, NOW + 1])
def test_a_leg_in_its_last_second_outlives_one_that_is_late(store: MemoryStore, deadline: int) -> None:
    leg(store, State.AWAITING)
    leg(store, State.AWAITING, OTHER)
    store.put(replace(store.need(Leg, LEG), deadline=NOW - 1))
    store.put(replace(store.need(Leg, OTHER), deadline=deadline))
    assert outcome.expire(store, NOW) == 1
    assert (found(store)[0], found(store, OTHER)[0]) == ("expired", "awaiting")


def test_what_is_to_spend_a_child_ends_with_it(store: MemoryStore) -> None:
    leg(store, State.COMPLETE)
    store.put(replace(store.need(Leg, LEG), party=9))
    for kind, later in (("Lock", b"\x01" * 32), ("Freeze", b"\x02" * 32)):
        act(store, later, kind, 0)
        store.put(replace(store.need(Act, later), subject=LEG))
        leg(store, State.AWAITING, later, later)
        store.put(replace(store.need(Leg, later), deadline=NOW + 9))
    assert outcome.expire(store, NOW + 1) == 1
    assert found(store, b"\x01" * 32) == ("refused", True, NOW + 1)
    reason = store.need(Leg, b"\x01" * 32).reason
    assert (reason["code"], reason["by"]) == ("parent-ended", 0)
    assert "was not carried out before its deadline" in reason["message"]
    assert found(store, b"\x02" * 32)[:2] == ("awaiting", False), "an order spends nothing"


@pytest.mark.parametrize("state", [State.FINAL, State.WITHDRAWN, State.REFUSED])
def test_what_has_ended_does_not_expire(store: MemoryStore, state: State) -> None:
    leg(store, state)
    assert outcome.expire(store, NOW + 1) == 0


def test_a_raised_version_ends_older_offers_and_locks_only(store: MemoryStore) -> None:
    for place, (kind, version) in enumerate(
        (("Offer", 0), ("Lock", 1), ("Offer", 2), ("Freeze", 0), ("Offer", 3))
    ):
        id_ = bytes([place]) * 32
        act(store, id_, kind, version)
        leg(store, State.AWAITING, b"\xff" + id_[1:], id_)
    say(store, "OffersWithdrawn", ticket=ROOT, version=2)
    states = [found(store, b"\xff" + bytes([place]) * 31)[:2] for place in range(5)]
    assert states == [("withdrawn", True)] * 2 + [("awaiting", False)] * 3


def test_a_raised_version_leaves_the_children_that_took_effect(store: MemoryStore) -> None:
    act(store, OFFER, "Offer", 0)
    first, second = leg(store, State.FINAL, b"\x01" * 32), leg(store, State.COMPLETE, b"\x02" * 32)
    say(store, "OffersWithdrawn", ticket=ROOT, version=1)
    assert (found(store, first)[0], found(store, second)[0]) == ("final", "withdrawn")


def test_a_withdrawal_comes_too_late_for_what_took_effect(store: MemoryStore) -> None:
    leg(store, State.FINAL)
    say(store, "ChildWithdrawn", parent=ROOT, child=LEG)
    assert found(store)[0] == "final"
    leg(store, State.REFUSED)
    say(store, "ChildWithdrawn", parent=ROOT, child=LEG)
    assert found(store) == ("withdrawn", True, NOW)
    say(store, "ChildWithdrawn", parent=ROOT, child=b"\x0e" * 32)


def test_a_withdrawn_issue_act_frees_its_payables(store: MemoryStore) -> None:
    act(store, OFFER, "Issue", 0)
    leg(store, State.COMPLETE, OFFER)
    say(store, "IssueWithdrawn", ticket=ROOT)
    assert found(store, OFFER)[:2] == ("withdrawn", True)
    assert not in_use(store)


def test_a_void_ends_what_its_tickets_reserve_and_frees_the_payables(store: MemoryStore) -> None:
    for root in (ROOT, OTHER):
        store.put(Ticket(root, root[:16], None, 8, Fen(9), 5, "", 1, 0))
    dates = (NOW, NOW, NOW, 0, 5, 4, 0)
    store.put(Issuance(ID, 1, OFFER, 5, 8, 4, Fen(9), *dates, bytes(32), 0))
    store.put(Reservation(LEG, ROOT, Fen(5), NOW))
    store.put(Reservation(FREEZE, OTHER, Fen(5), NOW))
    say(store, "Voided", issuance=ID)
    assert store.need(Reservation, LEG).ended
    assert not store.need(Reservation, FREEZE).ended, "another issuance's"
    assert not in_use(store)


@pytest.mark.parametrize(("name", "field"), [("Transferred", "child"), ("Locked", "lock")])
def test_a_child_or_a_lock_that_is_there(store: MemoryStore, name: str, field: str) -> None:
    leg(store, State.RELAYED)
    say(store, name, **{field: LEG})
    assert found(store) == ("final", True, NOW)


def test_an_issuance_that_is_there_is_told_to_whom_its_paper_names(store: MemoryStore) -> None:
    paper = b"\x0e" * 32
    named = {"debtor": "5", "supplier": "8", "clearingBank": "4", "undertaking": "0x" + paper.hex()}
    store.put(Act(OFFER, "Issue", named, {}, 5, "", ROOT, 0, NOW))
    store.put(StoredDocument(paper, "undertaking", "text/html", b"", [5], 0))
    store.put(Seat(OFFER, 0, b"", "party", 5, "", OFFER))
    leg(store, State.AWAITING, OFFER)
    say(store, "Issued", digest=OFFER)
    assert found(store, OFFER) == ("final", True, NOW), "sent around this gateway"
    assert store.need(StoredDocument, paper).parties == [5, 8, 4]
    say(store, "Issued", digest=FREEZE)


def test_other_events_mean_nothing_here(store: MemoryStore) -> None:
    leg(store, State.AWAITING)
    say(store, "Funded", issuance=ID)
    assert found(store)[:2] == ("awaiting", False)


def test_a_withdrawn_leg_never_becomes_final(store: MemoryStore) -> None:
    leg(store, State.WITHDRAWN)
    with pytest.raises(WrongState):
        outcome.finish(store, LEG, NOW)
