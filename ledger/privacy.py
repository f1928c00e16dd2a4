"""Who may see what: a participant sees only what it is a party to.

What it may not see looks as if it were not there, so that nobody learns from ids that were guessed. Panel members see
a ticket as far as one of their own acts is about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from ledger.access import laid_open
from ledger.errors import NotFound
from ledger.ids import to_hex
from ledger.ports import Store
from ledger.records import (
    Act,
    FinanceRequest,
    Governance,
    Issuance,
    Leg,
    Lock,
    Participant,
    Quote,
    Seat,
    StoredDocument,
    Ticket,
)
from ledger.tickets import UnknownIssuance, UnknownTicket, by_number
from ledger.words import word_of


class UnknownLock(NotFound):
    """There is no lock, or somebody else's."""

    code = "unknown-lock"
    title = "There is no such lock"


R = TypeVar("R", Ticket, Leg)

_AT_ONCE = 64
_ORDERS = ("Freeze", "Unfreeze")


def seen_ticket(store: Store, party: int, named: bytes | str) -> Ticket:
    """The ticket (or lock, or tombstone) of an id or a number, if this participant may see it. Raises UnknownTicket."""
    found = by_number(store, named) if isinstance(named, str) else store.get(Ticket, named)
    if found is None or not sees_ticket(store, party, found):
        shown = named if isinstance(named, str) else to_hex(named)
        raise UnknownTicket(
            f"There is no ticket {shown}, or your company is no party to it; look its number up again.",
            ticket=shown,
        )
    return found


def own_ticket(store: Store, party: int, id_: bytes) -> Ticket:
    """The ticket, which this participant must hold; or an accepted child of its own that is under way. Raises
    UnknownTicket."""
    found = word_of(store, id_)
    if found is None or found.party != party:
        raise UnknownTicket(
            f"Your company holds no ticket {to_hex(id_)}; choose one of your own.", ticket=to_hex(id_)
        )
    return found


def seen_issuance(store: Store, party: int, id_: bytes) -> Issuance:
    """The issuance, if this participant is its debtor, clearing bank or first supplier. Raises UnknownIssuance."""
    found = store.get(Issuance, id_)
    if found is None or not sees_issuance(party, found):
        raise UnknownIssuance(
            f"There is no issuance {to_hex(id_)}, or your company is no party to it; look it up again.",
            issuance=to_hex(id_),
        )
    return found


def sees_issuance(party: int, issuance: Issuance) -> bool:
    """Debtor, clearing bank and first supplier."""
    return party in (issuance.debtor, issuance.clearing_bank, issuance.supplier)


def sees_ticket(store: Store, party: int, ticket: Ticket) -> bool:
    """Its holder; who made it out of its own ticket; debtor and clearing bank of its issuance; the banks of a lock on
    it; a bank that may buy of it; a panel member that has a court's order on it to sign."""
    if ticket.party == party or _sees_all(store, party, ticket.issuance):
        return True
    parent = store.get(Ticket, ticket.parent) if ticket.parent else None
    if parent is not None and parent.party == party:
        return True
    lock = store.get(Lock, ticket.id)
    if lock is not None and party in (lock.bank, lock.clearing_bank):
        return True
    if any(may_buy(store, party, asked) for asked in store.find(FinanceRequest, ticket=ticket.id)):
        return True
    return sees_orders(store, party, ticket.id)


def may_buy(store: Store, party: int, asked: FinanceRequest) -> bool:
    """A bank that was asked, while the request is open; afterwards only the one that was chosen."""
    if party not in asked.banks:
        return False
    return asked.state == "open" or bool(store.count(Quote, request=asked.id, bank=party, state="chosen"))


def sees_orders(store: Store, party: int, ticket: bytes) -> bool:
    """Whether a court's order on this ticket is or was this panel member's to sign."""
    acts = store.find(Act, kind=list(_ORDERS), subject=ticket)
    return any(store.count(Seat, act=act.id, party=party) for act in acts)


def sees_profile(store: Store, party: int, subject: Participant) -> bool:
    """A participant's file, payee account included: itself, the clearing bank that it named, and the clearing banks
    that pay its tickets."""
    if party in (subject.id, subject.clearing_bank):
        return True
    if not store.find(Issuance, clearing_bank=party, order="due", limit=1):
        return False
    return store.leads(Ticket, {"party": subject.id}, "issuance", Issuance, {"clearing_bank": party})


def sees_document(store: Store, party: int, document: StoredDocument) -> bool:
    """The parties that it names; a holder, or who is offered a part, reads the undertaking behind its ticket."""
    if party in document.parties:
        return True
    if document.kind != "undertaking":
        return False
    # its hash stands on chain: another core could name it in an issuance of its own
    behind = store.find(Issuance, undertaking=document.hash, debtor=document.parties)
    return any(_has_part(store, party, one.id) for one in behind)


def _has_part(store: Store, party: int, issuance: bytes) -> bool:
    """Whether this participant holds, held or is offered a part of an issuance: ids of all that comes out of an
    issuance begin with its own."""
    if any(_within(store, Ticket, party, issuance)):
        return True
    offered = _within(store, Leg, party, issuance)
    return any(laid_open(store, store.need(Act, leg.act)) for leg in offered)


def _within(store: Store, kind: type[R], party: int, issuance: bytes) -> Iterator[R]:
    """A party's tickets or legs of one issuance, first one, then more at a time, without a look at those of others."""
    after, most = issuance, 1  # sorts before every longer id that begins with it
    while found := store.find(kind, party=party, after=after, limit=most):
        for one in found:
            after = one.id
            if after[:16] != issuance:
                return
            yield one
        if len(found) < most:
            return
        most = min(most * 2, _AT_ONCE)


def _sees_all(store: Store, party: int, issuance: bytes) -> bool:
    found = store.get(Issuance, issuance)
    return found is not None and party in (found.debtor, found.clearing_bank)


def seen_lock(store: Store, party: int, id_: bytes) -> Lock:
    """The lock, for its holder, its bank and its clearing bank. Raises UnknownLock."""
    found = store.get(Lock, id_)
    if found is None or not sees_lock(store, party, found):
        raise unknown_lock(id_)
    return found


def unknown_lock(id_: bytes) -> UnknownLock:
    """The error for a lock that is not there, or not for the caller."""
    return UnknownLock(
        f"There is no lock {to_hex(id_)}, or your company is no party to it; look at the financing again.",
        lock=to_hex(id_),
    )


def sees_lock(store: Store, party: int, lock: Lock) -> bool:
    """The holder of the ticket that it came out of, the bank, the clearing bank."""
    return party in (lock.bank, lock.clearing_bank, store.need(Ticket, lock.parent).party)


def is_panel(store: Store, party: int) -> bool:
    """Whether this participant sits on the panel."""
    return party in store.need(Governance, 1).members
