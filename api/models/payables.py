"""Payables and their import, as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from api.models.fields import DayOut, FenOut, HashOut, InstantOut, Out, UsccOut, visible
from api.models.problem import CellProblem

InvoiceLabel = Annotated[
    str,
    AfterValidator(visible),
    Field(
        max_length=40,
        description="The 20 digits of a digital invoice (数电票), or code-number of an older one",
        examples=["26342000000012345678"],
    ),
]


class InvoiceOut(Out):
    """An invoice and what is owed on it."""

    invoice: InvoiceLabel
    amount: FenOut


class PayableOut(Out):
    """One debt of the caller's company. Supplier and first invoice name it."""

    supplier: UsccOut
    invoice: InvoiceLabel
    supplier_name: Annotated[str, Field(examples=["皖岳铸锻"])]
    order_no: Annotated[str, Field(examples=["PO-2026-1101"])]
    receipt_no: Annotated[str, Field(examples=["GR-2026-1120"])]
    receipt_date: DayOut
    invoices: list[InvoiceOut]
    amount: FenOut
    due: DayOut
    days_to_cash: Annotated[int, Field(description="From delivery to the day of payment", examples=[185])]
    imported_at: InstantOut
    act: Annotated[HashOut | None, Field(description="The issue act that uses it, null while it is free")]


class ImportOut(Out):
    """What an import did. Importing the same rows again changes nothing."""

    new: Annotated[int, Field(examples=[20])]
    unchanged: Annotated[int, Field(examples=[0])]
    total: Annotated[FenOut, Field(description="Of the new ones")]
    payables: Annotated[list[PayableOut], Field(description="The new ones")]
    warnings: Annotated[list[CellProblem], Field(description="Doubtful cells that stop nothing")]
