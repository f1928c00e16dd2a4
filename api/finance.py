"""FINANCE over HTTP: requests, quotes side by side, the choice. What comes of it: `finance_locks`."""

from __future__ import annotations

from dataclasses import replace

from fastapi import Response

from api.act_view import act_out
from api.deps import Doing, Once, Read
from api.drafting import POSTED
from api.finance_view import quotes_out, request_out
from api.json_body import routed
from api.models.acts import ActOut
from api.models.finance import (
    ChooseIn,
    NothingIn,
    QuoteId,
    QuoteIn,
    QuoteOut,
    QuotesOut,
    RegistrationIn,
    RequestId,
    RequestIn,
    RequestOut,
)
from api.pages import Page, Paged, page
from ledger import finance_quotes, finance_request, finance_terms
from ledger.access import require_scope
from ledger.errors import NotFound
from ledger.ids import to_hex
from ledger.ports import Store
from ledger.privacy import own_ticket
from ledger.records import Act, FinanceRequest, Quote

router = routed("/finance", "finance")


class UnknownRequest(NotFound):
    """There is no such request, or the caller's company neither made it nor was asked."""

    code = "unknown-request"
    title = "There is no such financing request"


class UnknownQuote(NotFound):
    """There is no such quote for this request."""

    code = "unknown-quote"
    title = "There is no such quote"


@router.post(
    "/requests",
    operation_id="requestFinance",
    summary="Ask banks to buy value of a ticket",
    status_code=201,
    response_model=RequestOut,
)
def request(body: RequestIn, once: Once) -> Response:
    """Nothing is reserved yet. The banks see the ticket and the trades behind it."""

    def work(store: Store) -> RequestOut:
        require_scope(once.caller, "maker")
        own_ticket(store, once.caller.party, body.ticket)
        now = once.app.service.now(store)
        made = finance_request.request(store, body.ticket, body.value, body.banks, now, until=body.until)
        store.add(made)
        once.app.service.audit(store, once.caller, "request finance", made.id)
        return request_out(store, once.caller.party, made, now)

    return once(work)


@router.get("/requests", operation_id="listFinanceRequests", summary="Requests made, or to be quoted")
def list_requests(read: Read, paging: Paged) -> Page[RequestOut]:
    """Those of the caller's company, and those in which it was asked; the newest first."""
    party = read.caller.party

    def work(store: Store) -> Page[RequestOut]:
        now = read.app.service.now(store)
        return page(
            store,
            FinanceRequest,
            paging,
            lambda asked: request_out(store, party, asked, now),
            order="-created_at",
            keep=lambda asked: party == asked.party or party in asked.banks,
        )

    return read(work)


@router.get("/requests/{id}", operation_id="getFinanceRequest", summary="One financing request")
def get_request(id: RequestId, read: Read) -> RequestOut:
    """For its holder and the banks that were asked."""
    party = read.caller.party
    return read(
        lambda store: request_out(store, party, _asked(store, party, id), read.app.service.now(store))
    )


@router.post(
    "/requests/{id}/close",
    operation_id="closeFinanceRequest",
    summary="Ask no more",
    status_code=201,
    response_model=RequestOut,
)
def close(id: RequestId, body: NothingIn, once: Once) -> Response:
    """By its holder, while no quote was chosen."""

    def work(store: Store) -> RequestOut:
        require_scope(once.caller, "maker")
        closed = finance_request.close(_own(store, once, id))
        store.put(closed)
        once.app.service.audit(store, once.caller, "close finance request", id)
        return request_out(store, once.caller.party, closed, once.app.service.now(store))

    return once(work)


@router.post(
    "/requests/{id}/quotes",
    operation_id="quote",
    summary="Give a price",
    status_code=201,
    response_model=QuoteOut,
)
def quote(id: RequestId, body: QuoteIn, once: Once) -> Response:
    """By a bank that was asked. Interest by ACT/360, rounded down; without recourse."""

    def work(store: Store) -> QuoteOut:
        require_scope(once.caller, "maker")
        asked, now = _asked(store, once.caller.party, id), once.app.service.now(store)
        made = finance_quotes.quote(
            store,
            asked,
            once.caller.party,
            body.rate,
            now,
            money_on=body.money_on,
            fee=body.fee,
            valid_until=body.valid_until,
            registration=body.registration or "",
        )
        for record in made:
            store.put(record)
        once.app.service.audit(store, once.caller, "quote", made[0].id)
        return _one_quote(store, once, asked, made[0].id)

    return once(work)


@router.get("/requests/{id}/quotes", operation_id="compareQuotes", summary="Quotes side by side")
def quotes(id: RequestId, read: Read) -> QuotesOut:
    """Face, interest, who bears it, fee, net and all-in annual cost; the best for the holder first."""
    party = read.caller.party
    return read(lambda store: quotes_out(store, party, _asked(store, party, id), read.app.service.now(store)))


@router.post(
    "/requests/{id}/quotes/{quote}/withdrawals",
    operation_id="withdrawQuote",
    summary="Take a quote back",
    status_code=201,
    response_model=QuotesOut,
)
def withdraw(id: RequestId, quote: QuoteId, body: NothingIn, once: Once) -> Response:
    """By its bank, while it was not chosen. The answer has what is left of the bank's quotes."""

    def work(store: Store) -> QuotesOut:
        require_scope(once.caller, "maker")
        asked = _asked(store, once.caller.party, id)
        store.put(finance_quotes.withdraw_quote(_own_quote(store, once, asked, quote)))
        once.app.service.audit(store, once.caller, "withdraw quote", quote)
        return quotes_out(store, once.caller.party, asked, once.app.service.now(store))

    return once(work)


@router.post(
    "/requests/{id}/quotes/{quote}/registration",
    operation_id="registerAssignment",
    summary="The registration number (中登网)",
    status_code=201,
    response_model=QuoteOut,
)
def registration(id: RequestId, quote: QuoteId, body: RegistrationIn, once: Once) -> Response:
    """By the bank, before its money goes. For a chosen quote the debtor is now given notice by name (民法典 546)."""

    def work(store: Store) -> QuoteOut:
        require_scope(once.caller, "maker")
        asked = _asked(store, once.caller.party, id)
        given = _own_quote(store, once, asked, quote)
        registered = finance_quotes.register(given, body.number)
        if registered != given:
            store.put(registered)
            _notify(store, once, asked, registered)
            once.app.service.audit(store, once.caller, "register assignment", quote, {"number": body.number})
        return _one_quote(store, once, asked, quote)

    return once(work)


@router.post(
    "/requests/{id}/choose", operation_id="chooseQuote", summary="Take one quote: drafts the lock", **POSTED
)
def choose(id: RequestId, body: ChooseIn, once: Once) -> Response:
    """By the holder. Holder and bank sign the lock act; the other quotes are declined."""

    def work(store: Store) -> ActOut:
        asked, given = _own(store, once, id), store.get(Quote, body.quote)
        if given is None or given.request != id:
            raise _no_quote(body.quote)
        now = once.app.service.now(store)
        for record in finance_quotes.choose(store, asked, given, now):
            store.put(record)
        chosen = store.need(Quote, body.quote)
        lock = finance_terms.lock(store, asked, chosen, now, expiry=body.expiry)
        store.put(lock.terms)
        act = once.app.service.draft(store, once.caller, "Lock", lock.message, lock.extra)
        taken = replace(store.need(FinanceRequest, id), act=act.id)
        store.put(taken)
        _notify(store, once, taken, chosen)
        return act_out(store, once.caller, store.need(Act, act.id))

    return once(work)


def _asked(store: Store, party: int, id: str) -> FinanceRequest:
    found = store.get(FinanceRequest, id)
    if found is None or (party != found.party and party not in found.banks):
        raise UnknownRequest(
            "There is no such financing request for your company; look its id up again.", request=id
        )
    return found


def _own(store: Store, once: Doing, id: str) -> FinanceRequest:
    found = _asked(store, once.caller.party, id)
    if found.party != once.caller.party:
        raise UnknownRequest(
            "Your company made no such financing request; its holder has to do this.", request=id
        )
    return found


def _own_quote(store: Store, once: Doing, asked: FinanceRequest, id: str) -> Quote:
    found = store.get(Quote, id)
    if found is None or found.request != asked.id or found.bank != once.caller.party:
        raise _no_quote(id)
    return found


def _no_quote(id: str) -> UnknownQuote:
    return UnknownQuote("There is no such quote of yours for this request; look at the comparison.", quote=id)


def _notify(store: Store, once: Doing, asked: FinanceRequest, chosen: Quote) -> None:
    """The notice to the debtor, as soon as a quote is both chosen and registered; the lock act names it."""
    if chosen.state == "chosen" and chosen.registration:
        document = finance_terms.notice(store, asked, chosen, once.app.service.now(store))
        store.put(document)
        act = finance_terms.under_way(store, asked)
        store.put(replace(act, extra={**act.extra, "notice": to_hex(document.hash)}))


def _one_quote(store: Store, once: Doing, asked: FinanceRequest, id: str) -> QuoteOut:
    shown = quotes_out(store, once.caller.party, asked, once.app.service.now(store))
    return next(one for one in shown.quotes if one.id == id)
