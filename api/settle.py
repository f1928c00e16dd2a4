"""SETTLE over HTTP: maturities, funding, pay-out. See also `settle_clearing`, `settle_overdue`."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Annotated

from fastapi import Form, Query, Response

from api.deps import Doing, Once, Read
from api.drafting import POSTED, drafted
from api.json_body import routed
from api.models.acts import ActOut
from api.models.fields import DayIn, HashIn
from api.models.settle import (
    FundingIn,
    MaturitiesOut,
    PayOutDrafted,
    PayOutIn,
    Reference,
    ReturnedLineOut,
)
from api.pages import Page, Paged, page
from api.payables import Upload, read_upload
from api.settle_clearing import list_seen, no_list
from api.settle_view import line_out, maturities_out, returned_out
from ledger import settle, settle_lists, settle_payouts
from ledger.access import require_scope
from ledger.errors import Invalid
from ledger.ids import to_hex
from ledger.payouts import PaidLine
from ledger.payouts import ReturnedLine as ReturnedRow
from ledger.ports import Store
from ledger.privacy import seen_issuance
from ledger.records import Issuance, ReturnedLine, Ticket
from ledger.rules import Role, in_role
from ledger.settle_payouts import PayOutDraft
from ledger.tickets import UnknownTicket

router = routed("/settle", "settle")


@router.get("/maturities", operation_id="listMaturities", summary="What falls due when")
def maturities(
    read: Read,
    paging: Paged,
    date: Annotated[
        DayIn | None, Query(description="Only this payment date", examples=["2027-05-24"])
    ] = None,
    first: Annotated[
        DayIn | None, Query(alias="from", description="From this payment date on", examples=["2027-05-01"])
    ] = None,
    last: Annotated[
        DayIn | None, Query(alias="to", description="Up to this payment date", examples=["2027-05-31"])
    ] = None,
) -> MaturitiesOut:
    """As debtor and as clearing bank, by payment date; void issuances are left out."""
    party = read.caller.party

    def work(store: Store) -> MaturitiesOut:
        begin, end = date or first, date or last
        own = settle_lists.maturities(store, core=party, first=begin, last=end)
        cleared = settle_lists.maturities(store, bank=party, first=begin, last=end)
        return maturities_out(store, own + cleared, paging)

    return read(work)


@router.post("/fundings", operation_id="fund", summary="The core's money is there (备款)", **POSTED)
def fund(body: FundingIn, once: Once) -> Response:
    """Signed by the clearing bank. One payment for several issuances; never more than face. The core sees the act if
    all of it is its own."""

    def work(store: Store) -> ActOut:
        bank, legs = once.caller.party, [(leg.issuance, leg.amount) for leg in body.legs]
        debtors = {seen_issuance(store, bank, issuance).debtor for issuance, _ in legs}
        message = settle.fund(bank, body.ref, legs, once.deadline(store, body.deadline))
        extra = {"parties": [*debtors]} if len(debtors) == 1 else {}
        return drafted(store, once, "Fund", message, extra)

    return once(work)


@router.post(
    "/pay-outs",
    operation_id="payOut",
    summary="Lines were paid, or came back (兑付, 退汇)",
    status_code=201,
    response_model=PayOutDrafted,
)
def pay_out(body: PayOutIn, once: Once) -> Response:
    """Drafts pay-out acts for the paid lines, which the clearing bank signs. Returned lines wait with their reason."""

    def work(store: Store) -> PayOutDrafted:
        bank = _clearing_bank(store, once)
        _require_lines(store, bank, body)
        made = settle_payouts.from_lines(
            store,
            bank,
            body.ref,
            [
                PaidLine(row, to_hex(line.ticket), line.amount, line.paid_at, "")
                for row, line in enumerate(body.paid, 1)
            ],
            [
                ReturnedRow(row, to_hex(line.ticket), line.amount, line.reason, "")
                for row, line in enumerate(body.returned, 1)
            ],
            once.app.service.now(store),
            deadline=once.deadline(store, body.deadline),
        )
        return _draft_pay_outs(store, once, made)

    return once(work)


@router.post(
    "/pay-outs/files",
    operation_id="payOutFile",
    summary="The bank's file for a clearing list comes back",
    status_code=201,
    response_model=PayOutDrafted,
)
def pay_out_file(
    file: Upload,
    clearing_list: Annotated[HashIn, Form(description="Hash of the clearing list")],
    ref: Annotated[Reference, Form()],
    once: Once,
) -> Response:
    """CSV or XLSX: each line paid, or returned with a reason. With any wrong row nothing counts."""
    data = read_upload(file)

    def work(store: Store) -> PayOutDrafted:
        bank = _clearing_bank(store, once)
        listed = list_seen(store, bank, clearing_list)
        if listed.bank != bank:
            raise no_list(clearing_list)
        deadline = once.deadline(store, None)
        made = settle_payouts.from_file(
            store, listed, data, ref, once.app.service.now(store), deadline=deadline
        )
        return _draft_pay_outs(store, once, made)

    same = hashlib.sha256(clearing_list + ref.encode() + b"\0" + data).digest()
    return once(work, content=same)


@router.get(
    "/returned-lines", operation_id="listReturnedLines", summary="Lines that came back and wait (退汇)"
)
def returned_lines(read: Read, paging: Paged) -> Page[ReturnedLineOut]:
    """For the clearing bank all that it pays, for a holder its own. Correct the account, then pay under a new
    reference."""
    party = read.caller.party

    def work(store: Store) -> Page[ReturnedLineOut]:
        return page(
            store,
            ReturnedLine,
            paging,
            lambda line: returned_out(store, line),
            order="at",
            keep=lambda line: settle_payouts.waits_for(store, party, line),
            # those without a party are from before it was noted
            either=({"bank": party}, {"party": [party, 0]}),
            ended=False,
        )

    return read(work)


def _clearing_bank(store: Store, once: Doing) -> int:
    require_scope(once.caller, "maker")
    return in_role(store, once.caller.party, Role.CLEARING_BANK).id


def _require_lines(store: Store, bank: int, body: PayOutIn) -> None:
    """Each ticket once, and each one that this bank pays. Raises UnknownTicket, Invalid."""
    tickets = [*(line.ticket for line in body.paid), *(line.ticket for line in body.returned)]
    if not tickets:
        raise Invalid("Neither a paid nor a returned line is given; name what became of at least one.")
    for ticket, times in Counter(tickets).items():
        found = store.get(Ticket, ticket)
        if found is None or store.need(Issuance, found.issuance).clearing_bank != bank:
            raise UnknownTicket(
                f"There is no ticket {to_hex(ticket)} that your bank pays; look its number up again.",
                ticket=to_hex(ticket),
            )
        if times > 1:
            raise Invalid(
                f"The ticket {to_hex(ticket)} stands in two lines; keep one of them.", ticket=to_hex(ticket)
            )


def _draft_pay_outs(store: Store, once: Doing, made: PayOutDraft) -> PayOutDrafted:
    for line in made.returned:
        store.put(line)
        once.app.service.audit(
            store, once.caller, "line returned", to_hex(line.ticket), {"reason": line.reason}
        )
    return PayOutDrafted(
        acts=[drafted(store, once, "PayOut", message) for message in made.messages],
        returned=[returned_out(store, line) for line in made.returned],
        missing=[line_out(row) for row in made.missing],
    )
