"""The file of payables: CSV or XLSX by the template of docs/payables.md, read row by row, and written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledger.clock import parse_date
from ledger.errors import Invalid
from ledger.ids import Uscc, parse_uscc
from ledger.money import Fen, format_yuan, parse_yuan
from ledger.payables import (
    AMOUNT,
    DUE,
    INVOICES,
    ImportPlan,
    Invoice,
    Payable,
    PayableKey,
    PayableRow,
    plan_import,
)
from ledger.sheets import Column, Problem, Row, RowReader, read_table, write_csv
from ledger.unpacked import InvalidFile

COLUMNS = (
    Column("order", ("订单号", "order no", "order number", "订单编号", "order")),
    Column("receipt", ("收货单号", "goods receipt no", "goods receipt number", "receipt no", "收货单编号")),
    Column("received", ("收货日期", "goods receipt date", "receipt date")),
    Column("invoices", (INVOICES, "invoice numbers", "invoice number", "invoice no", "invoices", "发票号")),
    Column("supplier", ("供应商统一社会信用代码", "supplier USCC", "供应商信用代码", "供应商USCC")),
    Column("name", ("供应商名称", "supplier name", "supplier", "供应商")),
    Column("amount", (AMOUNT, "amount (yuan)", "amount", "金额")),
    Column("due", (DUE, "due date", "due", "到期日期")),
)
SME_DAYS = 60

_INVOICE = re.compile(r"(?:([0-9]{12}|[0-9]{10})-([0-9]{8})|([0-9]{20}))", re.ASCII)


@dataclass(frozen=True)
class ParsedPayables:
    """A file as read: good rows, errors, and warnings that stop nothing."""

    rows: tuple[PayableRow, ...]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    ignored_columns: tuple[str, ...] = ()


class InvalidInvoice(Invalid):
    """A text that names no VAT invoice."""

    code = "invalid-invoice"
    title = "An invoice number is not valid"


def plan_file(
    data: bytes, core: Uscc, known: Mapping[PayableKey, Payable], today: date | None = None
) -> ImportPlan:
    """Read a file of the core's payables and plan its import. Raises InvalidFile for an unusable file."""
    return plan_rows(parse_payables(data, core, today), known)


def plan_rows(parsed: ParsedPayables, known: Mapping[PayableKey, Payable]) -> ImportPlan:
    """The plan for a file that was read before, so that nobody waits for the reading."""
    plan = plan_import(parsed.rows, known)
    errors = tuple(sorted((*parsed.errors, *plan.errors), key=lambda problem: problem.row))
    if errors:
        return ImportPlan((), (), errors, parsed.warnings)
    return replace(plan, warnings=parsed.warnings)


def parse_payables(data: bytes, core: Uscc, today: date | None = None) -> ParsedPayables:
    """Read CSV or XLSX by the template. ``today``, if given, warns of debts that are due already."""
    table = read_table(data, COLUMNS)
    rows: list[PayableRow] = []
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for row in table.rows:
        payable = _payable(row, core, errors)
        if payable:
            rows.append(PayableRow(row.number, payable))
            warnings += _warnings(row.number, payable, today)
    if not table.rows:
        raise InvalidFile("the file has no rows below its headers; fill in at least one")
    return ParsedPayables(tuple(rows), tuple(errors), tuple(warnings), table.ignored)


def payables_csv(payables: Sequence[Payable]) -> bytes:
    """Payables as a file by the template; reading it gives them back."""
    return write_csv([column.label for column in COLUMNS], [_cells(payable) for payable in payables])


def parse_invoices(text: str) -> list[tuple[str, str, Fen | None]]:
    """(code, number, amount or None) of each invoice in a cell.

    ``20 digits`` (数电票) or ``code-number`` (10 or 12 digits, hyphen, 8 digits), several separated by ``;``,
    then each with its amount in yuan: ``number:amount``. Raises InvalidInvoice, InvalidAmount.
    """
    parts = [part.strip() for part in re.split(r"[;；、\n]", text) if part.strip()]
    return [_invoice(part) for part in parts]


def _invoice(text: str) -> tuple[str, str, Fen | None]:
    number, colon, amount = (part.strip() for part in re.sub("：", ":", text).partition(":"))
    match = _INVOICE.fullmatch(number)
    if match is None:
        raise InvalidInvoice(
            f"{number[:60]!r} is not an invoice number; {_invoice_way_out(number)}", value=number[:60]
        )
    code, short, digital = match.groups()
    return code or "", short or digital, parse_yuan(amount) if colon else None


def _invoice_way_out(number: str) -> str:
    if re.fullmatch("[0-9]{8}", number):
        return "give the invoice code too, as code-number, for instance 3400204130-08123456"
    if re.search("[eE][+]", number):
        return "a spreadsheet has rounded it: format the column as text and enter all 20 digits"
    return "write the 20 digits of a digital invoice, or code-number of an older one"


def _payable(row: Row, core: Uscc, errors: list[Problem]) -> Payable | None:
    cells = RowReader(row, COLUMNS, errors)
    order, receipt, name = cells.text("order"), cells.text("receipt"), cells.text("name", 120)
    supplier, amount = cells.read("supplier", parse_uscc), cells.read("amount", parse_yuan)
    received, due = cells.read("received", parse_date), cells.read("due", parse_date)
    listed = cells.read("invoices", parse_invoices)
    invoices = _shares(cells, listed, amount) if listed is not None and amount else None
    if amount == 0:
        cells.wrong("amount", "0", "the amount is 0", "give what is owed, or leave the row out")
    if supplier == core:
        cells.wrong("supplier", core, "the supplier is the buyer itself", "correct the supplier's code")
    if received and due and due < received:
        problem = f"the due date is before the goods receipt of {received}"
        cells.wrong("due", due.isoformat(), problem, "correct one of the two dates")
    if cells.failed or not (order and receipt and name and supplier and received and due):
        return None
    if not (amount and invoices):
        return None
    return Payable(core, supplier, name, order, receipt, received, invoices, amount, due)


def _shares(
    cells: RowReader, listed: list[tuple[str, str, Fen | None]], amount: Fen
) -> tuple[Invoice, ...] | None:
    """The row's invoices with what is owed on each; one alone needs no amount of its own."""
    text = "; ".join(number for _, number, _ in listed)
    if len(listed) == 1 and listed[0][2] is None:
        listed = [(*listed[0][:2], amount)]
    invoices = tuple(Invoice(code, number, share) for code, number, share in listed if share)
    if len(invoices) < len(listed) or not invoices:
        problem, way_out = "an invoice has no amount above 0", "write number:amount for each, separated by ;"
    elif len({invoice.label for invoice in invoices}) < len(invoices):
        problem, way_out = "an invoice stands here twice", "name each invoice once"
    elif (total := sum(invoice.amount for invoice in invoices)) != amount:
        problem = f"the invoices come to {format_yuan(total)}, the row to {format_yuan(amount)}"
        way_out = "correct one of them"
    else:
        return invoices
    cells.wrong("invoices", text, problem, way_out)
    return None


def _warnings(row: int, payable: Payable, today: date | None) -> list[Problem]:
    found = []
    if payable.days_to_cash > SME_DAYS:
        problem = f"{payable.days_to_cash} days pass from delivery to cash"
        way_out = (
            f"pay a small or medium supplier within {SME_DAYS} days as a rule (Decree 802), or record why not"
        )
        found.append(Problem(row, DUE, payable.due.isoformat(), problem, way_out))
    if today and payable.due <= today:
        found.append(
            Problem(
                row, DUE, payable.due.isoformat(), "the debt is due already", "no ticket can be opened for it"
            )
        )
    if today and payable.receipt_date > today:
        label, value = COLUMNS[2].label, payable.receipt_date.isoformat()
        found.append(Problem(row, label, value, "the goods receipt lies in the future", "check the date"))
    return found


def _cells(payable: Payable) -> list[str]:
    shares = [f"{invoice.label}:{format_yuan(invoice.amount)}" for invoice in payable.invoices]
    return [
        payable.order_no,
        payable.receipt_no,
        payable.receipt_date.isoformat(),
        "; ".join(shares) if len(shares) > 1 else payable.invoices[0].label,
        payable.supplier,
        payable.supplier_name,
        format_yuan(payable.amount),
        payable.due.isoformat(),
    ]
