"""What the gateway says for a recount.

given a book without a block
  it should say nothing
given tickets and issuances
  it should say all of them, amounts as decimal strings, as of the book's block
"""

from __future__ import annotations

import pytest

from ledger.errors import NotFound
from ledger.money import Fen
from ledger.records import Cursor, Issuance, Ticket
from ledger.statement import statement
from tests.support.memory import MemoryStore

ID = b"\x07" * 16


def test_without_a_block_there_is_no_statement() -> None:
    with pytest.raises(NotFound):
        statement(MemoryStore())


def test_every_ticket_and_issuance_as_of_a_block() -> None:
    store = MemoryStore()
    store.put(Cursor(1, 118, bytes(32), 0))
    large = Fen(2**96 - 1)
    store.put(Issuance(ID, 1, bytes(32), 5, 8, 4, large, 0, 0, 0, 0, 5, 4, 0, bytes(32), 0, paid=Fen(7)))
    store.put(Ticket(ID + bytes(16), ID, None, 8, large, 5, "", 1, 0, taken=Fen(3)))
    store.put(Ticket(ID + b"\x01" * 16, ID, ID + bytes(16), 0, Fen(9), 4, "1", 1, 0, locked=True))
    assert statement(store) == {
        "block": 118,
        "tickets": [
            {
                "id": "0x" + "07" * 16 + "00" * 16,
                "party": 8,
                "value": "79228162514264337593543950335",
                "taken": "3",
                "locked": False,
            },
            {"id": "0x" + "07" * 16 + "01" * 16, "party": 0, "value": "9", "taken": "0", "locked": True},
        ],
        "issuances": [
            {"id": "0x" + "07" * 16, "face": "79228162514264337593543950335", "paid": "7", "void": False}
        ],
    }
