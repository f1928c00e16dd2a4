"""What a record of the projection looks like in the contract's storage: slots and words.

Slots come from the compiler's storage layout in the artifact, words from `contracts/types/Words.sol` and
`contracts/libraries/State.sol`. `verify` compares these with what the chain has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.chain import storage_parties as parties
from ledger.chain.storage_words import Expected, in_map, packed
from ledger.records import (
    Evidence,
    Funding,
    Governance,
    Issuance,
    Lock,
    Opening,
    Order,
    Participant,
    Payment,
    Recovery,
    Replacement,
    SignerKey,
    Ticket,
)


@dataclass
class Around:
    """The records that are looked at together: a locked ticket's word holds its lock's expiry, a key's its
    participant's roles."""

    locks: dict[bytes, Lock] = field(default_factory=dict)
    parties: dict[int, Participant] = field(default_factory=dict)
    keys: dict[int, list[SignerKey]] = field(default_factory=lambda: defaultdict(list))

    def add(self, record: object) -> None:
        """One more."""
        if isinstance(record, Lock):
            self.locks[record.id] = record
        elif isinstance(record, Participant):
            self.parties[record.id] = record
        elif isinstance(record, SignerKey):
            self.keys[record.party].append(record)


def expected(records: Iterable[object]) -> list[Expected]:
    """The words of these records. With a locked ticket its lock has to be among them, with a participant its keys."""
    known = list(records)
    around = Around()
    for record in known:
        around.add(record)
    return [word for record in known if (make := _WORDS.get(type(record))) for word in make(record, around)]


def _ticket(t: Ticket, around: Around) -> list[Expected]:
    flags = t.locked | t.withdrawn << 1 | t.returned << 2 | t.ordered << 3 | (t.taken > 0) << 4
    expiry = around.locks[t.id].expiry if t.locked else 0
    word = packed((t.party, 48), (t.value, 96), (t.version, 16), (t.depth, 8), (flags, 8), (expiry, 40))
    if t.withdrawn or t.returned:
        word = flags << 168
    about = f"ticket 0x{t.id.hex()}"
    return [
        Expected(about, in_map("tickets", t.id), word),
        Expected(f"{about}, paid out", in_map("taken", t.id), t.taken),
        Expected(f"{about}, orders' sequence", in_map("orderSequence", t.id), t.order_sequence),
    ]


def _issuance(i: Issuance, _: Around) -> list[Expected]:
    flags = i.funded | i.void << 1
    about = f"issuance 0x{i.id.hex()}"
    word = packed(
        (i.debtor, 48),
        (i.transferable_until, 40),
        (i.minimum, 8),
        (flags, 8),
        (i.face, 96),
        (i.clearing_bank, 48),
    )
    settlement = packed(
        (i.paid, 96), (i.due, 40), (i.grace, 32), (i.reported, 8), (i.waived_until, 40), (i.sequence, 16)
    )
    return [
        Expected(about, in_map("issuances", i.id), word),
        Expected(f"{about}, settlement", in_map("settlements", i.id), settlement),
    ]


def _opening(o: Opening, _: Around) -> list[Expected]:
    word = packed(
        (o.limit, 88), (o.used, 88), (o.expiry, 40), (o.sequence, 16), (o.overdue, 16), (o.halted, 8)
    )
    return [Expected(f"opening limit of participant {o.core}", in_map("openings", o.core), word)]


def _lock(k: Lock, _: Around) -> list[Expected]:
    lower = int.from_bytes(k.parent, "big") & ((1 << 128) - 1)
    word = packed((k.bank, 48), (k.clearing_bank, 48), (lower, 128)) if k.state == "locked" else 0
    return [Expected(f"lock 0x{k.id.hex()}", in_map("locks", k.id), word), *parties.spent(k)]


def _evidence(e: Evidence, _: Around) -> list[Expected]:
    return [
        Expected(f"invoice 0x{e.key.hex()}", in_map("evidence", e.key), packed((e.used, 128), (e.total, 128)))
    ]


def _order(o: Order, _: Around) -> list[Expected]:
    first = int.from_bytes(in_map("orders", o.ticket), "big") + 2 * o.slot
    word = packed((o.amount, 96), (o.start, 40), (o.end, 40))
    about = f"order {o.slot} on ticket 0x{o.ticket.hex()}"
    return [
        Expected(f"{about}, number", first.to_bytes(32, "big"), int.from_bytes(o.number, "big")),
        Expected(about, (first + 1).to_bytes(32, "big"), word),
    ]


_WORDS: Mapping[type, Callable[[Any, Around], list[Expected]]] = {
    Governance: lambda g, _: parties.governance(g),
    Participant: lambda p, around: parties.participant(p, around.keys[p.id]),
    SignerKey: lambda s, around: parties.signer(s, around.parties.get(s.party)),
    Recovery: lambda r, _: parties.recovery(r),
    Opening: _opening,
    Issuance: _issuance,
    Ticket: _ticket,
    Lock: _lock,
    Order: _order,
    Evidence: _evidence,
    Funding: lambda f, _: parties.spent(f),
    Payment: lambda p, _: parties.spent(p),
    Replacement: lambda r, _: parties.replacement(r),
}
COMPARED = tuple(_WORDS)
"""Records whose words are compared with the chain's."""
