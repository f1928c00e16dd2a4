"""The bank's file comes back: what it paid becomes a `PayOut` act, what was returned (退汇) waits with its reason.

A returned line is no part of any act. It stays payable, so it stands in the next clearing list and is paid under a new
reference once the account was corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger import records, settle
from ledger.clearing import ClearingRow
from ledger.ids import parse_ticket_id
from ledger.payouts import PaidLine, ReturnedLine, parse_payouts
from ledger.ports import Store
from ledger.records import ClearingList, Log, Payment, Ticket
from ledger.references import reference, spent
from ledger.settle_checks import MOST_LINES
from ledger.settle_lists import NO_ACCOUNT, rows_of, waits_for_account


@dataclass(frozen=True)
class PayOutDraft:
    """`messages`: one `PayOut` for each 200 paid lines, none if nothing was paid; `returned`: to be saved;
    `missing`: lines of the list that the file does not name, they come later."""

    messages: tuple[dict[str, Any], ...]
    returned: tuple[records.ReturnedLine, ...]
    missing: tuple[ClearingRow, ...]


def from_file(
    store: Store, listed: ClearingList, data: bytes, ref: str, now: int, *, deadline: int
) -> PayOutDraft:
    """The bank's file (CSV or XLSX) for a clearing list. Raises InvalidFile, PayoutRefused, ReferenceSpent."""
    read = parse_payouts(data, rows_of(listed), now).require()
    return from_lines(
        store,
        listed.bank,
        ref,
        read.paid,
        read.returned,
        now,
        deadline=deadline,
        missing=read.missing,
        document=listed.hash,
    )


def from_lines(
    store: Store,
    bank: int,
    ref: str,
    paid: Sequence[PaidLine],
    returned: Sequence[ReturnedLine],
    now: int,
    *,
    deadline: int,
    missing: Sequence[ClearingRow] = (),
    document: bytes | None = None,
) -> PayOutDraft:
    """The same from lines. From 200 paid lines on the reference gets a number behind it: REF, REF/2, REF/3.

    `document`: hash of the clearing list, which the bank signs as the salt. Raises BadReference, ReferenceSpent.
    """
    spent_ref = reference(ref)
    if store.count(Payment, bank=bank, ref=spent_ref):
        raise spent(bank, spent_ref)
    parts = [paid[start : start + MOST_LINES] for start in range(0, len(paid), MOST_LINES)]
    messages = [
        settle.pay_out(
            bank,
            ref if place == 1 else f"{ref}/{place}",
            [(parse_ticket_id(line.ticket), line.amount, line.paid_at) for line in part],
            deadline,
            document,
        )
        for place, part in enumerate(parts, 1)
    ]
    kept = [
        records.ReturnedLine(spent_ref, ticket.id, bank, line.amount, line.reason, now, ticket.party)
        for line in returned
        for ticket in [store.need(Ticket, parse_ticket_id(line.ticket))]
    ]
    return PayOutDraft(tuple(messages), tuple(kept), tuple(missing))


def waits_for(store: Store, party: int, line: records.ReturnedLine) -> bool:
    """Whether a returned line is this company's, as clearing bank or as holder, and still waits: it was not paid since,
    and one that had no payee account only until one is filed."""
    if party not in (line.bank, line.party or store.need(Ticket, line.ticket).party):
        return False
    return not line.ended and not _paid_since(store, line) and not _payable_now(store, line)


def end_returns(store: Store, ticket: bytes, paid_at: int) -> None:
    """A line of this ticket was paid, in a block of this time: what came back before waits no longer."""
    for line in store.find(records.ReturnedLine, ticket=ticket, ended=False):
        if line.at <= paid_at:
            store.put(replace(line, ended=True))


def _payable_now(store: Store, line: records.ReturnedLine) -> bool:
    return line.ref == NO_ACCOUNT and not waits_for_account(store, line)


def _paid_since(store: Store, line: records.ReturnedLine) -> bool:
    """For lines that an earlier version did not end when they were paid."""
    last = store.find(Log, name="PaidOut", subject=line.ticket, order="-time", limit=1)
    return bool(last) and last[0].time >= line.at
