"""What attackers bring along: signatures made in any way, acts made of them, and the proof that nothing came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from coincurve import PrivateKey

from ledger.ids import keccak256
from tests.support.actors import Key, Party
from tests.support.drafts import Draft, Signer
from tests.support.layout import Slots
from tests.support.world import Receipt, World

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Of the curve secp256k1: the number of its points."""
HALF_ORDER = ORDER // 2


def storage(world: World) -> Slots:
    """Every word of the ledger that is not 0."""
    return {slot: word for slot, word in world.evm.touched(world.address).items() if word}


@contextmanager
def nothing_changes(world: World) -> Iterator[None]:
    """Whatever is tried inside, not one storage word of the ledger is another afterwards."""
    before = storage(world)
    yield
    assert storage(world) == before


def why(receipt: Receipt) -> str:
    """The error that refused a transaction; "" when it took effect."""
    return receipt.refusal.name if receipt.refusal else ""


def refusals(world: World, *datas: bytes) -> list[str]:
    """Each sent directly and mined: the errors; "" for what took effect."""
    return [why(world.send(data)) for data in datas]


@dataclass(frozen=True)
class Forger:
    """Signs by whatever rule, in the place of a participant."""

    rule: Callable[[bytes], bytes]

    def sign(self, digest: bytes, pair: bool | None = None) -> bytes:
        return self.rule(digest)


def by(rule: Callable[[bytes], bytes]) -> Signer:
    """A signer of a draft whose signature is what `rule` makes of the digest."""
    return cast(Party, Forger(rule))


def forged_offer(world: World, holder: Party, ticket: bytes, to: Party, value: int, signer: Signer) -> bytes:
    """Calldata of a transfer that its receiver really accepted; the holder's place is signed by `signer`."""
    offer = world.offer(holder, ticket, [(to, value)])
    offer.signature = cast(Party, signer).sign(offer.digest)
    return offer.transfer(offer.accept(to))


def receipt_draft(world: World, lock: bytes, signer: Signer, /, **fields: Any) -> Draft:
    """The clearing bank's receipt for a lock as it stands, not sent; `fields` replace what the lock says."""
    known = {
        "lock": lock,
        "bank": world.read("locks", lock) & (1 << 48) - 1,
        "value": world.ticket(lock).value,
        "ref": world.salt(),
        "registration": world.salt(),
        **fields,
    }
    return world.draft("Receipt", [signer], **known)


class CraftedKey(Key):
    """A key made for one digest, so that one of its valid signatures has the `s` that is wanted.

    From s = (digest + r * secret) / nonce, solved for the secret.
    """

    def __init__(self, name: str, digest: bytes, s: int) -> None:
        nonce = int.from_bytes(keccak256(name.encode()), "big") % ORDER
        point = PrivateKey(nonce.to_bytes(32, "big")).public_key.format(compressed=False)
        r = int.from_bytes(point[1:33], "big") % ORDER
        secret = (s * nonce - int.from_bytes(digest, "big")) * pow(r, -1, ORDER) % ORDER
        self.name, self._secret = name, PrivateKey(secret.to_bytes(32, "big"))
        public = self._secret.public_key.format(compressed=False)
        self.address = "0x" + keccak256(public[1:])[12:].hex()
        self.crafted = r.to_bytes(32, "big") + (s | (point[64] & 1) << 255).to_bytes(32, "big")
        """The signature over that digest, 64 bytes."""
