"""Who finds an undertaking (付款承诺函) among its documents: the core that drafts it, and the other parties of its
issue act once that is laid open to them."""

from __future__ import annotations

from dataclasses import replace

from ledger.access import laid_open
from ledger.documents import Document
from ledger.ids import parse_hex
from ledger.ports import Store
from ledger.records import Act, StoredDocument


def drafted(document: Document, core: int, now: int) -> StoredDocument:
    """The undertaking as it is stored: for the core alone. `now`: UTC seconds."""
    return StoredDocument(document.digest, document.kind, document.media_type, document.body, [core], now)


def address(store: Store, act: Act) -> None:
    """Addresses the undertaking of an issue act to its supplier and clearing bank, if the act is laid open."""
    if act.kind != "Issue" or not laid_open(store, act):
        return
    found = store.get(StoredDocument, parse_hex(act.message["undertaking"]))
    # only the core's own: its hash stands on chain, so that anybody can name it in an act
    if found is None or found.parties[:1] != [act.party]:
        return
    parties = [int(act.message[who]) for who in ("debtor", "supplier", "clearingBank")]
    store.put(replace(found, parties=list(dict.fromkeys([*found.parties, *parties]))))
