"""Malleability where it could really happen.

A signature (r, s) has a twin (r, n - s) by the same key over the same digest. In 64 bytes (EIP-2098) s has 255 bits,
and only some 2^128 of the high ones fit, so no signature that comes about by chance has a twin that could be sent. A
key can be made to fit, though: for a digest, a nonce and an s of one's choice there is one key that signs just so.

given a key that signs a digest with a high s that fits into 64 bytes
    it should refuse it, as a party's signature and as a single key's
    it should take the twin with the low s
"""

from __future__ import annotations

from coincurve import PrivateKey

from ledger import typed
from ledger.ids import keccak256 as keccak
from tests.support.actors import HUAIYUE, SOLE, WANYUE, Key
from tests.support.expect import refused
from tests.support.world import World

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HIGH = ORDER // 2 + 1
"""The lowest of the high values; below 2^255."""


class Fitting(Key):
    """The key by which `high` over a digest is (r, HIGH), and `low` its twin."""

    def __init__(self, digest: bytes) -> None:
        nonce = int.from_bytes(keccak(b"nonce" + digest), "big") % ORDER
        point = PrivateKey(nonce.to_bytes(32, "big")).public_key.format(compressed=False)
        r, odd = int.from_bytes(point[1:33], "big"), point[64] & 1
        hashed = int.from_bytes(digest, "big")
        secret = (HIGH * nonce - hashed) * pow(r, -1, ORDER) % ORDER
        self.name = "fitting"
        self._secret = PrivateKey(secret.to_bytes(32, "big"))
        public = self._secret.public_key.format(compressed=False)
        self.address = "0x" + keccak(public[1:])[12:].hex()
        self.high = r.to_bytes(32, "big") + (odd << 255 | HIGH).to_bytes(32, "big")
        self.low = r.to_bytes(32, "big") + ((1 - odd) << 255 | ORDER - HIGH).to_bytes(32, "big")


def take_in(world: World, key: Key, sequence: int) -> None:
    """The key becomes one of Wanyue's."""
    added = [{"key": key.address, "right": SOLE}]
    world.act("ChangeSigners", [WANYUE, key], party=WANYUE.id, add=added, remove=[], sequence=sequence)


def test_as_a_partys_signature(world: World) -> None:
    message = world.message("ChangeProfile", party=WANYUE.id, profile=b"\5" * 32, sequence=1)
    key = Fitting(typed.digest(world.domain, "ChangeProfile", message))
    take_in(world, key, 0)
    with refused("BadSignature"):
        world.act("ChangeProfile", [key.high], message=message)
    world.act("ChangeProfile", [key.low], message=message)


def test_as_a_single_keys_signature(world: World) -> None:
    rescue = Key("rescue")
    keys = [{"key": rescue.address, "right": SOLE}]
    recovery = world.panel_draft("Recover", HUAIYUE, rescue, party=WANYUE.id, keys=keys)
    world.send(recovery.data).expect()
    message = world.message("VetoRecovery", party=WANYUE.id, recovery=recovery.digest)
    key = Fitting(typed.digest(world.domain, "VetoRecovery", message))
    take_in(world, key, 1)
    with refused("BadSignature"):
        world.act("VetoRecovery", [key.high], message=message)
    world.act("VetoRecovery", [key.low], message=message)
