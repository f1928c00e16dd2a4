"""What geth 1.13 (Clique) and GoQuorum's geth (QBFT) have in common: key files, enodes, `init`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from eth_account import Account

from ledger.chain.engine import Engine, FeePolicy, Finality, Limits
from scripts.networks.plan import CHAIN_ID, NetworkFailed, Plan, Seat

PASSWORD = "loopback"  # noqa: S105 - opens keys that were made for this network and hold nothing
POOL = 4_096
"""Transactions that a pool takes of one sender."""


def write_keys(plan: Plan, seat: Seat) -> None:
    """The node's key, and the same as an account that can be unlocked."""
    home = plan.home(seat)
    (home / "keystore").mkdir(parents=True)
    (home / "nodekey").write_text(seat.key)
    (home / "password").write_text(PASSWORD)
    kept = Account.encrypt(bytes.fromhex(seat.key), PASSWORD, kdf="pbkdf2", iterations=1_000)
    (home / "keystore" / f"{seat.number}.json").write_text(json.dumps(kept))


def enode(seat: Seat, port: int) -> str:
    """Where others find this node."""
    return f"enode://{seat.public}@127.0.0.1:{port}?discport=0"


def neighbours(plan: Plan, seat: Seat) -> list[str]:
    """The enodes of all others, each at the door that leads there."""
    return [enode(other, seat.doors[other.number]) for other in plan.seats if other.number != seat.number]


def genesis(plan: Plan, config: dict[str, Any], extra: str, **more: Any) -> dict[str, Any]:
    """London rules from the first block on; only the relayer has coin."""
    forks = [
        "homestead",
        "eip150",
        "eip155",
        "eip158",
        "byzantium",
        "constantinople",
        "petersburg",
        "istanbul",
        "berlin",
        "london",
    ]
    return {
        "config": {"chainId": CHAIN_ID, **{f"{fork}Block": 0 for fork in forks}, **config},
        "difficulty": "0x1",
        "gasLimit": hex(plan.block_gas),
        "extraData": extra,
        "alloc": {plan.relayer_address[2:]: {"balance": hex(10**27)}},
        **more,
    }


def init(plan: Plan, seat: Seat, *flags: str) -> None:
    """Genesis into an empty home. Raises NetworkFailed with what the program said."""
    command = [
        plan.binary,
        "--datadir",
        str(plan.home(seat)),
        *flags,
        "init",
        str(plan.folder / "genesis.json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise NetworkFailed(f"{' '.join(command)} failed:\n{done.stderr[-1500:]}")


def described(plan: Plan, fee: FeePolicy, finality: Finality) -> Engine:
    """The gateway's description of the network."""
    return Engine(
        name=plan.engine,
        urls=tuple(seat.url for seat in plan.seats),
        chain_id=CHAIN_ID,
        fee=fee,
        finality=finality,
        block_period=float(plan.period),
        block_gas=plan.block_gas,
        limits=Limits(batch_items=1000, pool_per_sender=POOL),
    )


def save_genesis(plan: Plan, document: dict[str, Any]) -> Path:
    """genesis.json in the network's folder."""
    file = plan.folder / "genesis.json"
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return file
