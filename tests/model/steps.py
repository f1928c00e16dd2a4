"""One step of a run, concrete and whole: an act with who shall sign it, a relay of acts, or time that passes.

A step is data, so a run can be replayed, cut down and written to a file. `prepare` makes of it an act for the reference
model and calldata for the contract, from the same message and the same list of who signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace as Row
from typing import Any, NamedTuple

from ledger import typed
from ledger.chain import codec
from ledger.ports import Call
from ledger.typed import Domain
from tests.support import abi
from tests.support.actors import Key
from tests.support.drafts import child_of, root_of

PRIMARY = {
    "transfer": "Offer",
    "voidIssuance": "Void",
    "release": "Receipt",
}
"""EIP-712 types whose name is not their function's."""
PYTHON = {"from": "begins"}
"""Fields whose name is a word of Python's own."""
UNSIGNED = ("returnLock", "reportOverdue")
AMPLE = 5_000_000
STARVED = 150
BEYOND = (1 << 32) - 1
"""Gas of a relay's item: enough for anything, too little for anything, more than any transaction here has. What lies
between may suffice or not."""
NO_SIGNATURE = b"\1" * 32 + bytes.fromhex("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1")
"""64 bytes from which no key is recovered: s is one above half the curve's order."""


class Sig(NamedTuple):
    """Made with the key of this address ("": no key gives such bytes), over this act or over another digest."""

    key: str
    over: bytes = b""


Seal = tuple[Sig, ...]
"""One party's signatures."""


@dataclass
class Accept:
    """A receiver's acceptance of the children at these places. `sender`: whom the receiver takes for the holder."""

    to: int
    places: list[int]
    seal: Seal
    sender: int


@dataclass
class Step:
    """`kind`: the contract's function, "relay" or "wait". `on`: which of the run's ledgers. `items`: of a relay,
    each with its gas."""

    kind: str
    message: dict[str, Any] = field(default_factory=dict)
    seals: list[Seal] = field(default_factory=list)
    carried: dict[str, Any] | None = None
    accepts: list[Accept] = field(default_factory=list)
    items: list[tuple[Step | None, int]] = field(default_factory=list)
    on: int = 0

    @property
    def primary(self) -> str:
        """The act's EIP-712 type."""
        return PRIMARY.get(self.kind) or self.kind[0].upper() + self.kind[1:]

    def digest(self, domain: Domain) -> bytes:
        """What is signed; b"" where nobody signs."""
        return b"" if self.kind in UNSIGNED else typed.digest(domain, self.primary, self.message)

    def made(self, domain: Domain) -> list[bytes]:
        """Ids of tickets and locks that come into being when all of it takes effect."""
        digest = self.digest(domain)
        if self.kind == "issue":
            return [root_of(digest)]
        if self.kind == "lock":
            return [child_of(self.message["ticket"], digest, 0)]
        if self.kind == "transfer":
            parent = self.message["ticket"]
            return [child_of(parent, digest, i) for i in range(len(self.message["children"]))]
        return []


class Keys:
    """The keys that a run can sign with, by address."""

    def __init__(self) -> None:
        self._held: dict[str, Key] = {}

    def add(self, key: Key) -> str:
        """Its address."""
        self._held[key.address] = key
        return key.address

    def knows(self, address: object) -> bool:
        """Whether this is the address of one of them."""
        return isinstance(address, str) and address in self._held

    def name(self, address: str) -> str:
        """The name that the key comes from; of no key, none."""
        return self._held[address].name if address else ""

    def seal(self, seal: Seal, digest: bytes) -> bytes:
        """The bytes of a party's signatures."""
        return b"".join(
            self._held[sig.key].sign(sig.over or digest) if sig.key else NO_SIGNATURE for sig in seal
        )


def prepare(step: Step | None, domain: Domain, keys: Keys) -> tuple[Any, bytes]:
    """(the act as the reference model takes it, of a relay those of its items; the signed calldata)."""
    if step is None:
        return None, bytes(4)
    if step.kind == "relay":
        items = [prepare(item, domain, keys) for item, _ in step.items]
        calls = [Call(gas, data) for (_, gas), (_, data) in zip(step.items, items, strict=True)]
        return [act for act, _ in items], codec.encode_relay(calls)
    if step.kind in UNSIGNED:
        return Row(**step.message), codec.encode_call(step.kind, *step.message.values())
    digest = step.digest(domain)
    act = Row(**{PYTHON.get(name, name): value for name, value in step.message.items()})
    act.digest, act.signatures = digest, [_signatures(seal, digest) for seal in step.seals]
    sealed = [keys.seal(seal, digest) for seal in step.seals]
    if step.kind == "transfer":
        return act, _transfer(step, act, sealed, domain, keys)
    if step.carried is None:
        return act, codec.encode_call(step.kind, step.message, sealed)
    act.carried = Row(digest=typed.digest(domain, "Issue", step.carried), **step.carried)
    return act, codec.encode_call(step.kind, step.carried, step.message, sealed)


def _signatures(seal: Seal, digest: bytes) -> tuple[tuple[str, bytes], ...]:
    return tuple((sig.key, sig.over or digest) for sig in seal)


def _transfer(step: Step, act: Row, sealed: Sequence[bytes], domain: Domain, keys: Keys) -> bytes:
    """Calldata; the act gets its acceptances."""
    children = step.message["children"]
    places = [place for accept in step.accepts for place in accept.places]
    others = [child for place, child in enumerate(children) if place not in places]
    bodies: list[dict[str, Any]] = []
    act.acceptances, act.others = [], len(others)
    for accept in step.accepts:
        legs = [{**children[place % len(children)], "index": place} for place in accept.places]
        said = {"offer": act.digest, "from": accept.sender, "to": accept.to, "parts": legs}
        digest = typed.digest(domain, "Accept", said)
        row = Row(to=accept.to, legs=[(leg["index"], leg["value"]) for leg in legs], digest=digest)
        row.sender = accept.sender
        row.signatures = _signatures(accept.seal, digest)
        act.acceptances.append(row)
        bodies.append({"to": accept.to, "legs": legs, "signatures": keys.seal(accept.seal, digest)})
    if len(set(places)) == len(places) and max(places, default=-1) < len(children):
        accepted = [(a.to, a.places, b["signatures"]) for a, b in zip(step.accepts, bodies, strict=True)]
        return codec.encode_transfer(step.message, b"".join(sealed), accepted)
    head = {name: step.message[name] for name in ("ticket", "version", "salt", "deadline")}
    hashes = [typed.struct_hash("Child", child) for child in others]
    whole = {**head, "others": hashes, "signatures": b"".join(sealed), "acceptances": bodies}
    return abi.calldata("transfer", whole)
