"""Rules about one ticket that several stages share, as in `contracts/libraries/Tickets.sol` and `Lens.statusOf`.

All amounts in fen, all times in UTC seconds. `now` is the latest block's time.
"""

from __future__ import annotations

from ledger.ids import ticket_number
from ledger.money import Fen, mul_div_floor
from ledger.ports import Store
from ledger.records import Issuance, Order, Reservation, Ticket

MOST_ORDERS = 4
"""Orders that a ticket carries at most."""


def held(store: Store, ticket: Ticket, now: int, as_of: int | None = None) -> Fen:
    """What running orders hold: min(their sum, value - taken).

    Orders that began after `as_of` (default: now) don't count: a freeze after a line was paid does not reduce it.
    """
    if not ticket.ordered:
        return Fen(0)
    began = now if as_of is None else as_of
    running = (o for o in store.find(Order, ticket=ticket.id) if o.start <= began and now < o.end)
    return Fen(min(sum(order.amount for order in running), ticket.value - ticket.taken))


def payable(store: Store, ticket: Ticket, issuance: Issuance, now: int, as_of: int | None = None) -> Fen:
    """max(0, floor((value - held) × paid ÷ face) - taken): what may be paid out now for a line paid at `as_of`."""
    loose = ticket.value - held(store, ticket, now, as_of)
    return Fen(max(0, mul_div_floor(loose, issuance.paid, issuance.face) - ticket.taken))


def reserved(store: Store, ticket: bytes) -> Fen:
    """The value of this ticket on offer: reservations that have not ended."""
    return Fen(sum(r.value for r in store.find(Reservation, ticket=ticket, ended=False)))


def free(store: Store, ticket: Ticket, now: int) -> Fen:
    """What its holder may still offer or lock: value - held - reserved, never below 0."""
    return Fen(max(0, ticket.value - held(store, ticket, now) - reserved(store, ticket.id)))


def status_of(ticket: Ticket | None, issuance: Issuance | None, now: int) -> str:
    """One word for people, derived from facts: none, withdrawn, returned, locked, void, spent, paid, partly paid,
    due, funded or live."""
    if ticket is None:
        return "none"
    word = _word(ticket)
    if word or issuance is None:
        return word or "none"
    if issuance.void:
        return "void"
    return _alive(ticket, issuance, now)


def number_of(issuance: Issuance, ticket: Ticket) -> str:
    """The number for people: `GT-000123-2-1` is the first child of the second child of issuance 123."""
    return ticket_number(issuance.number, [int(place) for place in ticket.path.split("-") if place])


def _word(ticket: Ticket) -> str:
    if ticket.withdrawn:
        return "withdrawn"
    if ticket.returned:
        return "returned"
    return "locked" if ticket.locked else ""


def _alive(ticket: Ticket, issuance: Issuance, now: int) -> str:
    if ticket.value == 0:
        return "spent"
    if ticket.taken:
        return "paid" if ticket.taken == ticket.value else "partly paid"
    if now >= issuance.due:
        return "due"
    return "funded" if issuance.funded else "live"
