"""ISSUE, from payables to an Issue act: dates, terms, invoices and the undertaking (付款承诺函) that the core signs.

Dates of the trade are Shanghai's. The contractual due date and the payment date, shifted to a working day, are kept
apart; both begin at 00:00. Money can be passed on until 3 working days before the contractual due date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledger import documents, issue_checks
from ledger.calendar import WorkingDays, china
from ledger.clock import DAY, shanghai_date, start_of_day
from ledger.discount import Bearer
from ledger.documents import Company, Document, Undertaking
from ledger.errors import Invalid
from ledger.ids import fingerprint, new_salt
from ledger.issue_checks import MOST_INVOICES, evidence_key
from ledger.money import Fen
from ledger.payables import Invoice, Payable
from ledger.ports import Store
from ledger.records import Evidence, Participant
from ledger.rules import by_uscc, name_of, participant

WORKING_DAYS_BEFORE_DUE = 3


class MixedPayables(Invalid):
    """One issuance is one debt: one core, one supplier, one due date."""

    code = "mixed-payables"
    title = "These payables don't belong into one issuance"


@dataclass(frozen=True)
class Options:
    """What may be chosen when opening. Times in UTC seconds; None: from the payables' due date.

    `grace_days`: after the payment date's end; `minimum`: smallest part as a power of ten in fen (4: 100 yuan);
    `clearing_bank`: party id, 0 for the one the core named at its admission; `totals`: an invoice's full amount by
    its label, where the payable is only a part of it; `number`: of the undertaking, "" to make one.
    """

    depth: int = 10
    minimum: int = 4
    bearer: Bearer = Bearer.HOLDER
    grace_days: int = 3
    overdue_bp_per_day: int = 5
    clearing_bank: int = 0
    totals: Mapping[str, Fen] = field(default_factory=dict)
    number: str = ""
    contractual_due: int | None = None
    due: int | None = None
    transferable_until: int | None = None


@dataclass(frozen=True)
class Dates:
    """Contractual due, payment date and end of passing on, in UTC seconds. `provisional`: the payment date rests on
    a forecast calendar."""

    contractual_due: int
    due: int
    transferable_until: int
    provisional: bool


@dataclass(frozen=True)
class Terms:
    """`message`: of the Issue act; `document`: the undertaking as rendered, whose hash stands in the message."""

    message: dict[str, Any]
    undertaking: Undertaking
    document: Document
    payables: tuple[Payable, ...]


def batches(payables: Iterable[Payable], together: bool = False) -> list[tuple[Payable, ...]]:
    """One issuance for each payable, or (`together`) for each supplier and due date, 100 invoices at most."""
    if not together:
        return [(payable,) for payable in payables]
    made: dict[tuple[str, str, date], list[list[Payable]]] = {}
    for payable in payables:
        groups = made.setdefault((payable.core, payable.supplier, payable.due), [[]])
        if _invoice_count(groups[-1]) + len(payable.invoices) > MOST_INVOICES:
            groups.append([])
        groups[-1].append(payable)
    return [tuple(group) for groups in made.values() for group in groups]


def dates_for(due: date, options: Options, calendar: WorkingDays) -> Dates:
    """The dates of an issuance contractually due on this day."""
    payment = calendar.payment_date(due)
    contractual = start_of_day(due) if options.due is None else options.due
    until = start_of_day(calendar.working_days_before(due, WORKING_DAYS_BEFORE_DUE))
    return Dates(
        contractual_due=_given(options.contractual_due, contractual),
        due=_given(options.due, start_of_day(payment.date)),
        transferable_until=_given(options.transferable_until, until if options.due is None else options.due),
        provisional=payment.provisional and options.due is None,
    )


def terms_for(
    store: Store,
    payables: Sequence[Payable],
    consortium_key: bytes,
    now: int,
    deadline: int,
    options: Options | None = None,
    calendar: WorkingDays | None = None,
    salt: bytes | None = None,
) -> Terms:
    """The Issue act for these payables, and the undertaking. `now`: the latest block's time.

    Raises MixedPayables, UnknownParty, and whatever the contract would refuse now: CoreHalted, LimitExceeded,
    TenorTooLong, BadDates, InvoiceUsed …
    """
    chosen = options or Options()
    _require_one_debt(payables)
    core, supplier = by_uscc(store, payables[0].core), by_uscc(store, payables[0].supplier)
    bank = participant(store, chosen.clearing_bank or core.clearing_bank)
    dates = dates_for(payables[0].due, chosen, calendar or china())
    undertaking = _undertaking(store, (core, supplier, bank), payables, dates, chosen, now)
    document = documents.render(undertaking)
    message = {
        "debtor": core.id,
        "supplier": supplier.id,
        "clearingBank": bank.id,
        "face": undertaking.face,
        "contractualDue": dates.contractual_due,
        "due": dates.due,
        "transferableUntil": dates.transferable_until,
        "grace": (1 + chosen.grace_days) * DAY,
        "depth": chosen.depth,
        "minimum": chosen.minimum,
        "interest": int(chosen.bearer is Bearer.CORE),
        "undertaking": document.digest,
        "invoices": [
            _counted(store, consortium_key, payable, invoice, chosen.totals)
            for payable in payables
            for invoice in payable.invoices
        ],
        "salt": salt or new_salt(),
        "deadline": deadline,
    }
    issue_checks.issue(message, store, now)
    return Terms(message, undertaking, document, tuple(payables))


def _require_one_debt(payables: Sequence[Payable]) -> None:
    debts = {(payable.core, payable.supplier, payable.due) for payable in payables}
    if len(debts) != 1:
        raise MixedPayables(
            f"One issuance takes payables of one core, one supplier and one due date; these are {len(debts)} debts. "
            "Choose at least one payable, and make an issuance for each debt.",
            debts=len(debts),
        )


def _undertaking(
    store: Store,
    parties: tuple[Participant, Participant, Participant],
    payables: Sequence[Payable],
    dates: Dates,
    chosen: Options,
    now: int,
) -> Undertaking:
    core, supplier, bank = (Company(name_of(store, party.id), party.uscc) for party in parties)
    salt = new_salt()
    return Undertaking(
        number=chosen.number or f"{shanghai_date(now):%Y%m%d}-{salt.hex()[:8].upper()}",
        core=core,
        supplier=supplier,
        clearing_bank=bank,
        face=Fen(sum(payable.amount for payable in payables)),
        issue_date=shanghai_date(now),
        contractual_due=shanghai_date(dates.contractual_due),
        payment_date=shanghai_date(dates.due),
        provisional=dates.provisional,
        transferable_until=shanghai_date(dates.transferable_until - 1),
        grace_days=chosen.grace_days,
        overdue_bp_per_day=chosen.overdue_bp_per_day,
        depth=chosen.depth,
        minimum=Fen(10**chosen.minimum),
        bearer=chosen.bearer,
        evidence=tuple(_line(payable, invoice) for payable in payables for invoice in payable.invoices),
        salt=salt,
    )


def _line(payable: Payable, invoice: Invoice) -> documents.Evidence:
    return documents.Evidence(
        payable.order_no, payable.receipt_no, payable.receipt_date, invoice.label, invoice.amount
    )


def _counted(
    store: Store, key: bytes, payable: Payable, invoice: Invoice, totals: Mapping[str, Fen]
) -> dict[str, Any]:
    print_ = fingerprint(key, payable.supplier, payable.core, invoice.code, invoice.number)
    known = store.get(Evidence, evidence_key(payable.core, print_))
    total = totals.get(invoice.label) or (known.total if known else 0) or invoice.amount
    return {"fingerprint": print_, "total": Fen(total), "amount": invoice.amount}


def _invoice_count(payables: Iterable[Payable]) -> int:
    return sum(len(payable.invoices) for payable in payables)


def _given(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
