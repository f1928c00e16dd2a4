"""Clearing list (清分表): some days before the payment date the clearing bank gets one line for each holder.

What became of each line comes back by ``ledger.payouts``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ledger.money import Fen, format_yuan
from ledger.sheets import write_csv

TICKET, NUMBER, AMOUNT, RESULT = "金票ID", "金票编号", "金额(元)", "结果"
PAID_AT, REASON, REFERENCE = "付款时间", "退汇原因", "银行流水号"
NO_ACCOUNT = (
    "没有登记收款账户 no payee account is filed: the holder files it with its profile, then it is paid"
)


@dataclass(frozen=True)
class PayeeAccount:
    """Where a holder is paid: account name, bank, number and the bank's CNAPS code (联行号)."""

    name: str
    bank: str
    number: str
    cnaps: str


@dataclass(frozen=True)
class Holding:
    """A ticket with value at the time of looking. Amounts in fen.

    ``outstanding`` is what it is worth and was not paid yet; ``payable`` the part of it for which the
    core's money is with the clearing bank and which no order holds.
    """

    ticket: str
    number: str
    issuance: str
    debtor: str
    holder: str
    uscc: str
    account: PayeeAccount
    payment_date: date
    outstanding: Fen
    payable: Fen


@dataclass(frozen=True)
class ClearingRow:
    """One line for the clearing bank: pay this holder this amount for this ticket."""

    ticket: str
    number: str
    holder: str
    uscc: str
    account: PayeeAccount
    payable: Fen

    @property
    def problem(self) -> str:
        """Why this line can't be paid yet; "" if it can."""
        return "" if self.account.number else NO_ACCOUNT


@dataclass(frozen=True)
class ClearingList:
    """The lines of one payment date, with the sum in fen of those that can be paid."""

    payment_date: date
    rows: tuple[ClearingRow, ...]
    total: Fen


def clearing_list(holdings: Iterable[Holding], payment_date: date) -> ClearingList:
    """The lines that the clearing bank can pay on this date, in the order of their numbers."""
    due = [holding for holding in holdings if holding.payment_date == payment_date and holding.payable]
    rows = tuple(
        ClearingRow(one.ticket, one.number, one.holder, one.uscc, one.account, one.payable)
        for one in sorted(due, key=lambda one: (_counted(one.number), one.ticket))
    )
    return ClearingList(payment_date, rows, Fen(sum(row.payable for row in rows if not row.problem)))


def _counted(number: str) -> list[int]:
    """The parts of a ticket's number as numbers, so that GT-000001-2 stands before GT-000001-10."""
    return [int(part) for part in number.split("-") if part.isdecimal()]


def clearing_csv(clearing: ClearingList) -> bytes:
    """The lines that can be paid, as a file whose last columns the bank fills in; ``ledger.payouts`` reads it back."""
    headers = [NUMBER, TICKET, "持有人", "统一社会信用代码", "户名", "开户行", "账号", "联行号", AMOUNT]
    headers += [RESULT, PAID_AT, REASON, REFERENCE]
    return write_csv(headers, [[*_cells(row), "", "", "", ""] for row in clearing.rows if not row.problem])


def _cells(row: ClearingRow) -> list[str]:
    account = row.account
    payee = [row.holder, row.uscc, account.name, account.bank, account.number, account.cnaps]
    return [row.number, row.ticket, *payee, format_yuan(row.payable)]
