"""Value leaves a ticket: the conditions that an offer and a lock share.

Mirrors `GoldTicket._requireOfferable` and `_refuseValue`, with their codes. Amounts in fen, `now` (the latest block's
time) in UTC seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.acts import Due
from ledger.errors import Conflict, Invalid
from ledger.ids import to_hex
from ledger.money import format_yuan
from ledger.ports import Store
from ledger.records import Issuance, Ticket
from ledger.rules import signed_by
from ledger.tickets import BelowMinimum, free, issuance, least, number_of, transferable
from ledger.typed import Message
from ledger.words import spendable


class StaleVersion(Conflict):
    """All offers of the ticket were withdrawn since."""

    code = "stale-version"
    title = "The ticket's offers were withdrawn meanwhile"


class PaidInPart(Conflict):
    """Part of the ticket was paid out."""

    code = "paid-in-part"
    title = "The ticket was paid in part"


class RemainderBelowMinimum(Invalid):
    """What stays with the holder is too small."""

    code = "remainder-below-minimum"
    title = "The remainder is below the smallest part"


class NotEnough(Conflict):
    """The ticket has less free value."""

    code = "not-enough"
    title = "The ticket has not enough free value"


def signed_by_holder(message: Message, store: Store, primary: str) -> Due:
    """The signature of the ticket's holder. Raises UnknownTicket."""
    return signed_by(spendable(store, message["ticket"]).party, primary, message)


def same_version(ticket: Ticket, version: int) -> None:
    """Raises StaleVersion unless an act was drafted on the ticket's present version."""
    if ticket.version != version:
        raise StaleVersion(
            f"All offers of this ticket were withdrawn since this was drafted (version {version}, now "
            f"{ticket.version}); draft it anew.",
            given=version,
            current=ticket.version,
        )


def offerable(store: Store, ticket: Ticket, version: int, now: int) -> Issuance:
    """The ticket's issuance, if value of the ticket may be offered or locked now.

    Raises StaleVersion, FullyFunded, IssuanceVoid, NoLongerTransferable, PaidInPart.
    """
    same_version(ticket, version)
    found = issuance(store, ticket.issuance)
    transferable(found, now)
    if ticket.taken:
        raise PaidInPart(
            f"{format_yuan(ticket.taken)} yuan of {number_of(found, ticket)} were paid already; "
            "the rest is paid to its holder, too.",
            ticket=to_hex(ticket.id),
        )
    return found


def takes(store: Store, ticket: Ticket, issuance: Issuance, values: Sequence[int], now: int) -> None:
    """Whether these values can leave the ticket together, beside what is on offer already.

    Raises BelowMinimum, NotEnough, RemainderBelowMinimum.
    """
    minimum, number = least(issuance), number_of(issuance, ticket)
    for value in values:
        if value < minimum:
            raise BelowMinimum(
                f"{format_yuan(value)} yuan is below {format_yuan(minimum)}, the smallest part of {number}; "
                "give more.",
                value=value,
                minimum=minimum,
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
    if 0 < rest < minimum:
        raise RemainderBelowMinimum(
            f"{format_yuan(rest)} yuan of {number} would be left, less than {format_yuan(minimum)}; "
            "give all of it, or less.",
            remainder=rest,
            minimum=minimum,
        )
