"""Clearing lists (清分表) over HTTP: who is paid what on a date."""

from __future__ import annotations

from fastapi import Response

from api.deps import Doing, Once, Read
from api.json_body import routed
from api.models.fields import HashIn
from api.models.settle import ClearingListIn, ClearingListOut
from api.pages import Page, Paged, page
from api.settle_view import clearing_csv_of, clearing_out
from ledger import settle_lists
from ledger.access import require_scope
from ledger.errors import NotFound
from ledger.ids import to_hex
from ledger.ports import Store
from ledger.records import ClearingList, StoredDocument
from ledger.rules import Role, participant
from ledger.settle_lists import NothingToClear

router = routed("/settle", "settle")


class UnknownClearingList(NotFound):
    """There is no such list, or it is another bank's."""

    code = "unknown-clearing-list"
    title = "There is no such clearing list"


@router.post(
    "/clearing-lists",
    operation_id="makeClearingList",
    summary="Make a clearing list (清分表)",
    status_code=201,
    response_model=ClearingListOut,
)
def make_clearing_list(body: ClearingListIn, once: Once) -> Response:
    """One line for each holder that can be paid. By the clearing bank, or by a core for its own issuances. A holder
    without a payee account has a line that says so; it is left out of total and file, and both it and the bank find it
    among the returned lines."""

    def work(store: Store) -> ClearingListOut:
        require_scope(once.caller, "maker", "checker")
        bank, core = _whose(store, once, body)
        made = settle_lists.prepare(
            store, bank, body.date, once.app.service.now(store), core=core, as_if_funded=body.as_if_funded
        )
        store.put(made.record)
        store.put(made.document)
        for line in made.waiting:
            store.put(line)
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
    return read(lambda store: clearing_out(store, list_seen(store, read.caller.party, hash)))


@router.get(
    "/clearing-lists/{hash}/file",
    operation_id="getClearingFile",
    summary="The list as CSV, for the bank to fill in",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"example": "金票编号,金票ID,…"}}, "description": "CSV, UTF-8"}},
)
def get_clearing_file(hash: HashIn, read: Read) -> Response:
    """Its last columns are the bank's: result, time, reason, reference. Send it back as a pay-out file."""
    found = read(lambda store: list_seen(store, read.caller.party, hash))
    name = f'attachment; filename="clearing-{found.date}-{found.hash.hex()[:8]}.csv"'
    return Response(clearing_csv_of(found), 200, {"Content-Disposition": name}, "text/csv; charset=utf-8")


def _whose(store: Store, once: Doing, body: ClearingListIn) -> tuple[int, int | None]:
    """(bank, core) that a list is made for: a clearing bank's own lines, or a core's own."""
    me = participant(store, once.caller.party)
    if me.roles & Role.CLEARING_BANK and body.bank in (None, me.id):
        return me.id, body.core
    if body.core not in (None, me.id):
        raise NothingToClear(
            f"Participant {body.core} is not your company; leave `core` out for your own issuances.",
            core=body.core,
        )
    return body.bank or me.clearing_bank, me.id


def _sees_list(store: Store, party: int, found: ClearingList) -> bool:
    document = store.get(StoredDocument, found.hash)
    return party == found.bank or (document is not None and party in document.parties)


def list_seen(store: Store, party: int, hash: bytes) -> ClearingList:
    """A list that this company may see. Raises UnknownClearingList."""
    found = store.get(ClearingList, hash)
    if found is None or not _sees_list(store, party, found):
        raise no_list(hash)
    return found


def no_list(hash: bytes) -> UnknownClearingList:
    """The error for a list that is not there for this company."""
    return UnknownClearingList(
        f"There is no clearing list {to_hex(hash)} for your company; look its hash up again.", hash=hash
    )
