"""Rules and contract side by side: acts that both must judge alike, and a projection that says what storage says.

Who signs an act, and in which order, is taken from the rules; the contract takes nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ledger import kinds, typed
from ledger.acts import Due, act_id
from ledger.addresses import parse_address
from ledger.errors import GoldTicketError, kebab
from ledger.events import Event
from ledger.ids import root_of
from ledger.records import Act, Evidence, Governance, Issuance, Opening, Order, Participant, SignerKey, Ticket
from tests.support import abi, layout
from tests.support.actors import ADMITTED, SEEDS, Key
from tests.support.drafts import draft, issuance_of
from tests.support.memory import MemoryStore
from tests.support.world import Receipt, World

PARTIES = {party.id: party for party in (*SEEDS, *ADMITTED)}


class Both:
    """`store`: the projection of everything that happened in `world` so far."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._store = MemoryStore()
        self._taken = 0
        self._keys: dict[str, Key] = {}
        self.know(*(key for p in PARTIES.values() for key in (p.maker, p.checker, p.sole)))

    @property
    def store(self) -> MemoryStore:
        """Up to date with the world."""
        for position, event in enumerate(self.world.history[self._taken :], self._taken):
            kinds.apply(decoded(event, self.world, position), self._store)
        self._taken = len(self.world.history)
        return self._store

    @property
    def now(self) -> int:
        """The next block's time."""
        return self.world.now

    def later(self, days: int = 5) -> int:
        """A deadline."""
        return self.now + days * 86_400

    def know(self, *keys: Key) -> None:
        """Keys that sign where an act names them."""
        self._keys |= {parse_address(key.address): key for key in keys}

    def keep(self, kind: str, message: Mapping[str, Any], extra: dict[str, Any] | None = None) -> bytes:
        """The act in the journal, as the service would keep it; its digest."""
        id_ = act_id(self.world.domain, kind, message)
        subject = root_of(id_[:16]) if kind == "Issue" else kinds.kind(kind).subject(message)
        data = typed.message_to_json(kind, message)
        self.store.put(Act(id_, kind, data, extra or {}, 0, "", subject, self.now, message["deadline"]))
        return id_

    def act(self, kind: str, message: Mapping[str, Any], by: Key | None = None) -> Receipt:
        """Checks the act, has it signed by all who are due, sends it. Raises what either of them refuses.

        `by`: the key where any one of a participant's will do.
        """
        kinds.kind(kind).check(message, self.store, self.now)
        return self.send(kind, message, by).expect()

    def issue(self, message: Mapping[str, Any]) -> bytes:
        """As `act` for an Issue; the root ticket's id."""
        self.act("Issue", message)
        return root_of(typed.digest(self.world.domain, "Issue", message)[:16])

    def send(self, kind: str, message: Mapping[str, Any], by: Key | None = None) -> Receipt:
        """As `act`, unchecked; a refusal is part of the receipt."""
        digest = typed.digest(self.world.domain, kind, message)
        signatures = [self._sign(due, digest, by) for due in kinds.kind(kind).dues(message, self.store)]
        made = draft(self.world.domain, kind, dict(message), signatures, self._issue_of(kind, message))
        if kind == "Issue":
            self.world.issues[issuance_of(made.made)] = dict(message)
            self.keep(kind, message)
        return self.world.send(made.data)

    def refused(
        self, code: str, kind: str, message: Mapping[str, Any], by: Key | None = None
    ) -> GoldTicketError:
        """Rules and contract refuse the act for the same reason; the rules' error."""
        with pytest.raises(GoldTicketError) as caught:
            kinds.kind(kind).check(message, self.store, self.now)
        assert caught.value.code == code, caught.value.message
        assert caught.value.message.endswith(".")
        refusal = self.send(kind, message, by).refusal
        assert refusal is not None, "the contract takes what the rules refuse"
        assert kebab(refusal.name) == code, str(refusal)
        return caught.value

    def agree(self) -> None:
        """Every participant, key, limit, issuance, ticket and order is what the contract's storage says."""
        store, read = self.store, self.world.read
        governance = store.need(Governance, 1)
        assert governance.members == read("panel")
        _same(governance, read("governance"), _GOVERNANCE)
        for party in store.find(Participant):
            on_chain = read("participants", party.id)
            assert party.uscc == on_chain["uscc"].rstrip(b"\0").decode()
            _same(party, on_chain, _PARTICIPANT)
        for key in store.find(SignerKey):
            word = self.world.signer(key.address)
            assert (key.party, key.right, key.pending) == (word.party, word.right, word.pending)
        for opening in store.find(Opening):
            _same(opening, read("openings", opening.core), _OPENING)
        for evidence in store.find(Evidence):
            _same(evidence, read("evidence", evidence.key), {"used": "used", "total": "total"})
        self._agree_on_tickets(store)

    def _agree_on_tickets(self, store: MemoryStore) -> None:
        read = self.world.read
        for issuance in store.find(Issuance):
            word = layout.Issuance.of(read("issuances", issuance.id))
            _same(issuance, word.__dict__, {name: name for name in _ISSUANCE})
            assert (issuance.funded, issuance.void) == (bool(word.flags & 1), bool(word.flags & 2))
            _same(issuance, read("settlements", issuance.id), {n: n for n in ("paid", "due", "grace")})
        for ticket in store.find(Ticket):
            word_ = self.world.ticket(ticket.id)
            _same(ticket, word_.__dict__, {n: n for n in ("party", "value", "depth", "version")})
            marks = (ticket.locked, ticket.withdrawn, ticket.returned, ticket.ordered, ticket.taken > 0)
            assert marks == tuple(bool(word_.flags & 1 << bit) for bit in range(5))
            assert ticket.order_sequence == read("orderSequence", ticket.id)
            assert ticket.taken == read("taken", ticket.id)
            on_chain = [(i, o) for i, o in enumerate(read("orders", ticket.id)) if o["start"]]
            orders = store.find(Order, ticket=ticket.id)
            assert [order.slot for order in orders] == [slot for slot, _ in on_chain]
            for order, (_, kept) in zip(orders, on_chain, strict=True):
                _same(order, kept, {n: n for n in ("number", "amount", "start", "end")})

    def _sign(self, due: Due, digest: bytes, by: Key | None) -> bytes:
        if due.kind == "key":
            key = self._keys[due.address] if due.address else by
            assert key is not None, "name the key that signs"
            return key.sign(digest)
        return PARTIES[due.party].sign(digest)

    def _issue_of(self, kind: str, message: Mapping[str, Any]) -> dict[str, Any] | None:
        if kind == "Void":
            return self.world.issues[message["issuance"]]
        if kind == "WithdrawIssue":
            return typed.message_from_json("Issue", self.store.need(Act, message["issue"]).message)
        return None


def decoded(event: abi.Event, world: World, position: int) -> Event:
    """A world's event as the ledger gets it."""
    args = {name: _plain(name, value) for name, value in event.args.items()}
    return Event(event.name, args, 1, b"\1" * 32, position, world.now)


def _plain(name: str, value: Any) -> Any:
    if name == "keys":
        return [{"key": parse_address(key), "right": right} for key, right in value]
    if name == "key" and isinstance(value, str):
        return parse_address(value)
    return list(value) if isinstance(value, tuple) else value


def _same(record: object, on_chain: Mapping[str, Any], fields: Mapping[str, str]) -> None:
    found = {field: getattr(record, field) for field in fields}
    assert found == {field: on_chain[label] for field, label in fields.items()}, record


_ISSUANCE = ("debtor", "face", "clearing_bank", "transferable_until", "minimum")
_GOVERNANCE = {
    "threshold": "threshold",
    "sequence": "sequence",
    "months": "months",
    "next_months": "nextMonths",
    "next_from": "nextFrom",
    "stopped_stages": "stoppedStages",
    "stopped_until": "stoppedUntil",
    "stop_free_from": "stopFreeFrom",
    "closed": "closed",
}
_PARTICIPANT = {
    "roles": "roles",
    "clearing_bank": "clearingBank",
    "profile": "profile",
    "sequence": "sequence",
    "suspended_until": "suspendedUntil",
    "suspended_by_panel": "suspendedByPanel",
    "suspension_free_from": "suspensionFreeFrom",
    "suspension_sequence": "suspensionSequence",
}
_OPENING = {
    "limit": "limit",
    "used": "used",
    "expiry": "expiry",
    "sequence": "sequence",
    "overdue": "overdue",
    "halted": "external_",
}
