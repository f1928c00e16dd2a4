"""ISSUE, what the contract would refuse, said before anybody signs (`IssueLib.sol`).

What a closed predecessor deployment knows (used limits, used invoices, halts) is judged on chain alone.
"""

from __future__ import annotations

from datetime import date

from ledger.clock import add_months, end_of_day, shanghai_date, shanghai_text
from ledger.ids import keccak256, to_hex
from ledger.issue_errors import (
    BadDates,
    BadDebtor,
    BadTerms,
    DeploymentClosed,
    GraceTooLong,
    InvoicesDiffer,
    InvoiceTotalDiffers,
    InvoiceUsed,
    TenorTooLong,
)
from ledger.limits import months_now, require_issuable
from ledger.money import Fen, format_yuan
from ledger.ports import Store
from ledger.records import Evidence, Governance
from ledger.rules import (
    Role,
    Stage,
    active,
    at_most,
    clearing_bank,
    in_role,
    in_time,
    name_of,
    running,
)
from ledger.tickets import BelowMinimum, positive
from ledger.typed import Message

DAY = 86_400
MOST_INVOICES = 100
MOST_DEPTH = 50
MOST_MINIMUM = 20
MOST_GRACE = 60 * DAY
MOST_SHIFT = 15 * DAY


def issue(message: Message, store: Store, now: int) -> None:
    """What would refuse an Issue act now."""
    in_time(message, now)
    running(store, Stage.ISSUE, now)
    if store.need(Governance, 1).closed:
        raise DeploymentClosed("This deployment is closed; issue in its successor.")
    _parties(message, store, now)
    _dates(message, store, now)
    _terms(message)
    require_issuable(store, message["debtor"], message["face"], now)
    _invoices(message, store)


def evidence_key(debtor: str, fingerprint: bytes) -> bytes:
    """Where the use of an invoice is counted: by the debtor's USCC, so that a successor deployment finds it."""
    return keccak256(debtor.encode().ljust(32, b"\0") + fingerprint)


def latest_due(now: int, months: int) -> int:
    """The last second at which a debt opened now may be contractually due: calendar months in Shanghai."""
    return end_of_day(add_months(shanghai_date(now), months)) - 1


def _parties(message: Message, store: Store, now: int) -> None:
    debtor, supplier = message["debtor"], message["supplier"]
    in_role(store, debtor, Role.CORE)
    active(store, debtor, now)
    in_role(store, supplier, Role.SUPPLIER)
    active(store, supplier, now)
    if debtor in (supplier, message["clearingBank"]):
        raise BadDebtor(f"{name_of(store, debtor)} is the debtor; name another supplier and clearing bank.")
    clearing_bank(store, message["clearingBank"], now)


def _dates(message: Message, store: Store, now: int) -> None:
    until, contractual, due = message["transferableUntil"], message["contractualDue"], message["due"]
    if until <= now:
        raise BadDates(
            f"The ticket could be passed on until {shanghai_text(until)} (Shanghai), which has passed: the due date "
            "is too close. Name a later due date, or pay directly.",
            transferable_until=until,
            now=now,
        )
    if not (until <= due and contractual <= due and due - contractual <= MOST_SHIFT):
        raise BadDates(
            "The order must be: end of passing on, payment date; and the payment date lies 0 to 15 days behind the "
            f"contractual due date {_day(contractual)}; it is {_day(due)}. Correct the dates.",
            contractual_due=contractual,
            due=due,
        )
    months = months_now(store, now)
    latest = latest_due(now, months)
    if contractual > latest:
        raise TenorTooLong(
            f"The contractual due date {_day(contractual)} is more than {months} calendar months away; "
            f"{_day(latest)} is the last day possible.",
            contractual_due=contractual,
            latest=latest,
            months=months,
        )


def _terms(message: Message) -> None:
    if message["grace"] > MOST_GRACE:
        raise GraceTooLong("The grace period is above 60 days; shorten it.", grace=message["grace"])
    depth, minimum, interest = message["depth"], message["minimum"], message["interest"]
    if depth > MOST_DEPTH or minimum > MOST_MINIMUM or interest > 1:
        raise BadTerms(
            f"Depth {depth} (0 to {MOST_DEPTH}), smallest part 10^{minimum} fen (exponent 0 to {MOST_MINIMUM}) or "
            f"bearer of the interest {interest} (0 holder, 1 core) is out of range; correct it.",
            depth=depth,
            minimum=minimum,
            interest=interest,
        )
    least = Fen(10**minimum)
    if message["face"] < least:
        raise BelowMinimum(
            f"{format_yuan(message['face'])} yuan are below the smallest part of {format_yuan(least)}; "
            "put several payables together or lower the smallest part.",
            value=message["face"],
            minimum=least,
        )


def _invoices(message: Message, store: Store) -> None:
    at_most(len(message["invoices"]), MOST_INVOICES, "invoices")
    uscc = in_role(store, message["debtor"], Role.CORE).uscc
    seen: dict[bytes, tuple[int, int]] = {}
    for invoice in message["invoices"]:
        key = evidence_key(uscc, invoice["fingerprint"])
        known = store.get(Evidence, key)
        used, total = seen.get(key, (known.used, known.total) if known else (0, 0))
        seen[key] = _count(invoice, used, total)
    added = sum(invoice["amount"] for invoice in message["invoices"])
    if added != message["face"]:
        raise InvoicesDiffer(
            f"The invoices add up to {format_yuan(added)} yuan, {format_yuan(message['face'])} are to be issued; "
            "correct one of the two.",
            sum=added,
            face=message["face"],
        )


def _count(invoice: Message, used: int, total: int) -> tuple[int, int]:
    amount, fingerprint = invoice["amount"], to_hex(invoice["fingerprint"])
    positive(amount, "an invoice")
    total = total or invoice["total"]
    if total != invoice["total"]:
        raise InvoiceTotalDiffers(
            f"The invoice is known with a total of {format_yuan(total)} yuan, not {format_yuan(invoice['total'])}; "
            "compare it with the invoice.",
            fingerprint=fingerprint,
            committed=total,
            given=invoice["total"],
        )
    if used + amount > total:
        raise InvoiceUsed(
            f"Of the invoice's {format_yuan(total)} yuan {format_yuan(used)} are used already; {format_yuan(amount)} "
            "more do not fit. Check whether it was issued before.",
            fingerprint=fingerprint,
            used=used,
            total=total,
            amount=amount,
        )
    return used + amount, total


def _day(instant: int) -> date:
    return shanghai_date(instant)
