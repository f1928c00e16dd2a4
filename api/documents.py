"""Documents over HTTP: what was signed, as people read it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response

from api.deps import Read
from api.json_body import routed
from api.models.documents import DocumentOut
from api.models.fields import HashIn
from api.models.parties import party_out
from api.pages import Page, Paged, page
from ledger.errors import NotFound
from ledger.ids import to_hex
from ledger.ports import Store
from ledger.privacy import sees_document
from ledger.records import StoredDocument

router = routed("/documents", "documents")

_SAFE = {
    # a document is somebody else's text: it runs nothing, loads nothing and is framed by nobody
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class UnknownDocument(NotFound):
    """There is no such document, or it is not for the caller's company."""

    code = "unknown-document"
    title = "There is no such document"


@router.get("", operation_id="listDocuments", summary="Documents that name the caller's company")
def list_documents(
    read: Read,
    paging: Paged,
    kind: Annotated[
        str | None,
        Query(
            max_length=40,
            description="undertaking, assignment-notice, finance-terms or clearing-list",
            examples=["assignment-notice"],
        ),
    ] = None,
) -> Page[DocumentOut]:
    """The newest first. For a debtor it is the inbox of notices of assignment (债权转让通知)."""
    party = read.caller.party
    return read(
        lambda store: page(
            store,
            StoredDocument,
            paging,
            lambda found: _line(store, found),
            order="-created_at",
            keep=lambda found: party in found.parties and kind in (None, found.kind),
        )
    )


@router.get(
    "/{hash}",
    operation_id="getDocument",
    summary="A document as it was signed",
    response_class=Response,
    responses={
        200: {
            "content": {"text/html": {"example": "<!doctype html>…"}},
            "description": "The bytes that were hashed",
        }
    },
)
def get_document(
    hash: HashIn,
    read: Read,
    disposition: Annotated[
        Literal["inline", "attachment"], Query(description="To look at, or to keep", examples=["attachment"])
    ] = "inline",
) -> Response:
    """Keccak-256 of the body is its hash. An undertaking is shown to every holder of its tickets."""

    def work(store: Store) -> StoredDocument:
        found = store.get(StoredDocument, hash)
        if found is None or not sees_document(store, read.caller.party, found):
            raise UnknownDocument(
                f"There is no document {to_hex(hash)} for your company; look its hash up again.", hash=hash
            )
        return found

    found = read(work)
    name = f'{disposition}; filename="{found.kind}-{found.hash.hex()[:16]}.html"'
    return Response(found.body, 200, {**_SAFE, "Content-Disposition": name}, found.media_type)


def _line(store: Store, found: StoredDocument) -> DocumentOut:
    return DocumentOut(
        hash=found.hash,
        kind=found.kind,
        media_type=found.media_type,
        parties=[party_out(store, party) for party in found.parties],
        created_at=found.created_at,
    )
