"""What the chain's word means for the journal: legs that are final, withdrawn or expired, reservations that end.

The projection knows nothing of this; the watcher calls it in the same transaction, after the projection has taken
the events in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from ledger import undertakings
from ledger.acts import OPEN, State, step
from ledger.events import Event
from ledger.ids import root_id
from ledger.ports import Store
from ledger.records import Act, Issuance, Leg, PayableRow, Reservation, Ticket
from ledger.settle_payouts import end_returns

_EXPIRING = [str(s) for s in (*OPEN, State.REJECTED)]
_SPENDING = ("Offer", "Lock", "Withdraw", "WithdrawAll")
"""Kinds of act that may be about a ticket which is still to come."""


def finish(store: Store, leg_id: bytes, now: int, lines: Mapping[str, str] | None = None) -> None:
    """The leg has taken effect. `lines`: of a pay-out, ticket → why the contract did not take this line."""
    leg = store.get(Leg, leg_id)
    if leg is not None and leg.state != State.FINAL:
        reason: dict[str, object] = {}
        if lines:
            message = (
                f"{len(lines)} lines were not taken; look at each and send it again under a new reference."
            )
            reason = {"code": "lines-refused", "message": message, "by": 0, "lines": dict(lines)}
        store.put(replace(leg, state=str(step(leg.state, State.FINAL)), reason=reason, changed_at=now))
    _end_reservation(store, leg_id)


def refuse(store: Store, leg_id: bytes, code: str, message: str, now: int) -> None:
    """The chain refuses the leg for a reason that can't go away. Its signatures stay valid until the deadline, but
    what never can take effect reserves nothing."""
    leg = store.need(Leg, leg_id)
    if leg.state not in (State.COMPLETE, State.RELAYED):
        return
    reason = {"code": code, "message": message, "by": 0}
    store.put(replace(leg, state=str(step(leg.state, State.REFUSED)), reason=reason, changed_at=now))
    _end_reservation(store, leg_id)
    _free_payables(store, leg.act)
    _end_what_spends(store, leg, f"refused ({code})", now)


def wait(store: Store, leg_id: bytes, code: str | None, now: int, message: str = "") -> None:
    """The leg goes back into the queue, to its end: its transaction was lost, or it was refused for a reason that can
    pass, which `code` and `message` say. One that is in the queue (given up, and mined after all) has its place."""
    leg = store.need(Leg, leg_id)
    reason: dict[str, object] = {} if code is None else {"code": code, "message": message, "by": 0}
    if leg.state == State.RELAYED:
        place = next_in_queue(store)
        store.put(replace(leg, state=str(State.COMPLETE), reason=reason, changed_at=now, queue=place))
    elif leg.state == State.COMPLETE and reason:
        store.put(replace(leg, reason=reason, changed_at=now))


def next_in_queue(store: Store) -> int:
    """The place behind the last leg that became complete."""
    last = store.find(Leg, order="-queue", limit=1)
    return last[0].queue + 1 if last else 1


def expire(store: Store, now: int) -> int:
    """Ends legs whose deadline is behind the last block's time; the number of them."""
    # a relayed leg may have been mined in time: the watcher has settled it before it comes here
    late = [leg for state in _EXPIRING for leg in _late(store, state, now)]
    for leg in late:
        store.put(replace(leg, state=str(step(leg.state, State.EXPIRED)), changed_at=now))
        _end_reservation(store, leg.id)
        _free_payables(store, leg.act)
        _end_what_spends(store, leg, "not carried out before its deadline", now)
    return len(late)


def _late(store: Store, state: str, now: int) -> list[Leg]:
    """One look tells that there are none, as nearly always."""
    for limit in (1, 500):
        found = store.find(Leg, state=state, order="deadline", limit=limit)
        if not found or found[0].deadline >= now:
            return []
    return [leg for leg in found if leg.deadline < now]


def _withdrawn(event: Event, store: Store) -> None:
    _withdraw(store, [event.args["child"]], event.time)


def _issue_withdrawn(event: Event, store: Store) -> None:
    for act in store.find(Act, kind="Issue", subject=event.args["ticket"]):
        _withdraw(store, [act.id], event.time)
        _free_payables(store, act.id)


def _offers_withdrawn(event: Event, store: Store) -> None:
    ticket: bytes = event.args["ticket"]
    for act in store.find(Act, kind=["Offer", "Lock"], subject=ticket):
        if int(act.message["version"]) < event.args["version"]:
            _withdraw(store, [leg.id for leg in store.find(Leg, act=act.id)], event.time)


def _voided(event: Event, store: Store) -> None:
    for ticket in store.find(Ticket, issuance=event.args["issuance"]):
        for reservation in store.find(Reservation, ticket=ticket.id, ended=False):
            store.put(replace(reservation, ended=True))
    _free_payables(store, store.need(Issuance, event.args["issuance"]).digest)


def _issued(event: Event, store: Store) -> None:
    finish(store, event.args["digest"], event.time)
    act = store.get(Act, event.args["digest"])
    if act is not None:
        undertakings.address(store, act)


def _paid_out(event: Event, store: Store) -> None:
    end_returns(store, event.args["ticket"], event.time)


EVENTS: Mapping[str, Callable[[Event, Store], None]] = {
    "Issued": _issued,
    "Transferred": lambda event, store: finish(store, event.args["child"], event.time),
    "Locked": lambda event, store: finish(store, event.args["lock"], event.time),
    "ChildWithdrawn": _withdrawn,
    "IssueWithdrawn": _issue_withdrawn,
    "OffersWithdrawn": _offers_withdrawn,
    "Voided": _voided,
    "PaidOut": _paid_out,
}


def apply(event: Event, store: Store) -> None:
    """Takes one event into the journal."""
    handler = EVENTS.get(event.name)
    if handler is not None:
        handler(event, store)


def _withdraw(store: Store, leg_ids: Iterable[bytes], now: int) -> None:
    for leg_id in leg_ids:
        leg = store.get(Leg, leg_id)
        if leg is None or leg.state in (State.FINAL, State.WITHDRAWN):
            continue
        store.put(replace(leg, state=str(State.WITHDRAWN), changed_at=now))
        _end_reservation(store, leg_id)
        _end_what_spends(store, leg, "withdrawn", now)


def _end_what_spends(store: Store, ended: Leg, how: str, now: int) -> None:
    """A child that never comes to be: acts that were to spend it end with it, and whatever lives on those."""
    reason = {
        "code": "parent-ended",
        "message": f"The ticket that this is about never came to be: the transfer to its holder was {how}. "
        "Draft this anew when its holder has another one.",
        "by": 0,
    }
    children = [ended.id] if ended.party else []
    for ticket in children:  # grows
        for act in store.find(Act, kind=list(_SPENDING), subject=ticket):
            for leg in store.find(Leg, act=act.id):
                _end_reservation(store, leg.id)
                if leg.state in OPEN:
                    store.put(replace(leg, state=str(State.REFUSED), reason=reason, changed_at=now))
                    children += [leg.id] if leg.party else []


def _end_reservation(store: Store, leg_id: bytes) -> None:
    reservation = store.get(Reservation, leg_id)
    if reservation is not None and not reservation.ended:
        store.put(replace(reservation, ended=True))


def _free_payables(store: Store, act_id: bytes) -> None:
    """Payables whose issue act has ended without effect can be issued anew."""
    for row in store.find(PayableRow, act=act_id):
        store.put(replace(row, act=b""))


__all__ = ["apply", "expire", "finish", "next_in_queue", "refuse", "root_id", "wait"]
