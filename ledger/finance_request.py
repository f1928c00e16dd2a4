"""A holder asks banks to buy value of a ticket (融资申请): what may be asked for, and until when.

Amounts in fen, times in UTC seconds. Any admitted bank may be asked, never only the debtor's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledger.calendar import WorkingDays, china
from ledger.clock import end_of_day, shanghai_date, shanghai_text
from ledger.errors import Conflict, Invalid
from ledger.finance import require_bank
from ledger.ids import new_salt
from ledger.money import Fen, format_yuan
from ledger.offering import offerable, takes
from ledger.ports import Store
from ledger.records import FinanceRequest, Issuance
from ledger.rules import at_most
from ledger.tickets import owned
from ledger.trade_evidence import require_complete

MOST_BANKS = 20
REQUEST_DAYS = 5
"""Working days that banks have to quote unless said otherwise."""


class TooSmallToFinance(Invalid):
    """Below the smallest amount that banks finance."""

    code = "too-small-to-finance"
    title = "The amount is below the smallest that is financed"


class TooShortToFinance(Conflict):
    """Too close to the payment date."""

    code = "too-short-to-finance"
    title = "The remaining life is too short for a financing"


class RequestClosed(Conflict):
    """The request takes no more quotes."""

    code = "request-closed"
    title = "The financing request is not open any more"


@dataclass(frozen=True)
class Policy:
    """What is financed from a day on: the smallest amount in fen, and the least days up to the payment date."""

    since: date
    least: Fen
    days: int


POLICIES = (Policy(date(2025, 6, 15), Fen(1_000_000), 15),)
"""In order of their first day. Practice of the banks; a new rule is a new row."""


def policy(day: date) -> Policy:
    """The policy in force on a day."""
    begun = [one for one in POLICIES if one.since <= day]
    return begun[-1] if begun else POLICIES[0]


def payment_day(issuance: Issuance) -> date:
    """The day in Shanghai on which the core pays, a working day."""
    return shanghai_date(issuance.due)


def request(
    store: Store,
    ticket: bytes,
    value: int,
    banks: Sequence[int],
    now: int,
    *,
    until: int | None = None,
    calendar: WorkingDays | None = None,
    id_: str | None = None,
) -> FinanceRequest:
    """The holder's request to these banks. It stands until the end of the 5th working day unless said otherwise.

    Raises UnknownTicket, NotEnough, TooSmallToFinance, TooShortToFinance, NotABank, EvidenceOwed, TooMany.
    """
    word = owned(store, ticket)
    issuance = offerable(store, word, word.version, now)
    _require_financeable(issuance, value, now)
    takes(store, word, issuance, [value], now)
    asked = sorted(set(banks))
    if not asked:
        raise Invalid("No bank is asked; name at least one.")
    at_most(len(asked), MOST_BANKS, "banks")
    for bank in asked:
        require_bank(store, bank, word, issuance, now)
    require_complete(store, word.id)
    usual = end_of_day((calendar or china()).working_days_after(shanghai_date(now), REQUEST_DAYS)) - 1
    return FinanceRequest(
        id=id_ or new_salt().hex()[:24],
        ticket=ticket,
        party=word.party,
        value=Fen(value),
        banks=asked,
        state="open",
        until=min(usual if until is None else until, issuance.transferable_until - 1),
        created_at=now,
    )


def close(asked: FinanceRequest) -> FinanceRequest:
    """The holder asks no more. Raises RequestClosed."""
    if asked.state != "open":
        raise RequestClosed(f"This request is {asked.state} already.", state=asked.state)
    return replace(asked, state="closed")


def _require_financeable(issuance: Issuance, value: int, now: int) -> None:
    today = shanghai_date(now)
    rule = policy(today)
    if value < rule.least:
        raise TooSmallToFinance(
            f"{format_yuan(value)} yuan is less than {format_yuan(rule.least)}, from which on banks finance; "
            "ask for more, or hold the ticket.",
            value=value,
            least=rule.least,
        )
    days = (payment_day(issuance) - today).days
    if days < rule.days:
        raise TooShortToFinance(
            f"The core pays in {days} days, a financing needs {rule.days}; hold the ticket.",
            days=days,
            least=rule.days,
        )


def require_open(asked: FinanceRequest, now: int, choosing: bool = False) -> None:
    """Whether banks may quote, or (`choosing`) the holder may take one of the quotes. Raises RequestClosed."""
    if asked.state != "open" or (now > asked.until and not choosing):
        raise RequestClosed(
            f"This request is {asked.state} and took quotes until {shanghai_text(asked.until)} (Shanghai); "
            "a new request is needed.",
            state=asked.state,
            until=asked.until,
        )
