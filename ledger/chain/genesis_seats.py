"""Who runs a node of a network: each organisation makes its node's key itself and hands out the public part only.

The public part is signed with the node's key, so that nobody can enter a key that is another's, and a word changed on
its way is found out.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ledger.chain.genesis import InvalidGenesis
from ledger.ids import keccak256
from ledger.signatures import InvalidSignature, checksum_address, new_key, private_key, recover, sign_digest

_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Seat:
    """An organisation's node. `public`: its key, 64 bytes hex without 0x, as an enode has it; `host`, `port`: where the
    other nodes reach it; `validates`: whether it makes blocks, or only follows."""

    name: str
    public: str
    host: str
    port: int = 30303
    validates: bool = True
    proof: str = ""

    @property
    def address(self) -> str:
        """The validator's address, 0x… checksummed."""
        return checksum_address(keccak256(bytes.fromhex(self.public))[12:])

    @property
    def enode(self) -> str:
        """Where the node is, for other nodes."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"enode://{self.public}@{host}:{self.port}"

    def digest(self) -> bytes:
        """What the proof signs: everything else."""
        told = {name: value for name, value in asdict(self).items() if name != "proof"}
        text = json.dumps(told, sort_keys=True, separators=(",", ":"))
        return keccak256(b"Gold Ticket seat\n" + text.encode())


def make_seat(
    folder: Path, name: str, host: str, port: int = 30303, *, validates: bool = True
) -> tuple[Seat, Path]:
    """A new key in `folder`/nodekey (mode 0600; one that is there already is kept and used), and the public part in
    `folder`/NAME.seat.json, for all others. Raises InvalidGenesis."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "nodekey"
    if not file.exists():
        fresh = folder / "nodekey.new"
        fresh.touch(mode=0o600)
        fresh.write_text(new_key().hex() + "\n")
        fresh.replace(file)
    key = private_key(bytes.fromhex(file.read_text().strip().removeprefix("0x")))
    public = key.public_key.format(compressed=False)[1:].hex()
    bare = Seat(name, public, host, port, validates)
    _check(bare)
    seat = Seat(name, public, host, port, validates, "0x" + sign_digest(key, bare.digest()).hex())
    target = folder / f"{name}.seat.json"
    target.write_text(json.dumps(asdict(seat), indent=1) + "\n", encoding="utf-8")
    return seat, target


def read_seat(file: Path) -> Seat:
    """An organisation's public part, its proof checked. Raises InvalidGenesis."""
    try:
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        seat = Seat(**data)
        _check(seat)
        signer = recover(seat.digest(), bytes.fromhex(seat.proof.removeprefix("0x")))
    except (OSError, ValueError, TypeError, InvalidSignature) as error:
        raise InvalidGenesis(
            f"{file} is no seat of a node: ask for the file that `goldticket network keys` wrote ({error})"
        ) from error
    if signer != seat.address:
        raise InvalidGenesis(
            f"{file}: its proof was not made with the key of {seat.name}'s node {seat.address}: the file was changed "
            f"on its way, or the key is somebody else's; ask {seat.name} for it again",
        )
    return seat


def _check(seat: Seat) -> None:
    if not _NAME.fullmatch(seat.name):
        raise InvalidGenesis(
            f"{seat.name!r}: a seat's name has small letters, digits and hyphens, e.g. lanwan-bank"
        )
    if not _HOST.fullmatch(seat.host):
        raise InvalidGenesis(
            f"{seat.host!r} is no host: give a name or an address that the other nodes reach"
        )
    if not isinstance(seat.port, int) or not 1 <= seat.port <= 65535:
        raise InvalidGenesis(f"port {seat.port}: from 1 to 65535")
    if not re.fullmatch(r"[0-9a-f]{128}", seat.public):
        raise InvalidGenesis(f"{seat.name}'s public key has 128 hex digits, not {len(seat.public)} signs")
