"""What is asked again and again is found by an index, whatever the size of the book (SQLite's plans, no figures).

given a page of a list, of a party's tickets, of acts of a kind, or of what a bank pays next
    it should go on in the index from where the last page ended, and sort nothing but what ties
given what a gateway looks for after each block or when a line broke: what waits, what expires, what changed since
    it should go straight there
given a company's seats that wait for a signature
    it should not look at those that are signed
given what of a ticket is on offer
    it should not look at all that ever was
given an undertaking, a ticket's number, or lines that came back
    it should find what belongs to them, not all that its reader ever had
given an act's seats that are one company's
    it should find them by the act, however many that company has
"""

from __future__ import annotations

from contextlib import closing

import pytest

from ledger.book.db import SqlBook
from ledger.book.statements import Filter
from ledger.book.store import statements
from ledger.records import Act, Answer, Issuance, Leg, Reservation, ReturnedLine, Seat, Ticket
from tests.support.books import new_book_file

ASKED = {
    "wallet": (Ticket, ["party"], "", 1, "ticket USING INDEX ix_ticket_party_id (party=? AND id>?)"),
    "offers to one within an issuance": (
        Leg, ["party"], "", 1, "leg USING INDEX ix_leg_party_id (party=? AND id>?)"
    ),
    "what an undertaking stands behind": (
        Issuance, ["undertaking", "debtor"], "", 0,
        "issuance USING INDEX ix_issuance_undertaking_debtor (undertaking=? AND debtor=?)",
    ),
    "a ticket by its number": (
        Ticket, ["issuance", "path"], "", 0, "ticket USING INDEX ix_ticket_issuance_path (issuance=? AND path=?)"
    ),
    "what came back to a holder": (
        ReturnedLine, ["party", "ended"], "at", 0,
        "returned_line USING INDEX ix_returned_line_party_ended (party=? AND ended=?)",
    ),
    "acts": (Act, [], "-created_at", 2, "act USING INDEX ix_act_created_at (created_at<?)"),
    "acts of a kind": (
        Act, ["kind"], "-created_at", 2, "act USING INDEX ix_act_kind_created_at (kind=? AND created_at<?)"
    ),
    "inbox": (Seat, ["party", "done"], "", 0, "seat USING INDEX ix_seat_party_until_done (party=?)"),
    "on offer": (
        Reservation, ["ticket", "ended"], "", 0,
        "reservation USING INDEX ix_reservation_ticket_until_ended (ticket=?)",
    ),
    "an act's seats": (Seat, ["act", "party", "done"], "", 0, "seat USING INDEX sqlite_autoindex_seat_1 (act=?)"),
    "what falls due": (
        Issuance, ["clearing_bank"], "due", 1,
        "issuance USING INDEX ix_issuance_clearing_bank_due (clearing_bank=? AND due>?)",
    ),
    "outbox": (Leg, ["state"], "queue", 1, "leg USING INDEX ix_leg_state_queue (state=? AND queue>?)"),
    "expiring": (Leg, ["state"], "deadline", 0, "leg USING INDEX ix_leg_state_deadline (state=?)"),
    "oldest answer": (Answer, [], "at", 1, "answer USING INDEX ix_answer_at (at>?)"),
    "changed since": (Leg, [], "changed_at", 1, "leg USING INDEX ix_leg_changed_at (changed_at>?)"),
}  # fmt: skip
FLAGS = {"done": False, "ended": False}
PAGED = {
    "what falls due",
    "wallet",
    "offers to one within an issuance",
    "acts",
    "acts of a kind",
    "outbox",
    "expiring",
    "oldest answer",
    "changed since",
}


@pytest.mark.parametrize("name", ASKED)
def test_an_index_finds_it(name: str, tmp_path) -> None:
    kind, fields, order, after, wanted = ASKED[name]
    shape = statements(kind, "sqlite")
    columns, descending = shape.order(order)
    found = shape.find(
        tuple(Filter(field, 1, flag=FLAGS.get(field)) for field in fields), columns, descending, after, True
    )
    new_book_file(tmp_path)
    with closing(SqlBook(f"sqlite:///{tmp_path}/book.db")) as book, book.reading() as connection:
        sql, values = "EXPLAIN QUERY PLAN " + found.sql, tuple(1 for _ in found.names)
        plan = [row[3] for row in connection.exec_driver_sql(sql, values)]
    assert plan[0] == f"SEARCH {wanted}", plan
    if name in PAGED:
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan
