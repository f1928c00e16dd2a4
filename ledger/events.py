"""What the chain says happened: one decoded log of GoldTicket (`contracts/interfaces/IEvents.sol`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """One log. `args`: ABI names → int, bytes (bytesN), str (string, address 0x… checksummed), bool,
    list, dict.

    `block`, `log`: height and log index in the block; `tx`: transaction hash, 32 bytes; `time`: the UTC
    seconds of the block.
    """

    name: str
    args: Mapping[str, Any]
    block: int
    tx: bytes
    log: int
    time: int
