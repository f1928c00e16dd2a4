"""What this gateway says of every ticket and issuance, as of one block: for whoever recounts from the chain."""

from __future__ import annotations

from typing import Any

from ledger.ids import to_hex
from ledger.ports import Store
from ledger.records import Cursor, Issuance, Ticket


def statement(store: Store) -> dict[str, Any]:
    """The projection as JSON values; fen as decimal strings, ids as 0x hex. `scripts/recount --compare` reads it."""
    return {
        "block": store.need(Cursor, 1).block,
        "tickets": [
            {
                "id": to_hex(ticket.id),
                "party": ticket.party,
                "value": str(ticket.value),
                "taken": str(ticket.taken),
                "locked": ticket.locked,
            }
            for ticket in store.find(Ticket)
        ],
        "issuances": [
            {"id": to_hex(one.id), "face": str(one.face), "paid": str(one.paid), "void": one.void}
            for one in store.find(Issuance)
        ],
    }
