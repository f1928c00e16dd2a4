"""What a record of the projection looks like in the contract's storage: slots and words.

Slots come from the compiler's storage layout in the artifact, words from `contracts/types/Words.sol` and
`contracts/libraries/State.sol`. `verify` compares these with what the chain has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ledger.chain.artifact import load_artifact
from ledger.ids import keccak256
from ledger.records import Evidence, Issuance, Lock, Opening, Order, SignerKey, Ticket

ALL_BITS = (1 << 256) - 1


@dataclass(frozen=True)
class Expected:
    """One storage word that should be there. `mask`: the bits that the record speaks of; `about`: for people."""

    about: str
    slot: bytes
    word: int
    mask: int = ALL_BITS

    def agrees(self, found: bytes) -> bool:
        """Whether the word on chain is the expected one."""
        return int.from_bytes(found, "big") & self.mask == self.word & self.mask


def expected(record: Any, locks: Mapping[bytes, Lock]) -> list[Expected]:
    """The words of one record. `locks`: by id, since a locked ticket's word holds its expiry."""
    make = _WORDS.get(type(record))
    return make(record, locks) if make else []


def _ticket(t: Ticket, locks: Mapping[bytes, Lock]) -> list[Expected]:
    flags = t.locked | t.withdrawn << 1 | t.returned << 2 | t.ordered << 3 | (t.taken > 0) << 4
    expiry = locks[t.id].expiry if t.locked else 0
    word = _packed((t.party, 48), (t.value, 96), (t.version, 16), (t.depth, 8), (flags, 8), (expiry, 40))
    if t.withdrawn or t.returned:
        word = flags << 168
    about = f"ticket 0x{t.id.hex()}"
    return [
        Expected(about, _in_map("tickets", t.id), word),
        Expected(f"{about}, paid out", _in_map("taken", t.id), t.taken),
        Expected(f"{about}, orders' sequence", _in_map("orderSequence", t.id), t.order_sequence),
    ]


def _issuance(i: Issuance, _: Mapping[bytes, Lock]) -> list[Expected]:
    flags = i.funded | i.void << 1
    about = f"issuance 0x{i.id.hex()}"
    word = _packed(
        (i.debtor, 48),
        (i.transferable_until, 40),
        (i.minimum, 8),
        (flags, 8),
        (i.face, 96),
        (i.clearing_bank, 48),
    )
    settlement = _packed(
        (i.paid, 96), (i.due, 40), (i.grace, 32), (i.reported, 8), (i.waived_until, 40), (i.sequence, 16)
    )
    return [
        Expected(about, _in_map("issuances", i.id), word),
        Expected(f"{about}, settlement", _in_map("settlements", i.id), settlement),
    ]


def _opening(o: Opening, _: Mapping[bytes, Lock]) -> list[Expected]:
    word = _packed(
        (o.limit, 88), (o.used, 88), (o.expiry, 40), (o.sequence, 16), (o.overdue, 16), (o.halted, 8)
    )
    return [Expected(f"opening limit of participant {o.core}", _in_map("openings", o.core), word)]


def _signer(s: SignerKey, _: Mapping[bytes, Lock]) -> list[Expected]:
    # a key that was taken away keeps the suspension it had, which no record speaks of
    word = _packed((s.party, 48), (s.right, 8), (0, 48), (s.pending, 8))
    mask = _packed(((1 << 56) - 1, 56), (0, 48), (255, 8))
    return [Expected(f"key {s.address}", _in_map("signers", int(s.address, 16)), word, mask)]


def _lock(k: Lock, _: Mapping[bytes, Lock]) -> list[Expected]:
    lower = int.from_bytes(k.parent, "big") & ((1 << 128) - 1)
    word = _packed((k.bank, 48), (k.clearing_bank, 48), (lower, 128)) if k.state == "locked" else 0
    return [Expected(f"lock 0x{k.id.hex()}", _in_map("locks", k.id), word)]


def _evidence(e: Evidence, _: Mapping[bytes, Lock]) -> list[Expected]:
    return [
        Expected(
            f"invoice 0x{e.key.hex()}", _in_map("evidence", e.key), _packed((e.used, 128), (e.total, 128))
        )
    ]


def _order(o: Order, _: Mapping[bytes, Lock]) -> list[Expected]:
    first = int.from_bytes(_in_map("orders", o.ticket), "big") + 2 * o.slot
    word = _packed((o.amount, 96), (o.start, 40), (o.end, 40))
    about = f"order {o.slot} on ticket 0x{o.ticket.hex()}"
    return [
        Expected(f"{about}, number", first.to_bytes(32, "big"), int.from_bytes(o.number, "big")),
        Expected(about, (first + 1).to_bytes(32, "big"), word),
    ]


_WORDS: Mapping[type, Callable[[Any, Mapping[bytes, Lock]], list[Expected]]] = {
    Ticket: _ticket,
    Issuance: _issuance,
    Opening: _opening,
    SignerKey: _signer,
    Lock: _lock,
    Evidence: _evidence,
    Order: _order,
}
COMPARED = tuple(_WORDS)
"""Records whose words are compared with the chain's."""


def _packed(*fields: tuple[int, int]) -> int:
    """Values with their widths in bits, the first at the lowest bits."""
    word = at = 0
    for value, bits in fields:
        word |= int(value) << at
        at += bits
    return word


def _in_map(label: str, key: bytes | int) -> bytes:
    """The slot of one entry of a mapping: numbers are padded on the left, bytesN on the right."""
    padded = key.to_bytes(32, "big") if isinstance(key, int) else key.ljust(32, b"\0")
    return keccak256(padded + _positions()[label].to_bytes(32, "big"))


@cache
def _positions() -> dict[str, int]:
    layout = load_artifact("GoldTicket")["storageLayout"]
    [state] = layout["storage"]
    members = layout["types"][state["type"]]["members"]
    return {member["label"]: int(member["slot"]) for member in members}
