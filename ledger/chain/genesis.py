"""The first block of a QBFT network: Besu's and GoQuorum's genesis with the same validators.

Gas costs nothing, the rules are London's (the contract's bytecode needs no later opcode), no coin exists. Sources:
Besu, "Configure QBFT consensus" and "Free gas network"; GoQuorum, "QBFT".
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from ledger.errors import Invalid

BLOCK_GAS = 100_000_000
"""A block of relay transactions of the largest size has room; see docs/scale.md for what it means."""

_MIX = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
"""How a block says that it is one of Istanbul's family."""
_SIZE = 128
"""KiB of code: far above ours; Besu's and GoQuorum's default of 24 would do too."""


class InvalidGenesis(Invalid):
    """A network can't begin like this; names the value and what would do."""

    code = "invalid-genesis"
    title = "A network can't begin like this"


def extra_data(validators: Sequence[str]) -> str:
    """The genesis block's extraData, 0x hex: RLP of [32 zero bytes, validators ascending, no vote, round 0, no seals].

    `validators`: addresses, 0x hex. Raises InvalidGenesis for none, one that is no address, or one twice.
    """
    addresses = sorted(_address(text) for text in validators)
    if not addresses:
        raise InvalidGenesis("there is no validator: name at least one (four, so that one may fail)")
    for one, other in itertools.pairwise(addresses):
        if one == other:
            raise InvalidGenesis(
                f"validator 0x{one.hex()} is there twice: each organisation has keys of its own"
            )
    body = _item(bytes(32)) + _list([_item(one) for one in addresses]) + _list([]) + _item(b"") + _list([])
    return "0x" + (_length(len(body), 0xC0) + body).hex()


def besu_genesis(
    chain_id: int, validators: Sequence[str], *, period: int = 1, block_gas: int = BLOCK_GAS
) -> dict[str, Any]:
    """Besu's genesis. `period`: seconds between blocks, empty ones too; `block_gas`: gas of a block."""
    _check(chain_id, period)
    qbft = {
        "blockperiodseconds": period,
        "epochlength": 30_000,
        # doubled with every round; must be above the period
        "requesttimeoutseconds": 2 * period + 2,
        "blockreward": "0",
    }
    config = {
        "chainId": chain_id,
        "berlinBlock": 0,
        "londonBlock": 0,
        "zeroBaseFee": True,
        "contractSizeLimit": _SIZE * 1024,
        "qbft": qbft,
    }
    return _block(config, validators, block_gas)


def quorum_genesis(
    chain_id: int, validators: Sequence[str], *, period: int = 1, block_gas: int = BLOCK_GAS
) -> dict[str, Any]:
    """GoQuorum's genesis of the same network. (It has London's opcodes without London's fees.)"""
    _check(chain_id, period)
    names = ("homestead", "byzantium", "constantinople", "petersburg", "istanbul", "berlin")
    forks = (*names, "eip150", "eip155", "eip158")
    qbft = {
        "epochlength": 30_000,
        "blockperiodseconds": period,
        "requesttimeoutseconds": 2 * period + 2,
        "policy": 0,
        "ceil2Nby3Block": 0,
    }
    config = {
        "chainId": chain_id,
        **{f"{fork}Block": 0 for fork in forks},
        "eip150Hash": "0x" + "00" * 32,
        "maxCodeSizeConfig": [{"block": 0, "size": _SIZE}],
        "txnSizeLimit": _SIZE,
        "isQuorum": True,
        "qbft": qbft,
    }
    return _block(config, validators, block_gas)


def _block(config: dict[str, Any], validators: Sequence[str], block_gas: int) -> dict[str, Any]:
    return {
        "config": config,
        "nonce": "0x0",
        "timestamp": "0x0",
        "extraData": extra_data(validators),
        "gasLimit": hex(block_gas),
        "difficulty": "0x1",
        "mixHash": _MIX,
        "coinbase": "0x" + "00" * 20,
        "parentHash": "0x" + "00" * 32,
        "gasUsed": "0x0",
        "number": "0x0",
        "alloc": {},
    }


def _check(chain_id: int, period: int) -> None:
    if not 0 < chain_id < 2**53:
        raise InvalidGenesis(
            f"chain id {chain_id}: choose a number that no other network of yours has, e.g. 20261"
        )
    if not 1 <= period <= 60:
        raise InvalidGenesis(f"{period} s between blocks: from 1 to 60")


def _address(text: str) -> bytes:
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != 20:
        raise InvalidGenesis(f"validator {text!r} is no address: 0x and 40 hex digits")
    return found


def _item(content: bytes) -> bytes:
    return content if len(content) == 1 and content[0] < 0x80 else _length(len(content), 0x80) + content


def _list(items: Sequence[bytes]) -> bytes:
    content = b"".join(items)
    return _length(len(content), 0xC0) + content


def _length(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes([offset + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(size)]) + size
