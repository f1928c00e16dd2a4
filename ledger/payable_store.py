"""Payables in the book: one record for each, under its first invoice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from ledger.errors import Conflict, NotFound
from ledger.ids import Uscc, to_hex
from ledger.money import parse_fen
from ledger.payables import Invoice, Payable, PayableKey, by_key
from ledger.ports import Store
from ledger.records import Json, PayableRow


class UnknownPayable(NotFound):
    """The core has no payable under this supplier and invoice."""

    code = "unknown-payable"
    title = "There is no such payable"


class PayableUsed(Conflict):
    """A ticket is being opened, or was opened, from this payable."""

    code = "payable-used"
    title = "This payable is used already"


_AT_ONCE = 1_000


def known(store: Store, core: str, suppliers: Iterable[str]) -> Mapping[PayableKey, Payable]:
    """The core's payables to these suppliers by each of their invoices."""
    wanted = sorted(set(suppliers))
    parts = (wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE))
    rows = (row for part in parts for row in store.find(PayableRow, core=core, supplier=part))
    return by_key(payable_of(row) for row in rows)


def save(store: Store, payables: Iterable[Payable], now: int) -> None:
    """Keeps new payables."""
    for payable in payables:
        key = payable.keys[0]
        fields = to_json(payable)
        due = payable.due.isoformat()
        store.add(PayableRow(key.core, key.supplier, key.invoice, payable.amount, due, fields, now))


def free_one(store: Store, core: str, supplier: str, invoice: str) -> Payable:
    """The payable under this invoice, from which nothing was opened yet. Raises UnknownPayable, PayableUsed."""
    row = store.get(PayableRow, core, supplier, invoice)
    if row is None:
        raise UnknownPayable(
            f"Your company has no payable to {supplier} with the invoice {invoice}; import it first.",
            supplier=supplier,
            invoice=invoice,
        )
    if row.act:
        raise PayableUsed(
            f"The payable with invoice {invoice} is used by an issue act; withdraw or void that one first.",
            invoice=invoice,
            act=to_hex(row.act),
        )
    return payable_of(row)


def free_ones(store: Store, core: str) -> list[Payable]:
    """All payables of the core from which nothing was opened yet."""
    return [payable_of(row) for row in store.find(PayableRow, core=core, act=b"")]


def use(store: Store, payables: Iterable[Payable], act: bytes) -> None:
    """Marks payables as used by an issue act."""
    for payable in payables:
        store.put(replace(store.need(PayableRow, *payable.keys[0]), act=act))


def to_json(payable: Payable) -> Json:
    """As JSON: amounts are decimal strings of fen, dates ISO."""
    data: dict[str, Any] = asdict(payable)
    data |= {name: data[name].isoformat() for name in ("receipt_date", "due")}
    data["amount"] = str(payable.amount)
    data["invoices"] = [{**asdict(invoice), "amount": str(invoice.amount)} for invoice in payable.invoices]
    return data


def payable_of(row: PayableRow) -> Payable:
    """The payable that a record keeps."""
    data = row.fields
    return Payable(
        core=Uscc(data["core"]),
        supplier=Uscc(data["supplier"]),
        supplier_name=data["supplier_name"],
        order_no=data["order_no"],
        receipt_no=data["receipt_no"],
        receipt_date=date.fromisoformat(data["receipt_date"]),
        invoices=tuple(
            Invoice(one["code"], one["number"], parse_fen(one["amount"])) for one in data["invoices"]
        ),
        amount=parse_fen(data["amount"]),
        due=date.fromisoformat(data["due"]),
    )
