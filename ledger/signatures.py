"""Signatures with secp256k1 keys, 64 bytes each (EIP-2098), made and checked by libsecp256k1 (coincurve).

Pure Python would be a hundred times slower, so without coincurve nothing here can be imported.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from ledger.errors import Invalid, NotFound
from ledger.ids import keccak256

try:
    from coincurve import PrivateKey, PublicKey
except ImportError as error:  # pragma: no cover - an installation without its wheels
    raise ImportError(
        "coincurve is missing, and signatures without it are far too slow: pip install coincurve==21.0.0 "
        "(there are wheels for Python 3.11 to 3.13)"
    ) from error

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Order of the curve's group."""
HALF_ORDER = ORDER // 2
_S_MASK = (1 << 255) - 1
_HELPER = ThreadPoolExecutor(1, "signatures")
"""Beside the thread that asks. Its thread begins with its first work."""
_FEW = 8
"""Not worth another thread."""


class InvalidSignature(Invalid):
    """Bytes that are no signature the contract takes."""

    code = "invalid-signature"
    title = "A signature is not valid"


class InvalidKey(Invalid):
    """Bytes that are no private key. The message never shows them."""

    code = "invalid-key"
    title = "A private key is not valid"


class HeldKeys:
    """Private keys in memory, by address; a `ledger.ports.Signer`. Never shows a key."""

    def __init__(self, *keys: bytes) -> None:
        self._keys: Mapping[str, PrivateKey] = {address_of(key): private_key(key) for key in keys}

    @property
    def addresses(self) -> tuple[str, ...]:
        """Whom these keys belong to, 0x… checksummed."""
        return tuple(self._keys)

    def sign(self, address: str, digest: bytes) -> bytes:
        """64 bytes (EIP-2098). Raises NotFound for a key that is not here."""
        key = self._keys.get(address)
        if key is None:
            raise NotFound(f"there is no key for {address} here: add it, or sign elsewhere", address=address)
        return sign_digest(key, digest)

    def __repr__(self) -> str:
        return f"HeldKeys({', '.join(self._keys)})"


def new_key() -> bytes:
    """32 random bytes that are a private key."""
    return (secrets.randbelow(ORDER - 1) + 1).to_bytes(32, "big")


def private_key(key: bytes) -> PrivateKey:
    """The key ready for signing; keep it when signing often. Raises InvalidKey."""
    if len(key) != 32 or not 0 < int.from_bytes(key, "big") < ORDER:
        raise InvalidKey("a private key has 32 bytes, above 0 and below the curve's order; make a new one")
    return PrivateKey(key)


def address_of(key: bytes | PrivateKey) -> str:
    """The address of a private key, 0x… checksummed. Raises InvalidKey."""
    held = key if isinstance(key, PrivateKey) else private_key(key)
    return _address(held.public_key)


def sign_digest(key: bytes | PrivateKey, digest: bytes) -> bytes:
    """Signs 32 bytes as they are: 64 bytes, r and s with the parity in the top bit (EIP-2098), low s."""
    _sized(digest)
    held = key if isinstance(key, PrivateKey) else private_key(key)
    signature = held.sign_recoverable(digest, hasher=None)
    return signature[:32] + bytes([signature[32] | signature[64] << 7]) + signature[33:64]


def recover_many(pairs: Sequence[tuple[bytes, bytes]]) -> None:
    """Recovers the signers of many (digest, signature) ahead, in two threads (the curve's arithmetic lets others run);
    `recover` then knows them. What is no signature is left for `recover` to refuse."""
    if len(pairs) < _FEW:
        return _recover_all(pairs)
    half = _HELPER.submit(_recover_all, pairs[1::2])
    _recover_all(pairs[::2])
    return half.result()


def _recover_all(pairs: Sequence[tuple[bytes, bytes]]) -> None:
    for digest, signature in pairs:
        with contextlib.suppress(InvalidSignature, ValueError):
            recover(digest, signature)


@lru_cache(maxsize=16_384)
def recover(digest: bytes, signature: bytes) -> str:
    """The address that signed 32 bytes, 0x… checksummed; whether it may sign is another question.

    Raises InvalidSignature for what the contract would refuse as well: not 64 bytes, high s, no curve point.
    """
    _sized(digest)
    _, s, parity = split_signature(signature)
    full = signature[:32] + s.to_bytes(32, "big") + bytes([parity])
    try:
        return _address(PublicKey.from_signature_and_message(full, digest, hasher=None))
    except ValueError:
        raise InvalidSignature(
            "the signature belongs to no key; sign the act again", signature="0x" + signature.hex()
        ) from None


def split_signature(signature: bytes) -> tuple[int, int, int]:
    """(r, s, parity) of 64 bytes. Raises InvalidSignature for another length or a high s."""
    if len(signature) != 64:
        raise InvalidSignature(
            f"the signature has {len(signature)} bytes, not 64; send it as EIP-2098 has it, r and s with the "
            "parity in the top bit",
            length=len(signature),
        )
    r, packed = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    _in_range(signature, r, packed & _S_MASK)
    return r, packed & _S_MASK, packed >> 255


def compact(signature: bytes) -> bytes:
    """The 64 bytes of a signature that a wallet gave as 65 (r, s, v with v 27, 28, 0 or 1) or as 64.

    Raises InvalidSignature.
    """
    if len(signature) != 65:
        split_signature(signature)
        return signature
    v = signature[64] - 27 if signature[64] >= 27 else signature[64]
    if v not in (0, 1):
        raise InvalidSignature(f"the signature's last byte is {signature[64]}: 27 or 28 is expected")
    _in_range(signature, int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"))
    return signature[:32] + bytes([signature[32] | v << 7]) + signature[33:64]


@lru_cache(maxsize=65_536)
def checksum_address(address: bytes) -> str:
    """20 bytes as 0x… with the checksum in its capitals (EIP-55)."""
    digits = address.hex()
    marks = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(mark, 16) > 7 else digit for digit, mark in zip(digits, marks, strict=False)
    )


def _in_range(signature: bytes, r: int, s: int) -> None:
    if not 0 < s <= HALF_ORDER or not 0 < r < ORDER:
        raise InvalidSignature(
            "the signature is outside the range the contract takes (r and s above 0, s in the lower half); "
            "sign the act again with a wallet that gives low-s signatures",
            signature="0x" + signature.hex(),
        )


def _address(key: PublicKey) -> str:
    return checksum_address(keccak256(key.format(compressed=False)[1:])[12:])


def _sized(digest: bytes) -> None:
    if len(digest) != 32:
        raise ValueError(f"a digest has 32 bytes, not {len(digest)}")
