"""What may be done with a ticket or an issuance now: conditions that several stages ask for.

Each mirrors a check of the contract (`GoldTicket._requireOfferable`, `_refuseValue`, `SettleLib._issuance`) and has its
code. Amounts in fen, `now` (the latest block's time) in UTC seconds.
"""

from __future__ import annotations

from ledger.clock import shanghai_text
from ledger.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.money import format_yuan
from ledger.ports import Store
from ledger.records import Issuance, Ticket
from ledger.tickets import free, number_of


class UnknownTicket(NotFound):
    """No such ticket, or a word that nobody owns: a lock, a withdrawn or returned one."""

    code = "unknown-ticket"
    title = "There is no ticket with this id"


class NotHolder(Forbidden):
    """The ticket is somebody else's."""

    code = "not-holder"
    title = "The ticket belongs to another participant"


class UnknownIssuance(NotFound):
    """No such issuance."""

    code = "unknown-issuance"
    title = "There is no issuance with this id"


class IssuanceVoid(Conflict):
    """The issuance was unmade."""

    code = "issuance-void"
    title = "The issuance is void"


class FullyFunded(Conflict):
    """The core's money is there in full."""

    code = "fully-funded"
    title = "The issuance is fully funded"


class StaleVersion(Conflict):
    """All offers of the ticket were withdrawn since."""

    code = "stale-version"
    title = "The ticket's offers were withdrawn meanwhile"


class PaidInPart(Conflict):
    """Part of the ticket was paid out."""

    code = "paid-in-part"
    title = "The ticket was paid in part"


class NoLongerTransferable(Conflict):
    """Too close to the due date."""

    code = "no-longer-transferable"
    title = "The time for transfer and financing is over"


class BelowMinimum(Invalid):
    """Smaller than the issuance allows."""

    code = "below-minimum"
    title = "The value is below the smallest that the issuance allows"


class RemainderBelowMinimum(Invalid):
    """What stays with the holder is too small."""

    code = "remainder-below-minimum"
    title = "The remainder is below the smallest that the issuance allows"


class NotEnough(Conflict):
    """The ticket has less free value."""

    code = "not-enough"
    title = "The ticket has not enough free value"


def owned(store: Store, id_: bytes) -> Ticket:
    """The ticket, which has an owner. Raises UnknownTicket."""
    found = store.get(Ticket, id_)
    if found is None or found.party == 0:
        raise UnknownTicket(
            f"There is no ticket 0x{id_.hex()} that somebody owns; copy its id from your holdings.",
            ticket=id_.hex(),
        )
    return found


def issuance(store: Store, id_: bytes) -> Issuance:
    """The issuance, which is not void. Raises UnknownIssuance, IssuanceVoid."""
    found = store.get(Issuance, id_)
    if found is None:
        raise UnknownIssuance(
            f"There is no issuance 0x{id_.hex()}; copy its id from the list.", issuance=id_.hex()
        )
    if found.void:
        raise IssuanceVoid(
            f"Issuance {found.number} is void; nothing can be done with it any more.", issuance=id_.hex()
        )
    return found


def minimum(issuance: Issuance) -> int:
    """The smallest value in fen of a child, a lock or a remainder."""
    least: int = 10**issuance.minimum
    return least


def offerable(store: Store, ticket: Ticket, version: int, now: int) -> Issuance:
    """The ticket's issuance, if value of the ticket may be offered or locked now.

    Raises StaleVersion, PaidInPart, FullyFunded, IssuanceVoid, NoLongerTransferable.
    """
    found = issuance(store, ticket.issuance)
    number = number_of(found, ticket)
    if ticket.version != version:
        raise StaleVersion(
            f"All offers of {number} were withdrawn since this was drafted (version {version}, now "
            f"{ticket.version}); draft it anew.",
            given=version,
            current=ticket.version,
        )
    if ticket.taken:
        raise PaidInPart(
            f"{format_yuan(ticket.taken)} yuan of {number} were paid already; the rest is paid to its holder.",
            ticket=ticket.id.hex(),
        )
    if found.funded:
        raise FullyFunded(
            f"The money for {number} is with its clearing bank in full; wait for the payment instead.",
            issuance=found.id.hex(),
        )
    if now >= found.transferable_until:
        raise NoLongerTransferable(
            f"{number} could be passed on or sold until {shanghai_text(found.transferable_until)} (Shanghai); "
            "hold it until it is paid.",
            until=found.transferable_until,
        )
    return found


def takes(store: Store, ticket: Ticket, issuance: Issuance, values: list[int], now: int) -> None:
    """Whether these values can leave the ticket together, beside what is on offer already.

    Raises BelowMinimum, NotEnough, RemainderBelowMinimum.
    """
    least, number = minimum(issuance), number_of(issuance, ticket)
    for value in values:
        if value < least:
            raise BelowMinimum(
                f"{format_yuan(value)} yuan is below {format_yuan(least)}, the smallest part of {number}; "
                "give more.",
                value=value,
                minimum=least,
            )
    total, most = sum(values), free(store, ticket, now)
    if total > most:
        raise NotEnough(
            f"{number} has {format_yuan(most)} yuan free of offers and orders, {format_yuan(total)} are asked; "
            "give less, or withdraw an offer first.",
            free=most,
            value=total,
        )
    rest = ticket.value - total
    if 0 < rest < least:
        raise RemainderBelowMinimum(
            f"{format_yuan(rest)} yuan of {number} would be left, less than {format_yuan(least)}; "
            "pass on all of it, or less.",
            remainder=rest,
            minimum=least,
        )
