"""ISSUE: a debt of a core comes into being as one ticket of its first supplier, and is unmade.

Mirrors `contracts/libraries/IssueLib.sol`. From payables to the message: `ledger/issue_terms.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ledger import issue_checks, issue_void
from ledger.acts import Due, Kind, pad
from ledger.events import Event
from ledger.ids import issuance_id, new_salt
from ledger.issue_void import issue_message, parts_of
from ledger.limits import use
from ledger.money import Fen
from ledger.ports import Store
from ledger.records import Evidence, Issuance, Ticket
from ledger.rules import signed_by
from ledger.tickets import UnknownTicket, owned, standing
from ledger.typed import Message

# ---- messages (Issue itself: `issue_terms.terms_for`)


def withdraw_issue(issue: bytes, deadline: int, salt: bytes | None = None) -> dict[str, Any]:
    """WithdrawIssue: the issue act with this digest never takes effect. Signed by the debtor."""
    return {"issue": issue, "salt": salt or new_salt(), "deadline": deadline}


def void(
    store: Store, issuance: bytes, evidence: bytes, deadline: int, salt: bytes | None = None
) -> dict[str, Any]:
    """Void (作废): core and sole holder unmake an issuance; names all its tickets with value, ascending.

    `evidence`: hash of their agreement. Raises UnknownIssuance, IssuanceVoid.
    """
    standing(store, issuance)
    tickets = [ticket.id for ticket in parts_of(store, issuance)]
    fields = {"issuance": issuance, "tickets": tickets, "evidence": evidence}
    return {**fields, "salt": salt or new_salt(), "deadline": deadline}


# ---- who signs


def _issue_dues(message: Message, store: Store) -> list[Due]:
    return [signed_by(message[who], "Issue", message) for who in ("debtor", "supplier")]


def _withdraw_dues(message: Message, store: Store) -> list[Due]:
    debtor = int(issue_message(store, message["issue"])["debtor"])
    return [signed_by(debtor, "WithdrawIssue", message)]


def _void_dues(message: Message, store: Store) -> list[Due]:
    debtor = standing(store, message["issuance"]).debtor
    if not message["tickets"]:
        raise UnknownTicket("A void act names all tickets of the issuance; it names none.")
    holder = owned(store, message["tickets"][0]).party
    return [signed_by(party, "Void", message) for party in (debtor, holder)]


KINDS: tuple[Kind, ...] = (
    Kind("Issue", "issue", "issue", _issue_dues, issue_checks.issue, lambda m: pad(m["debtor"])),
    Kind(
        "WithdrawIssue",
        "issue",
        "withdrawIssue",
        _withdraw_dues,
        issue_void.withdraw_issue,
        lambda m: pad(m["issue"][:16]),
    ),
    Kind("Void", "issue", "voidIssuance", _void_dues, issue_void.void, lambda m: pad(m["issuance"])),
)


# ---- what the chain says


def _issued(event: Event, store: Store) -> None:
    a = event.args
    issuance = issuance_id(a["ticket"])
    store.put(
        Issuance(
            id=issuance,
            number=_next_number(store),
            digest=a["digest"],
            debtor=a["debtor"],
            supplier=a["supplier"],
            clearing_bank=a["clearingBank"],
            face=Fen(a["face"]),
            contractual_due=a["contractualDue"],
            due=a["due"],
            transferable_until=a["transferableUntil"],
            grace=a["grace"],
            depth=a["depth"],
            minimum=a["minimum"],
            interest=a["interest"],
            undertaking=a["undertaking"],
            issued_at=event.time,
        )
    )
    root = _root(a["ticket"], event.time, party=a["supplier"], value=Fen(a["face"]), depth=a["depth"])
    store.put(root)
    use(store, a["debtor"], a["face"])


def _next_number(store: Store) -> int:
    last = store.find(Issuance, order="-number", limit=1)
    return last[0].number + 1 if last else 1


def _root(id_: bytes, at: int, party: int = 0, value: Fen = Fen(0), depth: int = 0) -> Ticket:
    return Ticket(
        id=id_,
        issuance=issuance_id(id_),
        parent=None,
        party=party,
        value=value,
        depth=depth,
        path="",
        tier=1,
        created_at=at,
    )


def _invoice_counted(event: Event, store: Store) -> None:
    a = event.args
    store.put(Evidence(a["key"], Fen(a["used"]), Fen(a["total"])))


def _issue_withdrawn(event: Event, store: Store) -> None:
    store.put(replace(_root(event.args["ticket"], event.time), withdrawn=True))


def _voided(event: Event, store: Store) -> None:
    found = store.need(Issuance, event.args["issuance"])
    store.put(replace(found, void=True))
    use(store, found.debtor, -found.face)


EVENTS: Mapping[str, Callable[[Event, Store], None]] = {
    "Issued": _issued,
    "InvoiceCounted": _invoice_counted,
    "IssueWithdrawn": _issue_withdrawn,
    "Voided": _voided,
}
"""Event → changes of the projection."""
