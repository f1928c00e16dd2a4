"""ISSUE, unmaking: what would refuse the withdrawal of an issue act, or a void (作废) of what it made."""

from __future__ import annotations

from typing import Any

from ledger import typed
from ledger.ids import root_of, ticket_number, to_hex
from ledger.issue_errors import AlreadyFunded, AlreadyIssued, NotWhole, UnknownIssueAct, ValueHeld
from ledger.money import format_yuan
from ledger.ports import Store
from ledger.records import Act, Issuance, Ticket
from ledger.rules import ascending, at_most, in_time
from ledger.tickets import NotHolder, held, owned, standing
from ledger.typed import Message

MOST_TICKETS = 256


def withdraw_issue(message: Message, store: Store, now: int) -> None:
    """What would refuse a WithdrawIssue act now."""
    in_time(message, now)
    root = store.get(Ticket, root_of(message["issue"][:16]))
    if root is not None and not root.withdrawn:
        raise AlreadyIssued(
            "This has been issued; core and holder can make it void together.", ticket=to_hex(root.id)
        )


def void(message: Message, store: Store, now: int) -> None:
    """What would refuse a Void act now."""
    in_time(message, now)
    found = standing(store, message["issuance"])
    number = ticket_number(found.number)
    if found.paid:
        raise AlreadyFunded(
            f"{format_yuan(found.paid)} yuan were funded for {number}; it can't be made void any more.",
            paid=found.paid,
        )
    at_most(len(message["tickets"]), MOST_TICKETS, "tickets")
    ascending(list(message["tickets"]), "tickets")
    _require_whole(message, store, found, now)


def issue_message(store: Store, digest: bytes) -> dict[str, Any]:
    """The message of an issue act that this book keeps. Raises UnknownIssueAct."""
    act = store.get(Act, digest)
    if act is None or act.kind != "Issue":
        raise UnknownIssueAct(f"There is no issue act {to_hex(digest)} in this book; look it up again.")
    return typed.message_from_json("Issue", act.message)


def parts_of(store: Store, issuance: bytes) -> list[Ticket]:
    """An issuance's tickets that have an owner and value, ascending by id."""
    found = store.find(Ticket, issuance=issuance)
    return sorted((t for t in found if t.party and t.value), key=lambda t: t.id)


def _require_whole(message: Message, store: Store, found: Issuance, now: int) -> None:
    named = [owned(store, id_) for id_ in message["tickets"]]
    holder = named[0].party if named else 0
    for ticket in named:
        if ticket.party != holder or ticket.issuance != found.id:
            raise NotHolder(
                f"{to_hex(ticket.id)} is not a ticket of this issuance with the same holder; all must be in one hand.",
                ticket=to_hex(ticket.id),
            )
        _require_loose(store, ticket, now)
    whole = sum(ticket.value for ticket in named)
    if whole != found.face:
        raise NotWhole(
            f"The tickets named are worth {format_yuan(whole)} of {format_yuan(found.face)} yuan: the rest is locked "
            "for a bank or not named.",
            sum=whole,
            face=found.face,
        )


def _require_loose(store: Store, ticket: Ticket, now: int) -> None:
    fixed = held(store, ticket, now)
    if fixed:
        raise ValueHeld(
            f"A court's order holds {format_yuan(fixed)} yuan of {to_hex(ticket.id)}; it must be lifted first.",
            ticket=to_hex(ticket.id),
            held=fixed,
        )
