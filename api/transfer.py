"""TRANSFER over HTTP: the wallet, offers, withdrawals, lineage."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Query, Response

from api.act_view import act_out
from api.acts import withdrawal
from api.deps import Once, Read
from api.drafting import POSTED, draft, drafted
from api.json_body import routed
from api.models.acts import ActOut, WithdrawIn
from api.models.fields import HashIn, TicketIn, TicketNamed
from api.models.tickets import (
    AncestorOut,
    EvidenceIn,
    LineageOut,
    OfferIn,
    TicketView,
    TradeIn,
    TradeInvoiceIn,
    WithdrawAllIn,
)
from api.pages import Page, Paged, page
from api.ticket_view import ticket_view
from ledger import trade_evidence, transfer
from ledger.access import require_scope
from ledger.errors import NotFound
from ledger.ports import Store
from ledger.privacy import own_ticket, seen_ticket, sees_ticket
from ledger.records import Act, Ticket
from ledger.tickets import children_of
from ledger.trade_evidence import Trade, TradeInvoice
from ledger.transfer import ChildDraft

router = routed("", "transfer")


@router.get("/tickets", operation_id="listTickets", summary="The wallet: tickets of the caller's company")
def wallet(
    read: Read,
    paging: Paged,
    spent: Annotated[bool, Query(description="Also those without value", examples=[False])] = False,
) -> Page[TicketView]:
    """In the order of their ids, so that those of one issuance stand together."""
    party = read.caller.party

    def work(store: Store) -> Page[TicketView]:
        now = read.app.service.now(store)
        return page(
            store,
            Ticket,
            paging,
            lambda ticket: ticket_view(store, party, ticket, now),
            keep=lambda ticket: spent or ticket.value > 0,
            party=party,
        )

    return read(work)


@router.get("/tickets/{id}", operation_id="getTicket", summary="One ticket")
def get_ticket(id: TicketNamed, read: Read) -> TicketView:
    """For its holder, who passed it on, its debtor and clearing bank, and banks that are asked to finance it."""
    party = read.caller.party
    return read(
        lambda store: ticket_view(store, party, seen_ticket(store, party, id), read.app.service.now(store))
    )


@router.get(
    "/tickets/{id}/lineage", operation_id="getLineage", summary="Where a ticket comes from, what came of it"
)
def lineage(id: TicketNamed, read: Read) -> LineageOut:
    """What the caller's company is no party to stays hidden."""
    return read(lambda store: _lineage(store, read.caller.party, id, read.app.service.now(store)))


@router.post("/offers", operation_id="offer", summary="Pass on parts of a ticket", **POSTED)
def offer(body: OfferIn, once: Once) -> Response:
    """Signed by the holder; only then each receiver sees its own children, and accepts or rejects them. The value is
    reserved from now on. The ticket may be a child that the company has accepted and that is not final yet."""

    def work(store: Store) -> ActOut:
        own_ticket(store, once.caller.party, body.ticket)
        children = [ChildDraft(child.to, child.value, _trade(child.trade)) for child in body.children]
        message, extra = transfer.offer(
            store, body.ticket, children, once.app.service.now(store), deadline=body.deadline
        )
        return drafted(store, once, "Offer", message, extra)

    return once(work)


@router.post(
    "/offers/{act}/withdrawals", operation_id="withdrawOffer", summary="Withdraw children (撤回)", **POSTED
)
def withdraw(act: HashIn, body: WithdrawIn, once: Once) -> Response:
    """Drafts the act that ends children which have not taken effect. Their value is free when it is final."""

    def work(store: Store) -> ActOut:
        _own_offer(store, once.caller.party, act)
        return withdrawal(store, once, act, body.places)

    return once(work)


@router.post(
    "/offers/{act}/evidence", operation_id="fileEvidence", summary="File an invoice that was owed", **POSTED
)
def file_evidence(act: HashIn, body: EvidenceIn, once: Once) -> Response:
    """By the holder who offered, or by the receiver of that child."""

    def work(store: Store) -> ActOut:
        require_scope(once.caller, "maker")
        found = once.app.service.act(store, once.caller, act)
        children = found.message.get("children", [])
        if found.kind != "Offer" or body.place >= len(children):
            raise NotFound("There is no such child of an offer.", act=act, place=body.place)
        if once.caller.party not in (found.party, int(children[body.place]["to"])):
            raise NotFound("There is no such child of an offer for your company.", act=act, place=body.place)
        filed = replace(found, extra=trade_evidence.file(store, found, body.place, _invoice(body.invoice)))
        store.put(filed)
        detail = {"place": body.place, "invoice": body.invoice.number}
        once.app.service.audit(store, once.caller, "file evidence", act.hex(), detail)
        return act_out(store, once.caller, filed)

    return once(work)


@router.post(
    "/tickets/{id}/withdrawals",
    operation_id="withdrawAll",
    summary="Withdraw all offers of a ticket",
    **POSTED,
)
def withdraw_all(id: TicketIn, body: WithdrawAllIn, once: Once) -> Response:
    """Raises the ticket's version: whatever was signed on the old one can't take effect any more."""

    def message(store: Store) -> dict[str, Any]:
        own_ticket(store, once.caller.party, id)
        return transfer.withdraw_all(store, id, once.deadline(store, body.deadline))

    return draft(once, "WithdrawAll", message)


def _lineage(store: Store, party: int, id: bytes | str, now: int) -> LineageOut:
    ticket = seen_ticket(store, party, id)
    ancestors: list[AncestorOut] = []
    above = store.get(Ticket, ticket.parent) if ticket.parent else None
    while above is not None:
        seen = sees_ticket(store, party, above)
        ancestors.append(
            AncestorOut(tier=above.tier, ticket=ticket_view(store, party, above, now) if seen else None)
        )
        above = store.get(Ticket, above.parent) if above.parent else None
    children = [one for one in children_of(store, ticket) if sees_ticket(store, party, one)]
    return LineageOut(
        ancestors=ancestors[::-1],
        ticket=ticket_view(store, party, ticket, now),
        children=[ticket_view(store, party, child, now) for child in children],
    )


def _own_offer(store: Store, party: int, id: bytes) -> Act:
    found = store.get(Act, id)
    if found is None or found.kind != "Offer" or found.party != party:
        raise NotFound("Your company has made no such offer; look its id up again.", act=id)
    return found


def _trade(given: TradeIn) -> Trade:
    return Trade(given.contract, _invoice(given.invoice) if given.invoice else None, given.owed_days)


def _invoice(given: TradeInvoiceIn) -> TradeInvoice:
    return TradeInvoice(given.code, given.number, given.amount, given.seller, given.buyer)
