"""What a core owes its suppliers: the payables from which tickets are issued, and the plan of an import.

An import is all or nothing: either every row is good, or nothing is taken and each wrong cell is reported
with its row, column, value and the way out. Importing the same rows again changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from ledger.calendar import payment_date
from ledger.errors import Invalid
from ledger.ids import Uscc
from ledger.money import Fen, format_yuan
from ledger.sheets import Problem

AMOUNT, INVOICES, DUE = "金额(元)", "发票号码", "到期日"


class PayableKey(NamedTuple):
    """What makes a payable the same: debtor, creditor, invoice (``code-number`` or number)."""

    core: str
    supplier: str
    invoice: str


@dataclass(frozen=True)
class Invoice:
    """A VAT invoice and what is owed on it. ``code`` is "" for a fully digital invoice (数电票)."""

    code: str
    number: str
    amount: Fen

    @property
    def label(self) -> str:
        """``code-number``, or the number alone."""
        return f"{self.code}-{self.number}" if self.code else self.number


@dataclass(frozen=True)
class Payable:
    """One debt of a core to a supplier for goods received; ``amount`` in fen is the sum of its invoices."""

    core: Uscc
    supplier: Uscc
    supplier_name: str
    order_no: str
    receipt_no: str
    receipt_date: date
    invoices: tuple[Invoice, ...]
    amount: Fen
    due: date

    @property
    def keys(self) -> tuple[PayableKey, ...]:
        """One key for each invoice: an invoice belongs to one payable only."""
        return tuple(PayableKey(self.core, self.supplier, invoice.label) for invoice in self.invoices)

    @property
    def days_to_cash(self) -> int:
        """Days from delivery to the day of payment (Decree 802 counts them)."""
        return (payment_date(self.due).date - self.receipt_date).days


@dataclass(frozen=True)
class PayableRow:
    """A payable and the row of the file that it stands in."""

    row: int
    payable: Payable


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do. With any error, ``new`` and ``unchanged`` are empty."""

    new: tuple[Payable, ...]
    unchanged: tuple[Payable, ...]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()

    def require(self) -> "ImportPlan":
        """The plan itself; raises ImportRefused if it has errors."""
        if self.errors:
            rows = len({error.row for error in self.errors})
            wrong = "1 row of the file is" if rows == 1 else f"{rows} rows of the file are"
            raise ImportRefused(
                f"{wrong} wrong, first row {self.errors[0].row}, "
                f"column {self.errors[0].column}: {self.errors[0].problem}; "
                "nothing was imported, correct the rows and import the file again",
                errors=[asdict(error) for error in self.errors],
            )
        return self


class ImportRefused(Invalid):
    """A file with wrong rows; the evidence lists them all under ``errors``."""

    code = "import-refused"
    title = "The file has wrong rows, nothing was imported"


def plan_import(rows: Iterable[PayableRow], known: Mapping[PayableKey, Payable]) -> ImportPlan:
    """Compare rows with the payables known already (by each of their keys, see :func:`by_key`).

    A row that says the same as the known payable is unchanged (the supplier's name may be written
    otherwise); a row that says something else about a known invoice is an error, and so is an invoice that
    stands in two rows.
    """
    new, unchanged, errors = [], [], []
    seen: dict[PayableKey, int] = {}
    for row in rows:
        fault = _clash(row, known, seen)
        if fault:
            errors.append(fault)
        elif row.payable.keys[0] in known:
            unchanged.append(row.payable)
        else:
            new.append(row.payable)
        seen |= {key: row.row for key in row.payable.keys if key not in seen}
    if errors:
        return ImportPlan((), (), tuple(errors))
    return ImportPlan(tuple(new), tuple(unchanged), ())


def by_key(payables: Iterable[Payable]) -> dict[PayableKey, Payable]:
    """Each payable under each of its keys."""
    return {key: payable for payable in payables for key in payable.keys}


def shift_due(payables: Iterable[Payable], days: int) -> tuple[Payable, ...]:
    """The same payables with receipt and due date ``days`` later, for examples that must not grow old."""
    step = timedelta(days=days)
    return tuple(replace(p, receipt_date=p.receipt_date + step, due=p.due + step) for p in payables)


def _clash(
    row: PayableRow, known: Mapping[PayableKey, Payable], seen: Mapping[PayableKey, int]
) -> Problem | None:
    payable = row.payable
    for key in payable.keys:
        if key in seen:
            problem = f"the invoice stands in row {seen[key]} too"
            return Problem(row.row, INVOICES, key.invoice, problem, "keep one of the two rows")
        if key in known and (change := _change(payable, known[key])):
            return Problem(row.row, *change)
        if key not in known and any(other in known for other in payable.keys):
            problem = "the invoice is new, but others of this row are known already"
            return Problem(
                row.row, INVOICES, key.invoice, problem, "put new invoices into a row of their own"
            )
    return None


def _change(payable: Payable, known: Payable) -> tuple[str, str, str, str] | None:
    """Column, value, problem and way out of the first difference that matters."""
    if payable == replace(known, supplier_name=payable.supplier_name):
        return None
    way_out = "correct the row; to change what is known, void it first"
    if payable.amount != known.amount:
        problem = f"the invoice is known already with {format_yuan(known.amount)}"
        return AMOUNT, format_yuan(payable.amount), problem, way_out
    if payable.due != known.due:
        return (
            DUE,
            payable.due.isoformat(),
            f"the invoice is known already with due date {known.due}",
            way_out,
        )
    problem = f"the invoice is known already from order {known.order_no}, goods receipt {known.receipt_no}"
    return INVOICES, payable.keys[0].invoice, f"{problem} with other details", way_out
