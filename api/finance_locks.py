"""FINANCE over HTTP, once a quote was chosen: locks, receipts, what goes back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query, Response

from api.deps import Once, Read
from api.drafting import POSTED, drafted
from api.finance_view import lock_out
from api.json_body import routed
from api.models.acts import ActOut
from api.models.fields import HashIn
from api.models.finance import LockOut, NothingIn, ReceiptIn
from api.models.participants import PlainIn
from api.pages import Page, Paged, page
from ledger import finance_terms
from ledger.ports import Store
from ledger.privacy import seen_lock, sees_lock, unknown_lock
from ledger.records import Lock, Ticket

router = routed("/finance", "finance")


@router.get("/locks", operation_id="listLocks", summary="Locks of the caller's company")
def list_locks(
    read: Read,
    paging: Paged,
    state: Annotated[
        Literal["locked", "released", "returned", "cancelled"] | None,
        Query(description="Only those in this state", examples=["locked"]),
    ] = None,
) -> Page[LockOut]:
    """As holder, bank or clearing bank, in the order of their ids."""
    party = read.caller.party
    return read(
        lambda store: page(
            store,
            Lock,
            paging,
            lambda lock: lock_out(store, lock),
            keep=lambda lock: state in (None, lock.state) and sees_lock(store, party, lock),
        )
    )


@router.get("/locks/{id}", operation_id="getLock", summary="One lock")
def get_lock(id: HashIn, read: Read) -> LockOut:
    """For its holder, its bank and its clearing bank."""
    return read(lambda store: lock_out(store, seen_lock(store, read.caller.party, id)))


@router.post(
    "/receipts", operation_id="giveReceipt", summary="The bank's money for a lock is there", **POSTED
)
def receipt(body: ReceiptIn, once: Once) -> Response:
    """Signed by the lock's clearing bank. Title moves when it is final; then the holder is paid."""

    def work(store: Store) -> ActOut:
        lock, deadline = seen_lock(store, once.caller.party, body.lock), once.deadline(store, body.deadline)
        message = finance_terms.receipt(store, lock.id, body.ref, deadline, registration=body.registration)
        return drafted(store, once, "Receipt", message, _told(store, lock))

    return once(work)


@router.post("/locks/{id}/return", operation_id="returnLock", summary="An expired lock goes back", **POSTED)
def return_lock(id: HashIn, body: NothingIn, once: Once) -> Response:
    """By anybody who has its id, from expiry or full funding on; nobody signs."""

    def work(store: Store) -> ActOut:
        lock = store.get(Lock, id)
        if lock is None:
            raise unknown_lock(id)
        return drafted(store, once, "ReturnLock", finance_terms.return_lock(id), _told(store, lock))

    return once(work)


@router.post("/locks/{id}/cancel", operation_id="cancelLock", summary="Holder and bank end a lock", **POSTED)
def cancel_lock(id: HashIn, body: PlainIn, once: Once) -> Response:
    """Signed by both."""

    def work(store: Store) -> ActOut:
        lock, deadline = seen_lock(store, once.caller.party, id), once.deadline(store, body.deadline)
        return drafted(store, once, "CancelLock", finance_terms.cancel_lock(id, deadline), _told(store, lock))

    return once(work)


def _told(store: Store, lock: Lock) -> dict[str, Any]:
    """Holder, bank and clearing bank see every act about their lock."""
    return {"parties": [store.need(Ticket, lock.parent).party, lock.bank, lock.clearing_bank]}
