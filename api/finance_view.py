"""Requests, quotes and locks as one participant may see them.

Price and look-through are business between holder and bank: a bank sees neither other banks nor their quotes, and the
trades only while it may buy; a holder sees of the trades those of its own company.
"""

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
from ledger.privacy import may_buy
from ledger.records import FinanceRequest, Lock, Quote, Ticket
from ledger.references import text_of
from ledger.tickets import issuance, number_of
from ledger.trade_evidence import chain_of


def request_out(store: Store, caller: int, asked: FinanceRequest, now: int) -> RequestOut:
    """A request as its holder or a bank that was asked sees it."""
    own = caller == asked.party
    chosen = bool(store.count(Quote, request=asked.id, bank=caller, state="chosen"))
    looks = own or may_buy(store, caller, asked)
    steps = chain_of(store, asked.ticket) if looks else []
    return RequestOut(
        id=asked.id,
        state=asked.state,
        holder=party_out(store, asked.party),
        value=asked.value,
        banks=[party_out(store, bank) for bank in (asked.banks if own else [caller])],
        until=asked.until,
        created_at=asked.created_at,
        ticket=ticket_view(store, caller, store.need(Ticket, asked.ticket), now) if looks else None,
        trades=[_trade(word, item) for word, item in steps if not own or _took_part(store, caller, word)],
        act=(asked.act or None) if own or chosen else None,
    )


def quotes_out(store: Store, caller: int, asked: FinanceRequest, now: int) -> QuotesOut:
    """The comparison for the holder; for a bank its own quote, and not how it compares."""
    own = caller == asked.party
    rows = [row for row in compare(store, asked, now) if own or row.bank == caller]
    return QuotesOut(quotes=[_quote(store, row, row.best if own else None) for row in rows])


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


def _quote(store: Store, row: Offer, best: bool | None) -> QuoteOut:
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
        state=store.need(Quote, row.quote).state,
        open=row.open,
        best=best,
    )


def _took_part(store: Store, party: int, word: Ticket) -> bool:
    """Whether a transfer was made or received by this company."""
    above = store.get(Ticket, word.parent) if word.parent else None
    return party == word.party or (above is not None and party == above.party)


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
