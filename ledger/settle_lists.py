"""What falls due and what is paid to whom: maturities, and the clearing list (清分表) of a clearing bank.

Pure readings of the projection. Amounts in fen, times in UTC seconds, dates in Shanghai.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from ledger import clearing
from ledger.calendar import china
from ledger.clearing import ClearingRow, Holding, PayeeAccount
from ledger.clock import shanghai_date, start_of_day
from ledger.documents import ClearingListDocument, Company, render
from ledger.errors import NotFound
from ledger.ids import new_salt, parse_ticket_id, ticket_number, to_hex
from ledger.money import Fen, parse_fen
from ledger.participants_file import NoProfile, account_of
from ledger.ports import Store
from ledger.records import ClearingList, Issuance, Json, ReturnedLine, StoredDocument, Ticket
from ledger.references import reference
from ledger.rules import name_of, participant
from ledger.settle_checks import overdue_from
from ledger.tickets import number_of, payable

PAGE = 500
"""Issuances read at once."""


@dataclass(frozen=True)
class Maturity:
    """One issuance and its payment. `open`: face less what the clearing bank has received; `provisional`: the payment
    date rests on a forecast calendar; `overdue_from`: when it may be reported unless it is funded."""

    issuance: bytes
    number: str
    debtor: int
    clearing_bank: int
    contractual_due: date
    payment_date: date
    provisional: bool
    face: Fen
    paid: Fen
    open: Fen
    overdue_from: int
    reported: bool


@dataclass(frozen=True)
class Prepared:
    """A clearing list, the record of it, and its document. `waiting`: lines that nobody can pay yet, to be saved, so
    that bank and holder are told."""

    clearing: clearing.ClearingList
    record: ClearingList
    document: StoredDocument
    waiting: tuple[ReturnedLine, ...]


NO_ACCOUNT = reference("NO-PAYEE-ACCOUNT")
"""Stands for a reference of the bank at lines that nobody can pay yet."""


class NothingToClear(NotFound):
    """Nothing is payable on this date."""

    code = "nothing-to-clear"
    title = "There is no line to pay on this date"


def maturities(
    store: Store,
    *,
    core: int | None = None,
    bank: int | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[Maturity]:
    """What falls due when: the issuances of a core or of a clearing bank, by payment date and number.

    `first`, `last`: payment dates, both included. Void issuances are left out.
    """
    found = [_maturity(issuance) for issuance in _issuances(store, core, bank, first, last)]
    return sorted(found, key=lambda one: (one.payment_date, one.number))


def holdings(
    store: Store,
    bank: int,
    payment_date: date,
    now: int,
    *,
    core: int | None = None,
    as_if_funded: bool = False,
) -> list[Holding]:
    """Every ticket with an owner and value whose issuance this bank clears on this date; locks, withdrawn and
    returned words have no owner. `as_if_funded`: what will be payable once the core's money is there in full.

    A holder whose file this book does not have (its hash may change on chain without it) stands there with an empty
    account: one company's missing paper holds up nobody else's money.
    """
    accounts: dict[int, PayeeAccount] = {}
    listed = []
    for issuance in _issuances(store, core, bank, payment_date, payment_date):
        for ticket in store.find(Ticket, issuance=issuance.id):
            if ticket.party and ticket.value > ticket.taken:
                if ticket.party not in accounts:
                    accounts[ticket.party] = _account(store, ticket.party)
                listed.append(_holding(store, ticket, issuance, accounts[ticket.party], now, as_if_funded))
    return listed


def prepare(
    store: Store,
    bank: int,
    payment_date: date,
    now: int,
    *,
    core: int | None = None,
    as_if_funded: bool = False,
) -> Prepared:
    """The clearing list of a bank for a payment date. Five days ahead ask for it `as_if_funded`; from the payment on
    without, also for what came back (退汇) or could be paid in part only before. Raises NothingToClear."""
    found = holdings(store, bank, payment_date, now, core=core, as_if_funded=as_if_funded)
    made = clearing.clearing_list(found, payment_date)
    if not made.rows:
        raise NothingToClear(
            f"No ticket is payable on {payment_date} at {name_of(store, bank)}; choose another date, fund the "
            "issuances first, or ask for the list as if they were funded.",
            bank=bank,
            date=payment_date.isoformat(),
        )
    document = _document(store, bank, made, found, now)
    record = ClearingList(
        hash=document.hash,
        bank=bank,
        date=payment_date.isoformat(),
        lines=[_line(row) for row in made.rows],
        total=made.total,
        created_at=now,
    )
    waiting = [_line_back(store, row, bank, now) for row in made.rows if row.problem]
    return Prepared(made, record, document, tuple(waiting))


def waits_for_account(store: Store, line: ReturnedLine) -> bool:
    """Whether such a line still has no account to be paid to; once one is filed, the next list has it."""
    return not _account(store, store.need(Ticket, line.ticket).party).number


def rows_of(record: ClearingList) -> list[ClearingRow]:
    """The lines of a saved clearing list, as `payouts.parse_payouts` wants them."""
    return [
        ClearingRow(
            **{**line, "account": PayeeAccount(**line["account"]), "payable": parse_fen(line["payable"])}
        )
        for line in record.lines
    ]


def _line_back(store: Store, row: ClearingRow, bank: int, now: int) -> ReturnedLine:
    ticket = store.need(Ticket, parse_ticket_id(row.ticket))
    return ReturnedLine(NO_ACCOUNT, ticket.id, bank, row.payable, row.problem, now, ticket.party)


def _account(store: Store, party: int) -> PayeeAccount:
    try:
        return account_of(store, participant(store, party))
    except NoProfile:
        return PayeeAccount(name_of(store, party), "", "", "")


def _issuances(
    store: Store, core: int | None, bank: int | None, first: date | None, last: date | None
) -> Iterator[Issuance]:
    """Those that are not void, by payment date, page by page: a bank has cleared any number of others before."""
    where: dict[str, Any] = {"debtor": core, "clearing_bank": bank}
    named = {name: value for name, value in where.items() if value is not None}
    after: tuple[Any, ...] | None = None if first is None else (start_of_day(first) - 1,)
    # the day after may be one that no calendar has any more
    end = None if last is None else start_of_day(last) + 86_400
    while found := store.find(Issuance, order="due", after=after, limit=PAGE, **named):
        for issuance in found:
            if end is not None and issuance.due >= end:
                return
            if not issuance.void:
                yield issuance
        if len(found) < PAGE:
            return
        after = (found[-1].due, found[-1].id)


def _maturity(issuance: Issuance) -> Maturity:
    payment_date = shanghai_date(issuance.due)
    return Maturity(
        issuance=issuance.id,
        number=ticket_number(issuance.number),
        debtor=issuance.debtor,
        clearing_bank=issuance.clearing_bank,
        contractual_due=shanghai_date(issuance.contractual_due),
        payment_date=payment_date,
        provisional=china().provisional(payment_date.year),
        face=issuance.face,
        paid=issuance.paid,
        open=Fen(issuance.face - issuance.paid),
        overdue_from=overdue_from(issuance),
        reported=issuance.reported,
    )


def _holding(
    store: Store, ticket: Ticket, issuance: Issuance, account: PayeeAccount, now: int, as_if_funded: bool
) -> Holding:
    money = replace(issuance, paid=issuance.face) if as_if_funded else issuance
    return Holding(
        ticket=to_hex(ticket.id),
        number=number_of(issuance, ticket),
        issuance=to_hex(issuance.id),
        debtor=name_of(store, issuance.debtor),
        holder=name_of(store, ticket.party),
        uscc=participant(store, ticket.party).uscc,
        account=account,
        payment_date=shanghai_date(issuance.due),
        outstanding=Fen(ticket.value - ticket.taken),
        payable=payable(store, ticket, money, now),
    )


def _document(
    store: Store, bank: int, made: clearing.ClearingList, found: list[Holding], now: int
) -> StoredDocument:
    listed = {row.ticket for row in made.rows}
    ids = {bytes.fromhex(one.issuance[2:]) for one in found if one.ticket in listed}
    debtors = sorted({store.need(Issuance, id_).debtor for id_ in ids})
    content = ClearingListDocument(
        number=f"C-{made.payment_date:%Y%m%d}-{bank}-{now}",
        prepared=shanghai_date(now),
        debtor=Company(
            "、".join(name_of(store, debtor) for debtor in debtors),
            "、".join(participant(store, debtor).uscc for debtor in debtors),
        ),
        clearing_bank=Company(name_of(store, bank), participant(store, bank).uscc),
        clearing=made,
        salt=new_salt(),
    )
    document = render(content)
    # a list over several cores is the bank's alone: none of them may read the others' suppliers
    parties = [bank, *debtors] if len(debtors) == 1 else [bank]
    return StoredDocument(
        hash=document.digest,
        kind=document.kind,
        media_type=document.media_type,
        body=document.body,
        parties=parties,
        created_at=now,
    )


def _line(row: ClearingRow) -> Json:
    return {**asdict(row), "payable": str(row.payable)}
