"""A holder asks several banks for a price and compares what they say (保理融资询价).

Pure: each function gives records to save. Amounts in fen, rates in basis points, times in UTC seconds; the days of a
quote are days in Shanghai. A bank's later quote replaces its earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from ledger import discount
from ledger.clock import end_of_day, shanghai_date, shanghai_text, start_of_day
from ledger.discount import Bearer, InvalidQuote
from ledger.errors import Conflict
from ledger.finance_request import payment_day, require_open
from ledger.ids import new_salt
from ledger.money import Fen
from ledger.ports import Store
from ledger.records import FinanceRequest, Issuance, Quote
from ledger.references import reference
from ledger.rules import name_of
from ledger.tickets import issuance_of


class NotAsked(Conflict):
    """The holder did not ask this bank."""

    code = "not-asked"
    title = "This bank was not asked for a quote"


class QuoteNotOpen(Conflict):
    """The quote is no longer valid, was replaced or withdrawn."""

    code = "quote-not-open"
    title = "The quote can't be chosen any more"


@dataclass(frozen=True)
class Offer:
    """One row of the comparison: a bank's quote as the holder weighs it. `open`: it can be chosen now."""

    quote: str
    bank: int
    name: str
    price: discount.Quote
    valid_until: int
    registration: str
    open: bool
    best: bool


def quote(
    store: Store,
    asked: FinanceRequest,
    bank: int,
    rate_bp: int,
    now: int,
    *,
    money_on: date,
    fee: int = 0,
    valid_until: int | None = None,
    registration: str = "",
    id_: str | None = None,
) -> list[Quote]:
    """A bank's quote, and its earlier open ones, which it replaces. Valid to the end of the day on which the bank
    would pay (`money_on`) unless said otherwise.

    Raises RequestClosed, NotAsked, InvalidQuote, BadReference, TooShortToFinance.
    """
    require_open(asked, now)
    if bank not in asked.banks:
        raise NotAsked(
            f"{name_of(store, bank)} was not asked by this holder; ask the holder first.", bank=bank
        )
    issuance = issuance_of(store, asked.ticket)
    last = end_of_day(money_on) - 1 if valid_until is None else valid_until
    _require_day(issuance, money_on, last, now)
    price = discount.quote(
        asked.value, rate_bp, money_on, payment_day(issuance), fee=fee, bearer=bearer(issuance)
    )
    made = Quote(
        id=id_ or new_salt().hex()[:24],
        request=asked.id,
        bank=bank,
        rate=rate_bp,
        fee=Fen(fee),
        days=price.days,
        interest=price.interest,
        net=price.net,
        all_in=price.all_in_bp,
        bearer=str(price.bearer),
        money_on=money_on.isoformat(),
        valid_until=last,
        registration=_registration(registration) if registration else "",
    )
    before = store.find(Quote, request=asked.id, bank=bank, state="offered")
    return [made, *(replace(old, state="replaced") for old in before)]


def bearer(issuance: Issuance) -> Bearer:
    """Who bears the interest, as fixed when the issuance was opened."""
    return Bearer.CORE if issuance.interest else Bearer.HOLDER


def register(given: Quote, number: str) -> Quote:
    """The quote with the number under which the bank registered the assignment (中登网): before its money goes.

    Raises BadReference, QuoteNotOpen.
    """
    if given.state not in ("offered", "chosen"):
        raise QuoteNotOpen(f"This quote is {given.state}; nothing is registered for it.", state=given.state)
    return replace(given, registration=_registration(number))


def withdraw_quote(given: Quote) -> Quote:
    """A bank takes back what was not chosen yet. Raises QuoteNotOpen."""
    if given.state != "offered":
        raise QuoteNotOpen(f"This quote is {given.state}; it can't be taken back.", state=given.state)
    return replace(given, state="withdrawn")


def choose(store: Store, asked: FinanceRequest, chosen: Quote, now: int) -> list[FinanceRequest | Quote]:
    """The request and all its quotes once one is chosen: the others are declined.

    Raises RequestClosed, QuoteNotOpen.
    """
    require_open(asked, now, choosing=True)
    if chosen.request != asked.id or not _is_open(chosen, now):
        raise QuoteNotOpen(
            f"This quote is {chosen.state}, valid up to {shanghai_text(chosen.valid_until)} (Shanghai); "
            "ask the bank for a new one.",
            quote=chosen.id,
            state=chosen.state,
        )
    others = [one for one in store.find(Quote, request=asked.id, state="offered") if one.id != chosen.id]
    return [
        replace(asked, state="chosen"),
        replace(chosen, state="chosen"),
        *(replace(one, state="declined") for one in others),
    ]


def compare(store: Store, asked: FinanceRequest, now: int) -> list[Offer]:
    """All quotes that were not replaced or withdrawn, the holder's best net amount first.

    Where nets are equal (the core bears the interest), the lower all-in cost, then the earlier money comes first.
    """
    pay_day = payment_day(issuance_of(store, asked.ticket))
    shown = store.find(Quote, request=asked.id, state=["offered", "chosen", "declined"])
    ranked = sorted(shown, key=lambda one: (-one.net, one.all_in, one.money_on, one.id))
    first = next((one.id for one in ranked if one.state == "chosen" or _is_open(one, now)), "")
    return [
        Offer(
            quote=one.id,
            bank=one.bank,
            name=name_of(store, one.bank),
            price=price_of(one, asked.value, pay_day),
            valid_until=one.valid_until,
            registration=one.registration,
            open=_is_open(one, now),
            best=one.id == first,
        )
        for one in ranked
    ]


def price_of(given: Quote, value: int, payment_date: date) -> discount.Quote:
    """A saved quote as `discount` reckons it."""
    return discount.quote(
        value,
        given.rate,
        date.fromisoformat(given.money_on),
        payment_date,
        fee=given.fee,
        bearer=Bearer(given.bearer),
    )


def _require_day(issuance: Issuance, money_on: date, last: int, now: int) -> None:
    if money_on < shanghai_date(now) or last < now:
        raise InvalidQuote(
            f"A quote that pays on {money_on} and is valid up to {shanghai_text(last)} (Shanghai) is over already; "
            "choose later times.",
            money_on=money_on.isoformat(),
            valid_until=last,
        )
    if start_of_day(money_on) >= issuance.transferable_until:
        raise InvalidQuote(
            f"On {money_on} the ticket can't be sold any more; pay before "
            f"{shanghai_text(issuance.transferable_until)} (Shanghai).",
            money_on=money_on.isoformat(),
        )


def _is_open(given: Quote, now: int) -> bool:
    return given.state == "offered" and now <= given.valid_until


def _registration(number: str) -> str:
    return reference(number, "registration number (中登网)").rstrip(b"\0").decode()
