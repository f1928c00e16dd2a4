"""Requests, quotes and locks as one participant may see them."""

from __future__ import annotations

from typing import Any

from api.models.finance import LockOut, QuoteOut, QuotesOut, RequestOut, TradeStepOut
from api.models.parties import party_out
from api.ticket_view import ticket_view
from ledger.errors import NotFound
from ledger.finance_quotes import Offer, compare
from ledger.finance_terms import quote_of
from ledger.money import Fen, parse_fen
from ledger.ports import Store
from ledger.records import FinanceRequest, Lock, Ticket
from ledger.references import text_of
from ledger.tickets import issuance, number_of
from ledger.trade_evidence import chain_of


def request_out(store: Store, caller: int, asked: FinanceRequest, now: int) -> RequestOut:
    """A request; a bank sees no other bank that was asked."""
    banks = asked.banks if caller == asked.party else [caller]
    return RequestOut(
        id=asked.id,
        state=asked.state,
        holder=party_out(store, asked.party),
        value=asked.value,
        banks=[party_out(store, bank) for bank in banks],
        until=asked.until,
        created_at=asked.created_at,
        ticket=ticket_view(store, caller, store.need(Ticket, asked.ticket), now),
        trades=[_trade(word, item) for word, item in chain_of(store, asked.ticket)],
        act=(asked.act or None) if caller == asked.party else None,
    )


def quotes_out(store: Store, caller: int, asked: FinanceRequest, now: int) -> QuotesOut:
    """The comparison for the holder; for a bank its own quote."""
    holder = caller == asked.party
    rows = compare(store, asked, now)
    return QuotesOut(
        quotes=[_quote(store, row, row.best and holder) for row in rows if holder or row.bank == caller]
    )


def lock_out(store: Store, lock: Lock) -> LockOut:
    """A lock as JSON."""
    parent = store.need(Ticket, lock.parent)
    registration = text_of(lock.registration) if any(lock.registration) else ""
    net: Fen | None = None
    try:
        known = quote_of(store, lock.id)
        net, registration = known.net, registration or known.registration
    except NotFound:
        pass
    return LockOut(
        id=lock.id,
        parent=lock.parent,
        number=number_of(issuance(store, parent.issuance), parent),
        holder=party_out(store, parent.party),
        bank=party_out(store, lock.bank),
        clearing_bank=party_out(store, lock.clearing_bank),
        value=lock.value,
        net=net,
        expiry=lock.expiry,
        state=lock.state,
        terms=lock.terms,
        ref=text_of(lock.ref) if any(lock.ref) else None,
        registration=registration or None,
    )


def _quote(store: Store, row: Offer, best: bool) -> QuoteOut:
    price = row.price
    return QuoteOut(
        id=row.quote,
        bank=party_out(store, row.bank),
        face=price.face,
        rate=price.rate_bp,
        days=price.days,
        interest=price.interest,
        bearer=str(price.bearer),
        fee=price.fee,
        net=price.net,
        all_in=price.all_in_bp,
        money_on=price.money_day,
        valid_until=row.valid_until,
        registration=row.registration or None,
        open=row.open,
        best=best,
    )


def _trade(word: Ticket, item: dict[str, Any] | None) -> TradeStepOut:
    """The evidence of one transfer, as filed later where it was owed."""
    trade = (item.get("filed") or item["trade"]) if item else {}
    invoice = trade.get("invoice")
    owed = item["owed_until"] if item and not invoice else 0
    return TradeStepOut(
        ticket=word.id,
        tier=word.tier,
        contract=trade.get("contract"),
        invoice=invoice["number"] if invoice else None,
        amount=parse_fen(invoice["amount"]) if invoice else None,
        owed_until=owed or None,
    )
