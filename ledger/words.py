"""Words that come out of a ticket: those that stand on the ledger, and those that accepted children will become.

A child's id is known before it is mined, so its receiver may spend it in an act that is signed before that. Until the
ledger has it, it is judged as what it will be: the offer's leg says to whom it goes and over how much, its parent says
the rest. The relay sends the two in their order; should the first one end without effect, so does the other
(`ledger.outcome`).
"""

from __future__ import annotations

from typing import Any

from ledger.acts import State
from ledger.money import Fen
from ledger.ports import Store
from ledger.records import Act, Leg, Ticket
from ledger.tickets import UNNUMBERED, owned

UNDER_WAY = (State.COMPLETE, State.RELAYED)
"""States of a leg whose child has all its signatures and is not on the ledger yet."""


def word_out_of(parent: Ticket, id_: bytes, time: int, *, place: int | None = None, **fields: Any) -> Ticket:
    """A new word out of a ticket: the next place among its siblings unless it is given, everything else as given, else
    empty."""
    last = str(parent.children + 1 if place is None else place)
    path = f"{parent.path}-{last}" if parent.path else last
    blank = {"party": 0, "value": Fen(0), "depth": 0, "tier": parent.tier, **fields}
    return Ticket(id=id_, issuance=parent.issuance, parent=parent.id, path=path, created_at=time, **blank)


def child_of(parent: Ticket, id_: bytes, time: int, to: int, value: Fen, place: int | None = None) -> Ticket:
    """The ticket that an accepted child of an offer becomes."""
    depth, tier = max(0, parent.depth - 1), parent.tier + 1
    return word_out_of(parent, id_, time, place=place, party=to, value=value, depth=depth, tier=tier)


def word_of(store: Store, id_: bytes) -> Ticket | None:
    """The word under this id, or the ticket that an accepted child under way will become; None if there is neither."""
    legs: list[Leg] = []
    while (word := store.get(Ticket, id_)) is None:
        leg = store.get(Leg, id_)
        if leg is None or not leg.party or leg.state not in UNDER_WAY:
            return None
        legs.append(leg)
        id_ = store.need(Act, leg.act).subject
    for leg in reversed(legs):
        word = child_of(word, leg.id, leg.changed_at, leg.party, leg.value, UNNUMBERED)
    return word


def spendable(store: Store, id_: bytes) -> Ticket:
    """The ticket, which must have an owner; on the ledger, or about to come there. Raises UnknownTicket."""
    word = word_of(store, id_)
    return word if word is not None and word.party else owned(store, id_)
