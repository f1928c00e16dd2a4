"""Keys that stay on the server: keystore v3 files, one per key, opened with one passphrase.

**This is custody by the operator.** Whoever runs the gateway and knows the passphrase can sign for everybody whose
key lies here. It is meant for demos and for small suppliers who choose it; all others sign outside, with a wallet
or a signing service of their own, and send signatures.

Source: Web3 Secret Storage v3 (https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/).
"""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path
from typing import Any, cast

from coincurve import PrivateKey
from eth_account import Account

from ledger.errors import NotFound, Unavailable
from ledger.signatures import address_of, new_key, private_key, sign_digest

STANDARD_COST = 2**18
"""scrypt's n: about a second and 256 MB for each key that is opened."""
LIGHT_COST = 2**12
"""scrypt's n for demos and tests: a stolen file is opened quickly."""


class KeystoreLocked(Unavailable):
    """A key file can't be opened."""

    code = "keystore-locked"
    title = "A key on the server can't be opened"


class Keystore:
    """Key files in `folder`; a `ledger.ports.Signer`. A key is decrypted once and then kept in memory.

    `passphrase` protects the files and is never written; `light` derives cheaply, for demos and tests alone.
    Nothing here shows a key or the passphrase. Safe to use from several threads.
    """

    def __init__(self, folder: Path, passphrase: str, light: bool = False) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._cost = LIGHT_COST if light else STANDARD_COST
        self._opened: dict[str, PrivateKey] = {}
        self._lock = threading.Lock()

    def create(self) -> str:
        """Make a new key; its address, 0x… checksummed. The file is durable when this returns."""
        return self.add(new_key())

    def add(self, key: bytes) -> str:
        """Take in an existing key of 32 bytes; its address. A key that is here already stays as it is.

        Raises InvalidKey, KeystoreLocked without a passphrase.
        """
        self._require_passphrase()
        opened = private_key(key)
        address = address_of(opened)
        file = self._file(address)
        if not file.exists():
            encrypted = Account.encrypt(key, self._passphrase, kdf="scrypt", iterations=self._cost)
            _write(file, json.dumps(encrypted))
        self._opened[address] = opened
        return address

    def addresses(self) -> list[str]:
        """Whose keys lie here, 0x… checksummed, in the order of the files' names."""
        files = sorted(self._folder.glob("0x*.json")) if self._folder.is_dir() else []
        return [file.stem for file in files]

    def holds(self, address: str) -> bool:
        """Whether the key of this address (checksummed) lies here."""
        return address in self._opened or self._file(address).is_file()

    def sign(self, address: str, digest: bytes) -> bytes:
        """64 bytes (EIP-2098) over a digest of 32. Raises NotFound for a key that is not here, KeystoreLocked."""
        key = self._opened.get(address)
        return sign_digest(self._open(address) if key is None else key, digest)

    def __repr__(self) -> str:
        return f"Keystore({str(self._folder)!r})"

    def _open(self, address: str) -> PrivateKey:
        with self._lock:  # one at a time: each derivation takes much memory
            if address not in self._opened:
                self._opened[address] = private_key(self._decrypt(self._file(address), address))
            return self._opened[address]

    def _decrypt(self, file: Path, address: str) -> bytes:
        content = _read(file, address)
        self._require_passphrase()
        try:
            key = bytes(Account.decrypt(content, self._passphrase))
        except (ValueError, KeyError, TypeError):
            # from None: what was tried must not travel along in a traceback
            raise KeystoreLocked(
                f"the key of {address} can't be opened: GOLDTICKET_PASSPHRASE is not the one it was made with, or "
                f"{file} is damaged",
                address=address,
            ) from None
        if address_of(key) != address:
            raise KeystoreLocked(f"{file} holds another key than its name says: restore it", address=address)
        return key

    def _require_passphrase(self) -> None:
        if not self._passphrase:
            raise KeystoreLocked("there is no passphrase for the server's keys: set GOLDTICKET_PASSPHRASE")

    def _file(self, address: str) -> Path:
        if len(address) != 42 or not address.startswith("0x") or not address[2:].isalnum():
            raise NotFound(f"{address!r} is no address, so there is no key for it", address=address)
        return self._folder / f"{address}.json"


def _read(file: Path, address: str) -> dict[str, Any]:
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(
            f"the server holds no key of {address}: sign outside and send the signature", address=address
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise KeystoreLocked(f"others on this machine can read {file}: run chmod 600 on it", address=address)
    try:
        return cast("dict[str, Any]", json.loads(text))
    except json.JSONDecodeError:
        raise KeystoreLocked(f"{file} is damaged: restore it from a backup", address=address) from None


def _write(file: Path, text: str) -> None:
    """Whole or not at all, readable by the owner alone from its first moment, durable."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
