"""Who may see which id, said once more and apart from the gateway: one plain rule for each kind of thing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ledger.ids import to_hex
from ledger.records import (
    Act,
    ClearingList,
    FinanceRequest,
    Issuance,
    Leg,
    Lock,
    Order,
    Participant,
    Quote,
    Replacement,
    Seat,
    StoredDocument,
    Ticket,
)
from tests.support.actors import PANEL


@dataclass(frozen=True)
class Id:
    """An id of something in the book: `value` as paths and bodies have it, and the ids of those concerned."""

    kind: str
    value: str | int
    audience: frozenset[int]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


def ids(store: Any) -> list[Id]:
    """Every id in a book, once: a lock's is a ticket's as well, and that of the leg that made it."""
    found: dict[str | int, Id] = {}
    for kind, value, audience in _ids(store):
        known = found.get(value, Id(kind, value, frozenset()))
        found[value] = replace(known, audience=known.audience | audience)
    return list(found.values())


PANEL_IDS = {one.id for one in PANEL}


def _ids(store: Any) -> Iterator[tuple[str, str | int, set[int]]]:
    for ticket in store.find(Ticket):
        yield "ticket", to_hex(ticket.id), of_ticket(store, ticket)
    for issuance in store.find(Issuance):
        yield "issuance", to_hex(issuance.id), of_issuance(store, issuance)
    for act in store.find(Act):
        yield "act", to_hex(act.id), of_act(store, act)
    for leg in store.find(Leg):
        if leg.id != leg.act:
            yield "leg", to_hex(leg.id), {leg.party, store.need(Act, leg.act).party}
    for lock in store.find(Lock):
        yield "lock", to_hex(lock.id), of_lock(store, lock.id)
    for asked in store.find(FinanceRequest):
        yield "request", asked.id, {asked.party, *asked.banks}
    for quote in store.find(Quote):
        yield "quote", quote.id, {quote.bank, store.need(FinanceRequest, quote.request).party}
    for found in store.find(StoredDocument):
        yield "document", to_hex(found.hash), of_document(store, found)
    for listed in store.find(ClearingList):
        cores = store.need(StoredDocument, listed.hash).parties
        yield "clearing list", to_hex(listed.hash), {listed.bank, *cores}
    for order in store.find(Order):
        yield "order", to_hex(order.number), set()
    for one in store.find(Participant):
        yield "participant", one.id, {one.id}


def of_ticket(store: Any, ticket: Ticket) -> set[int]:
    """Its holder and who passed it on; who owes and who pays; a lock's banks; banks that are asked; the panel, if a
    court's order on it is its to sign."""
    whole = store.need(Issuance, ticket.issuance)
    found = {ticket.party, whole.debtor, whole.clearing_bank}
    if ticket.parent:
        found.add(store.need(Ticket, ticket.parent).party)
    for lock in store.find(Lock, id=ticket.id):
        found |= {lock.bank, lock.clearing_bank}
    for asked in store.find(FinanceRequest, ticket=ticket.id):
        found |= may_buy(store, asked)
    if any(store.find(Act, kind=["Freeze", "Unfreeze"], subject=ticket.id)):
        found |= PANEL_IDS
    return found - {0}


def may_buy(store: Any, asked: FinanceRequest) -> set[int]:
    """The banks that were asked, and after the choice the chosen one."""
    if asked.state == "open":
        return set(asked.banks)
    return {quote.bank for quote in store.find(Quote, request=asked.id, state="chosen")}


def of_issuance(store: Any, issuance: Issuance) -> set[int]:
    """Who owes, who pays, and the first supplier."""
    return {issuance.debtor, issuance.clearing_bank, issuance.supplier}


def of_act(store: Any, act: Act) -> set[int]:
    """Who drafted it, who has to sign it, who was told."""
    seats = {seat.party for seat in store.find(Seat, act=act.id)}
    return {act.party, *seats, *act.extra.get("parties", [])} - {0}


def of_lock(store: Any, id_: bytes) -> set[int]:
    """Holder, bank, clearing bank; of what is no lock nobody."""
    lock = store.get(Lock, id_)
    if lock is None:
        return set()
    return {store.need(Ticket, lock.parent).party, lock.bank, lock.clearing_bank}


def of_document(store: Any, document: StoredDocument) -> set[int]:
    """Whom it names; an undertaking is read by everybody who holds a ticket behind it, or is offered one."""
    found = set(document.parties)
    if document.kind == "undertaking":
        for issuance in _behind(store, document):
            found |= {ticket.party for ticket in store.find(Ticket, issuance=issuance)}
            found |= {leg.party for leg in store.find(Leg) if leg.id[:16] == issuance}
    return found - {0}


def _behind(store: Any, document: StoredDocument) -> list[bytes]:
    return [one.id for one in store.find(Issuance) if one.undertaking == document.hash]


def payers(store: Any, party: int) -> set[int]:
    """The clearing bank that a company named, and those that pay its tickets."""
    issuances = {ticket.issuance for ticket in store.find(Ticket, party=party)}
    banks = {store.need(Issuance, one).clearing_bank for one in issuances}
    return {store.need(Participant, party).clearing_bank, *banks}


def of_replacement(store: Any, issuance: Issuance) -> set[int]:
    """The issuance's parties, the bank that is to come, the panel."""
    coming = {one.bank for one in store.find(Replacement, issuance=issuance.id)}
    return of_issuance(store, issuance) | coming | PANEL_IDS
