"""SETTLE over HTTP: maturities, clearing lists, funding, pay-out, overdue, another clearing bank."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response

from api.deps import Doing, Once, Read
from api.drafting import POSTED, draft, drafted
from api.models.fields import DayIn, HashIn
from api.models.settle import (
    ClearingListIn,
    ClearingListOut,
    FundingIn,
    IssuanceOnlyIn,
    MaturitiesOut,
    OverdueIn,
    PayOutDrafted,
    PayOutIn,
    Reference,
    ReplacementIn,
    ReturnedLineOut,
    WaiverIn,
)
from api.pages import Page, Paged, page, page_of
from api.payables import Upload, read_upload
from api.settle_view import clearing_csv_of, clearing_out, line_out, maturities_out, returned_out
from ledger import settle, settle_lists, settle_payouts
from ledger.errors import NotFound
from ledger.ids import new_salt, to_hex
from ledger.payouts import PaidLine
from ledger.payouts import ReturnedLine as ReturnedRow
from ledger.ports import Store
from ledger.privacy import is_panel, seen_issuance, seen_ticket, sees_issuance
from ledger.records import ClearingList, Issuance, Replacement, ReturnedLine, StoredDocument, Ticket
from ledger.rules import Role, in_role, participant
from ledger.service import require_scope
from ledger.settle_payouts import PayOutDraft
from ledger.tickets import UnknownIssuance

router = APIRouter(prefix="/settle", tags=["settle"])


class UnknownClearingList(NotFound):
    """There is no such list, or it is another bank's."""

    code = "unknown-clearing-list"
    title = "There is no such clearing list"


@router.get("/maturities", operation_id="listMaturities", summary="What falls due when")
def maturities(
    read: Read,
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
    """As debtor and as clearing bank; void issuances are left out."""
    party = read.caller.party

    def work(store: Store) -> MaturitiesOut:
        begin, end = date or first, date or last
        own = settle_lists.maturities(store, core=party, first=begin, last=end)
        cleared = settle_lists.maturities(store, bank=party, first=begin, last=end)
        return maturities_out(store, own + cleared)

    return read(work)


@router.post(
    "/clearing-lists",
    operation_id="makeClearingList",
    summary="Make a clearing list (清分表)",
    status_code=201,
    response_model=ClearingListOut,
)
def make_clearing_list(body: ClearingListIn, once: Once) -> Response:
    """One line for each holder that can be paid. By the clearing bank, or by a core for its own issuances."""

    def work(store: Store) -> ClearingListOut:
        require_scope(once.caller, "maker", "checker")
        bank, core = _whose(store, once, body)
        made = settle_lists.prepare(
            store, bank, body.date, once.app.service.now(store), core=core, as_if_funded=body.as_if_funded
        )
        store.put(made.record)
        store.put(made.document)
        once.app.service.audit(store, once.caller, "clearing list", to_hex(made.record.hash))
        return clearing_out(store, made.record)

    return once(work)


@router.get("/clearing-lists", operation_id="listClearingLists", summary="Clearing lists made")
def clearing_lists(read: Read, paging: Paged) -> Page[ClearingListOut]:
    """By payment date, the latest first."""
    party = read.caller.party
    return read(
        lambda store: page(
            store,
            ClearingList,
            paging,
            lambda found: clearing_out(store, found),
            order="-date",
            keep=lambda found: _sees_list(store, party, found),
        )
    )


@router.get("/clearing-lists/{hash}", operation_id="getClearingList", summary="One clearing list")
def get_clearing_list(hash: HashIn, read: Read) -> ClearingListOut:
    """For its clearing bank, and the core whose lines alone it holds."""
    return read(lambda store: clearing_out(store, _list(store, read.caller.party, hash)))


@router.get(
    "/clearing-lists/{hash}/file",
    operation_id="getClearingFile",
    summary="The list as CSV, for the bank to fill in",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"example": "金票编号,金票ID,…"}}, "description": "CSV, UTF-8"}},
)
def get_clearing_file(hash: HashIn, read: Read) -> Response:
    """Its last columns are the bank's: result, time, reason, reference. Send it back as a pay-out file."""
    found = read(lambda store: _list(store, read.caller.party, hash))
    name = f'attachment; filename="clearing-{found.date}-{found.hash.hex()[:8]}.csv"'
    return Response(clearing_csv_of(found), 200, {"Content-Disposition": name}, "text/csv; charset=utf-8")


@router.post("/fundings", operation_id="fund", summary="The core's money is there (备款)", **POSTED)
def fund(body: FundingIn, once: Once) -> Response:
    """Signed by the clearing bank. One payment for several issuances; never more than face."""

    def message(store: Store) -> dict[str, Any]:
        legs = [(leg.issuance, leg.amount) for leg in body.legs]
        for issuance, _ in legs:
            seen_issuance(store, once.caller.party, issuance)
        return settle.fund(once.caller.party, body.ref, legs, once.deadline(store, body.deadline))

    return draft(once, "Fund", message)


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
        for ticket in {line.ticket for line in body.paid} | {line.ticket for line in body.returned}:
            seen_ticket(store, bank, ticket)
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
        listed = _list(store, bank, clearing_list)
        if listed.bank != bank:
            raise _no_list(clearing_list)
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
    """For the clearing bank all of them, for a holder its own. Correct the account, then pay under a new reference."""
    party = read.caller.party

    def work(store: Store) -> Page[ReturnedLineOut]:
        return page_of(
            _returns(store, party),
            paging,
            lambda line: (line.at, line.ref, line.ticket),
            lambda line: returned_out(store, line),
        )

    return read(work)


@router.post("/overdue", operation_id="reportOverdue", summary="Report an overdue issuance (逾期)", **POSTED)
def overdue(body: OverdueIn, once: Once) -> Response:
    """Nobody signs. The debtor may issue no more until it is cured by full funding, void, or a waiver."""

    def message(store: Store) -> dict[str, Any]:
        party = once.caller.party
        if not store.count(Ticket, issuance=body.issuance, party=party):
            seen_issuance(store, party, body.issuance)
        return {"issuance": body.issuance, "salt": new_salt()}

    return draft(once, "ReportOverdue", message)


@router.post(
    "/waivers", operation_id="waive", summary="An overdue issuance does not halt its debtor", **POSTED
)
def waive(body: WaiverIn, once: Once) -> Response:
    """Signed by the panel; for 30 days."""

    def message(store: Store) -> dict[str, Any]:
        _concerns(store, once, body.issuance)
        return settle.waive(store, body.issuance, body.evidence, once.deadline(store, body.deadline))

    return draft(once, "Waive", message)


@router.post(
    "/replacements", operation_id="replaceBank", summary="Another clearing bank for an issuance", **POSTED
)
def replace_bank(body: ReplacementIn, once: Once) -> Response:
    """Signed by the debtor, the new bank and the panel; 14 days, unless the present one vetoes."""

    def message(store: Store) -> dict[str, Any]:
        _concerns(store, once, body.issuance)
        deadline = once.deadline(store, body.deadline)
        return settle.replace_bank(store, body.issuance, body.bank, body.evidence, deadline)

    return draft(once, "ReplaceBank", message)


@router.post("/replacements/veto", operation_id="vetoReplacement", summary="Veto a replacement", **POSTED)
def veto_replacement(body: IssuanceOnlyIn, once: Once) -> Response:
    """By the present clearing bank."""
    return _end_replacement(once, body, "VetoReplacement")


@router.post(
    "/replacements/complete", operation_id="completeReplacement", summary="The new bank takes over", **POSTED
)
def complete_replacement(body: IssuanceOnlyIn, once: Once) -> Response:
    """By the new clearing bank, after the delay."""
    return _end_replacement(once, body, "CompleteReplacement")


def _end_replacement(once: Doing, body: IssuanceOnlyIn, kind: str) -> Response:
    def message(store: Store) -> dict[str, Any]:
        _concerns(store, once, body.issuance)
        return settle.end_replacement(store, body.issuance, once.deadline(store, body.deadline))

    return draft(once, kind, message)


def _whose(store: Store, once: Doing, body: ClearingListIn) -> tuple[int, int | None]:
    """(bank, core) that a list is made for: a clearing bank's own lines, or a core's own."""
    me = participant(store, once.caller.party)
    if me.roles & Role.CLEARING_BANK and body.bank in (None, me.id):
        return me.id, body.core
    return body.bank or me.clearing_bank, me.id


def _clearing_bank(store: Store, once: Doing) -> int:
    require_scope(once.caller, "maker")
    return in_role(store, once.caller.party, Role.CLEARING_BANK).id


def _draft_pay_outs(store: Store, once: Doing, made: PayOutDraft) -> PayOutDrafted:
    for line in made.returned:
        store.put(line)
    return PayOutDrafted(
        acts=[drafted(store, once, "PayOut", message) for message in made.messages],
        returned=[returned_out(store, line) for line in made.returned],
        missing=[line_out(row) for row in made.missing],
    )


def _sees_list(store: Store, party: int, found: ClearingList) -> bool:
    document = store.get(StoredDocument, found.hash)
    return party == found.bank or (document is not None and party in document.parties)


def _list(store: Store, party: int, hash: bytes) -> ClearingList:
    found = store.get(ClearingList, hash)
    if found is None or not _sees_list(store, party, found):
        raise _no_list(hash)
    return found


def _no_list(hash: bytes) -> UnknownClearingList:
    return UnknownClearingList(
        f"There is no clearing list {to_hex(hash)} for your company; look its hash up again.", hash=hash
    )


def _returns(store: Store, party: int) -> list[ReturnedLine]:
    if participant(store, party).roles & Role.CLEARING_BANK:
        return settle_payouts.open_returns(store, party)
    banks = {
        store.need(Issuance, ticket.issuance).clearing_bank for ticket in store.find(Ticket, party=party)
    }
    lines = [line for bank in sorted(banks) for line in settle_payouts.open_returns(store, bank)]
    return [line for line in lines if store.need(Ticket, line.ticket).party == party]


def _concerns(store: Store, once: Doing, id: bytes) -> None:
    """Parties of the issuance, the panel, and the bank that is to take over. Raises UnknownIssuance."""
    party, found, running = once.caller.party, store.get(Issuance, id), store.get(Replacement, id)
    seen = found is not None and (
        sees_issuance(party, found)
        or is_panel(store, party)
        or (running is not None and running.bank == party)
    )
    if not seen:
        raise UnknownIssuance(
            f"There is no issuance {to_hex(id)}, or your company is no party to it; look it up again.",
            issuance=id,
        )
