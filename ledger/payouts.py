"""The clearing bank's pay-out file: what became of each line of a clearing list.

A lump payment by the core is no proof that a holder was paid: a line is paid, or it came back (退汇), for
instance because the account is closed. Nothing of a file counts if anything in it is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from ledger.clearing import AMOUNT, NUMBER, PAID_AT, REASON, REFERENCE, RESULT, TICKET, ClearingRow
from ledger.clock import parse_instant, shanghai_text
from ledger.errors import Invalid
from ledger.money import Fen, format_yuan, parse_yuan
from ledger.sheets import Column, Problem, RowReader, read_table, write_csv

COLUMNS = (
    Column("ticket", (TICKET, "ticket id", "ticket"), required=False),
    Column("number", (NUMBER, "ticket number", "number"), required=False),
    Column("amount", (AMOUNT, "amount (yuan)", "amount", "金额")),
    Column("result", (RESULT, "result", "status", "付款结果")),
    Column("paid_at", (PAID_AT, "paid at", "payment time"), required=False),
    Column("reason", (REASON, "return reason", "reason", "原因"), required=False),
    Column("reference", (REFERENCE, "bank reference", "reference", "流水号"), required=False),
)
_PAID = frozenset({"paid", "已付", "已付款", "成功", "付款成功"})
_RETURNED = frozenset({"returned", "退汇", "已退汇", "失败", "付款失败"})


@dataclass(frozen=True)
class PaidLine:
    """The bank says: this ticket's holder was paid at this instant (UTC seconds)."""

    row: int
    ticket: str
    amount: Fen
    paid_at: int
    reference: str


@dataclass(frozen=True)
class ReturnedLine:
    """The bank says: the money came back. It is paid later, after the account was corrected."""

    row: int
    ticket: str
    amount: Fen
    reason: str
    reference: str


@dataclass(frozen=True)
class PayoutFile:
    """A pay-out file as read. With any error nothing of it counts: ``paid`` and ``returned`` are empty."""

    paid: tuple[PaidLine, ...]
    returned: tuple[ReturnedLine, ...]
    missing: tuple[ClearingRow, ...]
    errors: tuple[Problem, ...]

    def require(self) -> "PayoutFile":
        """The file itself; raises PayoutRefused if it has errors."""
        if self.errors:
            first = self.errors[0]
            raise PayoutRefused(
                f"row {first.row}, column {first.column}: {first.problem}; "
                "no line of the file was taken, correct it and send it again",
                errors=[asdict(error) for error in self.errors],
            )
        return self


class PayoutRefused(Invalid):
    """A pay-out file with wrong rows; the evidence lists them all under ``errors``."""

    code = "payout-refused"
    title = "The pay-out file has wrong rows, nothing of it was taken"


class InvalidResult(Invalid):
    """A line's result that is neither paid nor returned."""

    code = "invalid-result"
    title = "A result is neither paid nor returned"


def parse_payouts(data: bytes, expected: Sequence[ClearingRow], now: int | None = None) -> PayoutFile:
    """Read the bank's file (CSV or XLSX) against the lines it was given.

    A line names its ticket by id or number. A line of ``expected`` that the file lacks comes later and is
    reported as missing. ``now`` (UTC seconds) refuses payments in the future. Raises InvalidFile.
    """
    known = {name: row for row in expected for name in (row.ticket, row.number)}
    seen: dict[str, int] = {}
    lines: list[PaidLine | ReturnedLine] = []
    errors: list[Problem] = []
    for row in read_table(data, COLUMNS).rows:
        line = _line(RowReader(row, COLUMNS, errors), row.number, known, seen, now)
        if line:
            lines.append(line)
    if errors:
        return PayoutFile((), (), tuple(expected), tuple(errors))
    return PayoutFile(
        tuple(line for line in lines if isinstance(line, PaidLine)),
        tuple(line for line in lines if isinstance(line, ReturnedLine)),
        tuple(row for row in expected if row.ticket not in seen),
        (),
    )


def payouts_csv(lines: Sequence[PaidLine | ReturnedLine]) -> bytes:
    """A pay-out file of these lines, as a bank would send it."""
    headers = [TICKET, AMOUNT, RESULT, PAID_AT, REASON, REFERENCE]
    return write_csv(headers, [_cells(line) for line in lines])


def _line(
    cells: RowReader, number: int, known: Mapping[str, ClearingRow], seen: dict[str, int], now: int | None
) -> PaidLine | ReturnedLine | None:
    row = _ticket(cells, known)
    amount, paid = cells.read("amount", parse_yuan), cells.read("result", _is_paid)
    paid_at = cells.read("paid_at", parse_instant)
    reason, reference = cells.text("reason", 120), cells.text("reference") or ""
    if cells.failed or row is None or amount is None or paid is None:
        return None
    if row.ticket in seen:
        way_out = "keep one of the two rows"
        cells.wrong("ticket", row.number, f"the ticket stands in row {seen[row.ticket]} too", way_out)
        return None
    seen[row.ticket] = number
    if amount != row.payable:
        problem = f"the clearing list has {format_yuan(row.payable)} for {row.number}"
        cells.wrong("amount", format_yuan(amount), problem, "give the line's own amount")
    elif paid and paid_at is None:
        cells.wrong("paid_at", "", "a paid line has no time of payment", "fill in when the money was paid")
    elif paid and paid_at and now is not None and paid_at > now:
        cells.wrong("paid_at", shanghai_text(paid_at), "the time of payment lies in the future", "correct it")
    elif paid and reason:
        cells.wrong(
            "reason", reason, "a paid line has a reason of return", "say whether it was paid or returned"
        )
    elif paid and paid_at:
        return PaidLine(number, row.ticket, amount, paid_at, reference)
    elif not reason:
        cells.wrong("reason", "", "a returned line has no reason", "fill in why the money came back")
    else:
        return ReturnedLine(number, row.ticket, amount, reason, reference)
    return None


def _ticket(cells: RowReader, known: Mapping[str, ClearingRow]) -> ClearingRow | None:
    ticket, number = cells.text("ticket", 66), cells.text("number")
    named = [known.get(name) for name in (ticket and ticket.lower(), number) if name]
    if not named:
        cells.wrong("ticket", "", "the row names no ticket", "fill in the ticket's number or id")
    elif None in named or len({row.ticket for row in named if row}) > 1:
        way_out = "copy number and id from the clearing list"
        cells.wrong("ticket", number or ticket or "", "the clearing list has no such line", way_out)
    else:
        return named[0]
    return None


def _is_paid(text: str) -> bool:
    if text.lower() in _PAID | _RETURNED:
        return text.lower() in _PAID
    raise InvalidResult(f"{text[:40]!r} is no result; write paid (已付) or returned (退汇)", value=text[:40])


def _cells(line: PaidLine | ReturnedLine) -> list[str]:
    amount = format_yuan(line.amount)
    if isinstance(line, PaidLine):
        return [line.ticket, amount, "已付", shanghai_text(line.paid_at), "", line.reference]
    return [line.ticket, amount, "退汇", "", line.reason, line.reference]
