"""Rules about one ticket that several stages share, as in `contracts/libraries/Tickets.sol` and `Lens.statusOf`.

All amounts in fen, all times in UTC seconds. `now` is the latest block's time.
"""

from __future__ import annotations

from ledger.clock import shanghai_text
from ledger.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.ids import issuance_id, split_number, ticket_number, to_hex
from ledger.money import Fen, format_yuan, mul_div_floor
from ledger.ports import Store
from ledger.records import Issuance, Order, Reservation, Ticket

MOST_ORDERS = 4
"""Orders that a ticket carries at most."""
UNNUMBERED = 0
"""The place among its siblings of a child that is not on the ledger yet: it gets one when it is mined."""
_PLACES = 10_000
"""Children asked for at once."""


class UnknownTicket(NotFound):
    """There is no ticket with an owner under this id."""

    code = "unknown-ticket"
    title = "There is no such ticket"


class UnknownIssuance(NotFound):
    """There is no issuance under this id."""

    code = "unknown-issuance"
    title = "There is no such issuance"


class NotHolder(Forbidden):
    """The ticket belongs to somebody else."""

    code = "not-holder"
    title = "The ticket belongs to another participant"


class IssuanceVoid(Conflict):
    """The issuance was unmade."""

    code = "issuance-void"
    title = "The issuance is void"


class FullyFunded(Conflict):
    """The core's money is there in full: what remains is the payout."""

    code = "fully-funded"
    title = "The issuance is fully funded"


class NoLongerTransferable(Conflict):
    """Too close to the due date."""

    code = "no-longer-transferable"
    title = "The ticket can no longer be passed on or financed"


class BelowMinimum(Invalid):
    """A value below the smallest part of the issuance."""

    code = "below-minimum"
    title = "The amount is below the smallest part"


class BadAmount(Invalid):
    """An amount of 0 where there must be one."""

    code = "bad-amount"
    title = "An amount must be above 0"


def owned(store: Store, ticket: bytes) -> Ticket:
    """The ticket, which must have an owner: no lock, no tombstone. Raises UnknownTicket."""
    found = store.get(Ticket, ticket)
    if found is None or found.party == 0:
        raise UnknownTicket(
            f"There is no ticket {to_hex(ticket)} with an owner; look its number up again.",
            ticket=to_hex(ticket),
        )
    return found


def issuance_of(store: Store, ticket: bytes) -> Issuance:
    """The issuance that a ticket belongs to. Raises UnknownIssuance."""
    return issuance(store, issuance_id(ticket))


def issuance(store: Store, id_: bytes) -> Issuance:
    """The issuance with this id of 16 bytes, void or not. Raises UnknownIssuance."""
    found = store.get(Issuance, id_)
    if found is None:
        raise UnknownIssuance(f"There is no issuance {to_hex(id_)}; look it up again.", issuance=to_hex(id_))
    return found


def standing(store: Store, id_: bytes) -> Issuance:
    """The issuance, which must not be void. Raises UnknownIssuance, IssuanceVoid."""
    found = issuance(store, id_)
    if found.void:
        raise IssuanceVoid(
            f"Issuance {ticket_number(found.number)} was made void; nothing can be done with it.",
            issuance=to_hex(id_),
        )
    return found


def transferable(found: Issuance, now: int) -> None:
    """Raises FullyFunded, IssuanceVoid or NoLongerTransferable when nothing may be offered or locked any more."""
    number, evidence = ticket_number(found.number), {"issuance": to_hex(found.id)}
    if found.funded:
        raise FullyFunded(f"{number} is fully funded; it is paid out and can't be passed on.", **evidence)
    if found.void:
        raise IssuanceVoid(f"{number} was made void; nothing can be done with it.", **evidence)
    if now >= found.transferable_until:
        raise NoLongerTransferable(
            f"{number} could be passed on or financed before {shanghai_text(found.transferable_until)} "
            "(Shanghai); hold it until it is paid.",
            **evidence,
            until=found.transferable_until,
        )


def least(found: Issuance) -> Fen:
    """The smallest child, lock or remainder of an issuance."""
    return Fen(10**found.minimum)


def positive(amount: int, what: str) -> None:
    """Raises BadAmount for an amount of 0 or less."""
    if amount <= 0:
        raise BadAmount(
            f"The amount of {what} is {format_yuan(amount)} yuan; give one above 0.", amount=amount
        )


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


def by_number(store: Store, number: str) -> Ticket | None:
    """The ticket with this number for people, None if there is none."""
    serial, path = split_number(number)
    for found in store.find(Issuance, number=serial):
        for ticket in store.find(Ticket, issuance=found.id, path="-".join(map(str, path)), limit=1):
            return ticket
    return None


def children_of(store: Store, ticket: Ticket) -> list[Ticket]:
    """All that came out of a ticket, tombstones too, by id. They are found by their places, 1 to `children`: an index
    by parent would cost every transfer a page, for this one question."""
    head = f"{ticket.path}-" if ticket.path else ""
    paths = [f"{head}{place}" for place in range(1, ticket.children + 1)]
    lots = [paths[start : start + _PLACES] for start in range(0, len(paths), _PLACES)]
    found = [child for lot in lots for child in store.find(Ticket, issuance=ticket.issuance, path=lot)]
    return sorted(found, key=lambda child: child.id)


def number_of(issuance: Issuance, ticket: Ticket) -> str:
    """The number for people: `GT-000123-2-1` is the first child of the second child of issuance 123. What is not on
    the ledger yet is told by the ticket that it comes out of."""
    path = [int(place) for place in ticket.path.split("-") if place]
    if UNNUMBERED in path:
        above = ticket_number(issuance.number, path[: path.index(UNNUMBERED)])
        return f"the part of {above} that is under way"
    return ticket_number(issuance.number, path)


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
