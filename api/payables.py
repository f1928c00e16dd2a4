"""Payables over HTTP: files in, and what is there."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Annotated

from fastapi import File, Query, Response, UploadFile

from api.deps import Once, Read
from api.json_body import routed
from api.models.payables import ImportOut, InvoiceOut, PayableOut
from api.models.problem import CellProblem
from api.pages import Page, Paged, page
from ledger import payable_store
from ledger.access import require_scope
from ledger.clock import shanghai_date
from ledger.errors import Invalid
from ledger.ids import Uscc
from ledger.money import Fen
from ledger.payable_file import parse_payables, plan_rows
from ledger.payables import Payable
from ledger.ports import Store
from ledger.records import Participant, PayableRow
from ledger.rules import Role, in_role

router = routed("/payables", "payables")

MOST_BYTES = 5 * 1024 * 1024


class FileTooLarge(Invalid):
    """A file above the size that is read."""

    code = "file-too-large"
    status = 413
    title = "The file is too large"


Upload = Annotated[UploadFile, File(description="CSV or XLSX, 5 MiB at most")]


@router.post(
    "/imports",
    operation_id="importPayables",
    summary="Import a file of payables",
    status_code=201,
    response_model=ImportOut,
)
def import_payables(file: Upload, once: Once) -> Response:
    """CSV or XLSX by the template. All or nothing: with any wrong row nothing is imported, and `errors` names each
    wrong cell. The same rows again change nothing."""
    require_scope(once.caller, "maker")
    core, now = once.app.book.read(
        lambda store: (in_role(store, once.caller.party, Role.CORE), once.app.service.now(store))
    )
    data = read_upload(file)
    parsed = parse_payables(data, Uscc(core.uscc), shanghai_date(now))
    suppliers = {row.payable.supplier for row in parsed.rows}

    def work(store: Store) -> ImportOut:
        plan = plan_rows(parsed, payable_store.known(store, core.uscc, suppliers)).require()
        payable_store.save(store, plan.new, now)
        detail = {"new": len(plan.new), "unchanged": len(plan.unchanged)}
        once.app.service.audit(store, once.caller, "import payables", core.uscc, detail)
        return ImportOut(
            new=len(plan.new),
            unchanged=len(plan.unchanged),
            total=Fen(sum(payable.amount for payable in plan.new)),
            payables=[payable_out(_row(store, payable)) for payable in plan.new],
            warnings=[CellProblem(**asdict(warning)) for warning in plan.warnings],
        )

    return once(work, content=hashlib.sha256(data).digest())


@router.get("", operation_id="listPayables", summary="The own payables")
def list_payables(
    read: Read,
    paging: Paged,
    free: Annotated[
        bool | None,
        Query(description="Only those that no issue act uses (true), or uses (false)", examples=[True]),
    ] = None,
) -> Page[PayableOut]:
    """By supplier and invoice. Only what the caller's company owes itself."""

    def work(store: Store) -> Page[PayableOut]:
        core = store.need(Participant, read.caller.party).uscc
        return page(
            store,
            PayableRow,
            paging,
            payable_out,
            keep=lambda row: free is None or bool(row.act) != free,
            core=core,
        )

    return read(work)


def read_upload(file: UploadFile) -> bytes:
    """The bytes of an uploaded file. Raises FileTooLarge."""
    data = file.file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise FileTooLarge("The file has more than 5 MiB; split it, or leave out columns.", most=MOST_BYTES)
    return data


def payable_out(row: PayableRow) -> PayableOut:
    """A payable as JSON."""
    payable = payable_store.payable_of(row)
    return PayableOut(
        supplier=row.supplier,
        invoice=row.invoice,
        supplier_name=payable.supplier_name,
        order_no=payable.order_no,
        receipt_no=payable.receipt_no,
        receipt_date=payable.receipt_date,
        invoices=[InvoiceOut(invoice=one.label, amount=one.amount) for one in payable.invoices],
        amount=payable.amount,
        due=payable.due,
        days_to_cash=payable.days_to_cash,
        imported_at=row.imported_at,
        act=row.act or None,
    )


def _row(store: Store, payable: Payable) -> PayableRow:
    return store.need(PayableRow, *payable.keys[0])
