"""The contract's storage held against the reference model, entry by entry, and slot by slot.

`check` compares one entry of the model with the words in storage, and `Checked.slots` collects what it looked at: when
all entries agree and no other slot of the contract holds anything, both know the same and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from ledger.ids import keccak256
from ledger.typed import type_hash
from tests.model.reference import Model
from tests.support import layout
from tests.support.abi import artifact
from tests.support.evm import Evm
from tests.support.layout import Issuance, Signer, Ticket, joined

TABLES = (
    "participants",
    "owner",
    "recoveries",
    "openings",
    "evidence",
    "issuances",
    "replacements",
    "tickets",
    "locks",
)
"""The model's dictionaries, by name. `sequences` are compared with what they number."""
KINDS = {"Fund": keccak256(b"Fund"), "PayOut": keccak256(b"PayOut"), "Receipt": type_hash("Receipt")}
NO_ORDER = {"number": bytes(32), "amount": 0, "start": 0, "end": 0}
Difference = tuple[str, Any, Any, Any]
"""What, whose, in the model, in the contract."""


class Storage:
    """One deployed contract's storage. Slots of entries are worked out once."""

    def __init__(self, evm: Evm, address: str) -> None:
        self.evm, self.address = evm, address
        self.seen: set[int] = set()
        self._places: dict[Any, layout.Place] = {}

    def word(self, slot: int) -> int:
        """One word; it counts as looked at."""
        self.seen.add(slot)
        return self.evm.storage(self.address, slot)

    def place(self, label: str, *keys: Any) -> layout.Place:
        """Where a member of the layout stands."""
        found = self._places.get((label, *keys))
        if found is None:
            found = self._places[(label, *keys)] = layout.place(label, *keys)
        return found

    def plain(self, label: str, *keys: Any) -> int:
        """A value that takes a whole slot, or stands at its lower end."""
        return self.word(self.place(label, *keys).slot)

    def struct(self, label: str, *keys: Any) -> dict[str, Any]:
        """A struct's members, without arrays."""
        place = self.place(label, *keys)
        return {
            name: _value(self.word(place.slot + slot), offset, size, raw)
            for name, slot, offset, size, raw in members(place.type)
        }

    def array(self, place: layout.Place) -> list[Any]:
        """A dynamic array."""
        found: list[Any] = layout.read(place, self.word)
        self.seen.add(place.slot)
        return found

    def inside(self, label: str, key: Any, member: str) -> layout.Place:
        """A member of a struct in a mapping."""
        name = (label, key, member)
        found = self._places.get(name)
        if found is None:
            place = self.place(label, key)
            kinds = artifact("GoldTicket")["storageLayout"]["types"]
            (entry,) = [m for m in kinds[place.type]["members"] if m["label"] == member]
            found = self._places[name] = layout.Place(entry["type"], place.slot + int(entry["slot"]))
        return found


@cache
def members(kind: str) -> list[tuple[str, int, int, int, bool]]:
    """(name, slot, offset, size in bytes, whether bytes) of a struct's members that are no arrays."""
    types = artifact("GoldTicket")["storageLayout"]["types"]
    return [
        (
            m["label"],
            int(m["slot"]),
            m["offset"],
            int(types[m["type"]]["numberOfBytes"]),
            "bytes" in m["type"],
        )
        for m in types[kind]["members"]
        if types[m["type"]]["encoding"] == "inplace" and not m["type"].startswith("t_array")
    ]


def _value(word: int, offset: int, size: int, raw: bool) -> Any:
    number = word >> 8 * offset & (1 << 8 * size) - 1
    return number.to_bytes(size, "big") if raw else number


def differences(model: Model, storage: Storage, touched: Iterable[tuple[str, Any]]) -> list[Difference]:
    """Where model and contract differ in these entries (table, key)."""
    return [
        (table, key, ours, theirs)
        for table, key in touched
        for ours, theirs in _pairs(model, storage, table, key)
        if ours != theirs
    ]


def whole(model: Model, storage: Storage) -> list[Difference]:
    """Where they differ at all: in any entry, in what belongs to no entry, or in a slot the model knows nothing of."""
    storage.seen = set()
    entries = [(table, key) for table in TABLES for key in getattr(model, table)]
    spent = [("spent", key) for key in model.spent]
    found = differences(model, storage, [*entries, *spent, ("governance", 0)])
    storage.plain("separator")
    storage.plain("predecessor")
    words = storage.evm.touched(storage.address)
    return found + [("slot", hex(s), 0, w) for s, w in words.items() if w and s not in storage.seen]


def _pairs(model: Model, storage: Storage, table: str, key: Any) -> Iterator[tuple[Any, Any]]:
    pairs: Iterator[tuple[Any, Any]] = PAIRS[table](model, storage, key)
    return pairs


def _ticket(model: Model, storage: Storage, id: bytes) -> Iterator[tuple[Any, Any]]:
    t = model.tickets.get(id)
    found = Ticket.of(storage.plain("tickets", id))
    if t is None:
        yield Ticket(0, 0, 0, 0, 0, 0), found
        return
    states = {"": 0, "locked": Ticket.LOCKED, "withdrawn": Ticket.WITHDRAWN, "returned": Ticket.RETURNED}
    flags = states[t.state] | Ticket.ORDERED * any(t.orders) | Ticket.PAID * (t.taken > 0)
    yield Ticket(t.party, t.value, t.version, t.depth, flags, t.expiry), found
    yield t.taken, storage.plain("taken", id)
    sequence = model.sequences.get(("orders", id), 0)
    yield sequence, storage.plain("orderSequence", id)
    if sequence:
        for place, order in enumerate(t.orders):
            yield (vars(order) if order else NO_ORDER), storage.struct("orders", id, place)


def _lock(model: Model, storage: Storage, id: bytes) -> Iterator[tuple[Any, Any]]:
    lock, word = model.locks.get(id), 0
    if lock is not None:
        half = int.from_bytes(lock.parent[16:], "big")
        word = joined((lock.bank, 48), (lock.clearing_bank, 48), (half, 128))
    yield word, storage.plain("locks", id)


def _issuance(model: Model, storage: Storage, id: bytes) -> Iterator[tuple[Any, Any]]:
    i = model.issuances.get(id)
    found, settled = Issuance.of(storage.plain("issuances", id)), storage.struct("settlements", id)
    if i is None:
        yield Issuance(0, 0, 0, 0, 0, 0), found
        return
    flags = Issuance.FUNDED * (i.paid == i.face) | Issuance.VOID * i.void
    minimum = len(str(i.minimum)) - 1
    yield Issuance(i.debtor, i.until, minimum, flags, i.face, i.clearing_bank), found
    wanted = {"paid": i.paid, "due": i.due, "grace": i.grace, "reported": i.reported}
    sequence = model.sequences.get(("issuance", id), 0)
    yield {**wanted, "waivedUntil": i.waived_until, "sequence": sequence}, settled


def _replacement(model: Model, storage: Storage, id: bytes) -> Iterator[tuple[Any, Any]]:
    r = model.replacements.get(id)
    wanted = {"digest": r.digest, "bank": r.bank, "readyAt": r.ready_at} if r else {}
    yield wanted or {"digest": bytes(32), "bank": 0, "readyAt": 0}, storage.struct("replacements", id)


def _participant(model: Model, storage: Storage, party: int) -> Iterator[tuple[Any, Any]]:
    who = model.participants[party]
    rights = list(who.keys.values())
    uscc = who.uscc.encode().ljust(32, b"\0")
    wanted = {
        "uscc": uscc,
        "profile": who.profile,
        "roles": who.roles,
        "clearingBank": who.clearing_bank,
        "sequence": model.sequences.get(("participant", party), 0),
        "makers": rights.count(1),
        "checkers": rights.count(2),
        "soles": rights.count(3),
        "suspendedUntil": who.suspended_until,
        "suspensionFreeFrom": who.suspension_free_from,
        "suspensionSequence": model.sequences.get(("suspension", party), 0),
        "suspendedByPanel": who.suspended_by_panel,
    }
    yield wanted, storage.struct("participants", party)
    yield party, storage.plain("partyOf", uscc)
    yield sorted(who.keys), sorted(storage.array(storage.inside("participants", party, "keys")))
    for key in who.keys:
        yield from _key(model, storage, key)


def _key(model: Model, storage: Storage, key: str) -> Iterator[tuple[Any, Any]]:
    """What a key's word repeats of its participant counts only while the key may sign."""
    found = Signer.of(storage.plain("signers", key))
    party = model.owner.get(key, 0)
    right, pending = model._right(key), 0
    if model._awaits(key):
        pending = model.recoveries[party].keys[key]
    yield (party, right, pending), (found.party, found.right, found.pending)
    if right:
        who = model.participants[party]
        yield (who.roles, who.suspended_until), (found.roles, found.suspended_until)


def _recovery(model: Model, storage: Storage, party: int) -> Iterator[tuple[Any, Any]]:
    r = model.recoveries.get(party)
    wanted = {"digest": r.digest, "readyAt": r.ready_at} if r else {"digest": bytes(32), "readyAt": 0}
    yield wanted, storage.struct("recoveries", party)
    yield list(r.keys) if r else [], storage.array(storage.inside("recoveries", party, "keys"))
    for key in r.keys if r else ():
        yield from _key(model, storage, key)


def _opening(model: Model, storage: Storage, core: int) -> Iterator[tuple[Any, Any]]:
    o = model.openings[core]
    wanted = {"limit": o.limit, "used": o.used, "expiry": o.expiry, "overdue": o.overdue}
    sequence = model.sequences.get(("opening", core), 0)
    yield {**wanted, "sequence": sequence, "external_": o.external}, storage.struct("openings", core)


def _evidence(model: Model, storage: Storage, key: tuple[str, bytes]) -> Iterator[tuple[Any, Any]]:
    used, total = model.evidence.get(key, (0, 0))
    slot = keccak256(key[0].encode().ljust(32, b"\0") + key[1])
    yield {"used": used, "total": total}, storage.struct("evidence", slot)


def _spent(model: Model, storage: Storage, key: tuple[int, str, bytes]) -> Iterator[tuple[Any, Any]]:
    slot = keccak256(key[0].to_bytes(32, "big") + KINDS[key[1]] + key[2])
    yield int(key in model.spent), storage.plain("spent", slot)


def _governance(model: Model, storage: Storage, _: Any) -> Iterator[tuple[Any, Any]]:
    wanted = {
        "stoppedStages": model.stopped_stages,
        "stoppedUntil": model.stopped_until,
        "stopFreeFrom": model.stop_free_from,
        "closed": model.closed,
        "sequence": model.sequences.get(("governance", 0), 0),
        "participants": len(model.participants),
        "threshold": model.threshold,
        "months": model.months,
        "nextMonths": model.next_months,
        "nextFrom": model.next_from,
    }
    yield wanted, storage.struct("governance")
    yield model.panel, storage.array(storage.place("panel"))


PAIRS: dict[str, Any] = {
    "participants": _participant,
    "owner": _key,
    "recoveries": _recovery,
    "openings": _opening,
    "evidence": _evidence,
    "issuances": _issuance,
    "replacements": _replacement,
    "tickets": _ticket,
    "locks": _lock,
    "spent": _spent,
    "governance": _governance,
}
