"""Acts that somebody else relayed, taken into the journal from a transaction's calldata.

A participant may send its own complete acts to the chain. What was drafted here is then final here too; what was
drafted elsewhere is adopted, so that everybody named in it finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ledger import kinds, outcome, typed
from ledger.acts import State, act_id, leg_ids, leg_value, subject_of
from ledger.errors import GoldTicketError
from ledger.ports import Receipt, Store
from ledger.records import Act, Issuance, Leg, Lock, Ticket
from ledger.typed import Domain, Message
from ledger.work.settling import Explain, lines_refused


@dataclass(frozen=True)
class Adopted:
    """One transaction that this gateway did not send. `calls`: (function, arguments) by position, None where a call
    is no act."""

    domain: Domain
    calls: list[tuple[str, list[Any]] | None]
    receipt: Receipt
    time: int


def adopt(store: Store, found: Adopted, explain: Explain) -> None:
    """Marks the transaction's legs as final, adding the acts that are not known here. Of a pay-out it says which lines
    were not taken: they are still to be paid by the ledger, though the bank has said that it paid them."""
    for position, call in enumerate(found.calls):
        if call is None or position in found.receipt.refusals:
            continue
        function, arguments = call
        kind = _BY_FUNCTION.get(function)
        if kind is not None:
            _adopt_one(store, found, kind, arguments, explain)


def _adopt_one(store: Store, found: Adopted, kind: str, arguments: list[Any], explain: Explain) -> None:
    # an offer's other children stand in calldata as hashes only, and what nobody signed has no message:
    # their events, which carry the leg's id, say all there is
    if kind == "Offer" or kind not in typed.TYPES:
        return
    message = arguments[1] if kind in ("WithdrawIssue", "Void") else arguments[0]
    id_ = act_id(found.domain, kind, message)
    [leg] = leg_ids(kind, id_, message)
    if store.get(Act, id_) is None:
        _add(store, found, kind, message, _parties(store, kind, message, arguments), id_, leg)
    lines = {}
    if kind == "PayOut":
        lines = lines_refused(message["ref"], found.receipt.line_refusals, explain)
    outcome.finish(store, leg, found.time, lines)


def _parties(store: Store, kind: str, message: Message, arguments: list[Any]) -> list[int]:
    """Who finds it among its acts. The block's events are taken in already, so the rules may not say any more who
    signed what has ended with them (a lock, a replacement, a voided issuance); then the records do."""
    try:
        found = {due.party for due in kinds.kind(kind).dues(message, store)}
    except GoldTicketError:
        found = set(_recorded(store, message))
        if kind == "WithdrawIssue":
            found |= {arguments[0]["debtor"], arguments[0]["supplier"]}
    return sorted(found - {0})


def _recorded(store: Store, message: Message) -> Iterator[int]:
    lock = store.get(Lock, message["lock"]) if "lock" in message else None
    if lock is not None:
        yield from (lock.bank, lock.clearing_bank)
    issuance = store.get(Issuance, message["issuance"]) if "issuance" in message else None
    if issuance is not None:
        yield from (issuance.debtor, issuance.clearing_bank)
    for id_ in (*message.get("tickets", ()), *([lock.parent] if lock else ())):
        ticket = store.get(Ticket, id_)
        if ticket is not None:
            yield ticket.party


def _add(
    store: Store, found: Adopted, kind: str, message: Message, parties: list[int], id_: bytes, leg: bytes
) -> None:
    deadline = int(message["deadline"])
    store.add(
        Act(
            id=id_,
            kind=kind,
            message=typed.message_to_json(kind, message),
            extra={"adopted": True, "parties": parties},
            party=parties[0] if parties else 0,
            user="",
            subject=subject_of(kinds.kind(kind), id_, message),
            created_at=found.time,
            deadline=deadline,
        )
    )
    value = leg_value(kind, message, 0)
    store.put(Leg(leg, id_, 0, 0, value, str(State.RELAYED), {}, deadline, found.time))


_BY_FUNCTION = {kind.function: name for name, kind in kinds.KINDS.items()}
