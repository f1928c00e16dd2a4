"""Maturities, clearing lists and returned lines as JSON."""

from __future__ import annotations

from datetime import date

from api.models.parties import party_out
from api.models.settle import (
    AccountOut,
    ClearingLineOut,
    ClearingListOut,
    MaturitiesOut,
    MaturityOut,
    ReturnedLineOut,
)
from api.pages import Paging, page_of
from ledger import clearing
from ledger.clearing import ClearingRow, clearing_csv
from ledger.ids import parse_ticket_id
from ledger.money import Fen
from ledger.ports import Store
from ledger.records import ClearingList, ReturnedLine, Ticket
from ledger.references import text_of
from ledger.settle_lists import Maturity, rows_of
from ledger.tickets import issuance, number_of


def maturities_out(store: Store, found: list[Maturity], paging: Paging) -> MaturitiesOut:
    """A page of what falls due, with the sum of all that is still to be funded."""
    shown = page_of(
        found,
        paging,
        lambda one: (one.payment_date.isoformat(), one.number),
        lambda one: _maturity(store, one),
    )
    return MaturitiesOut(maturities=shown.items, open=Fen(sum(one.open for one in found)), next=shown.next)


def clearing_out(store: Store, found: ClearingList) -> ClearingListOut:
    """A clearing list as JSON."""
    return ClearingListOut(
        hash=found.hash,
        bank=party_out(store, found.bank),
        date=date.fromisoformat(found.date),
        total=found.total,
        created_at=found.created_at,
        lines=[line_out(row) for row in rows_of(found)],
    )


def clearing_csv_of(found: ClearingList) -> bytes:
    """A saved clearing list as the file that the bank fills in."""
    return clearing_csv(
        clearing.ClearingList(date.fromisoformat(found.date), tuple(rows_of(found)), found.total)
    )


def line_out(row: ClearingRow) -> ClearingLineOut:
    """One line of a clearing list."""
    account = row.account
    return ClearingLineOut(
        ticket=parse_ticket_id(row.ticket),
        number=row.number,
        holder=row.holder,
        uscc=row.uscc,
        account=AccountOut(name=account.name, bank=account.bank, number=account.number, cnaps=account.cnaps),
        payable=row.payable,
        problem=row.problem,
    )


def returned_out(store: Store, line: ReturnedLine) -> ReturnedLineOut:
    """A line that came back."""
    ticket = store.need(Ticket, line.ticket)
    return ReturnedLineOut(
        ticket=line.ticket,
        number=number_of(issuance(store, ticket.issuance), ticket),
        holder=party_out(store, ticket.party),
        amount=line.amount,
        reason=line.reason,
        ref=text_of(line.ref),
        at=line.at,
    )


def _maturity(store: Store, one: Maturity) -> MaturityOut:
    return MaturityOut(
        issuance=one.issuance,
        number=one.number,
        debtor=party_out(store, one.debtor),
        clearing_bank=party_out(store, one.clearing_bank),
        contractual_due=one.contractual_due,
        payment_date=one.payment_date,
        provisional=one.provisional,
        face=one.face,
        paid=one.paid,
        open=one.open,
        overdue_from=one.overdue_from,
        reported=one.reported,
    )
