"""The files of a network's nodes: genesis, and for each organisation its node's configuration.

Whoever has the same seats and the same numbers writes the same files, byte by byte: no organisation has to trust
another's files, all compare one fingerprint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from ledger.addresses import parse_address
from ledger.chain.engine import Engine, FeePolicy, Limits
from ledger.chain.engine_file import engine_toml
from ledger.chain.genesis import BLOCK_GAS, InvalidGenesis, besu_genesis, quorum_genesis
from ledger.chain.genesis_seats import Seat

ROOT = "/etc/goldticket/node"
"""Where a node finds its files, in the container and under systemd alike."""


@dataclass(frozen=True)
class Network:
    """What all agree on. `accounts`: who may send transactions (relayers, and each organisation's own sender); empty:
    anybody who reaches a node may."""

    chain_id: int
    seats: tuple[Seat, ...]
    accounts: tuple[str, ...] = ()
    period: int = 1
    block_gas: int = BLOCK_GAS

    def __post_init__(self) -> None:
        for what in ("name", "public", "enode"):
            values = [getattr(seat, what) for seat in self.seats]
            twice = next((value for value in values if values.count(value) > 1), None)
            if twice is not None:
                raise InvalidGenesis(f"two seats have the {what} {twice}: each organisation has its own")

    @property
    def validators(self) -> list[str]:
        """Addresses of those who make blocks."""
        return [seat.address for seat in self.seats if seat.validates]

    @property
    def may_fail(self) -> int:
        """How many validators may be gone, or lie, while blocks go on: (n - 1) // 3."""
        return (len(self.validators) - 1) // 3


def write_network(network: Network, folder: Path) -> str:
    """Writes everything into `folder`, which must not exist; the fingerprint of what all have to agree on."""
    if folder.exists() and any(folder.iterdir()):
        raise InvalidGenesis(f"{folder} is not empty: name another folder, a network is begun once")
    numbers = {"period": network.period, "block_gas": network.block_gas}
    besu = besu_genesis(network.chain_id, network.validators, **numbers)
    quorum = quorum_genesis(network.chain_id, network.validators, **numbers)
    shared = {
        "genesis.json": _json(besu),
        "genesis.quorum.json": _json(quorum),
        "permissions.toml": permissions(network),
    }
    for seat in network.seats:
        _write(folder / seat.name, {**shared, **node_files(network, seat)})
    digest = hashlib.sha256("\n".join(shared.values()).encode()).hexdigest()
    (folder / "fingerprint").write_text(digest + "\n")
    return digest


def node_files(network: Network, seat: Seat) -> dict[str, str]:
    """A node's own files by name."""
    return {
        "static-nodes.json": _json([other.enode for other in network.seats if other != seat]),
        "besu.toml": besu_toml(network, seat),
        "engine.toml": engine_toml(gateway_engine(network)),
    }


def gateway_engine(network: Network, *urls: str) -> Engine:
    """What a gateway has to know; beside its own node unless other URLs are given."""
    return Engine(
        name="besu-qbft",
        urls=urls or ("http://127.0.0.1:8545",),
        chain_id=network.chain_id,
        fee=FeePolicy.ZERO,
        block_period=float(network.period),
        block_gas=network.block_gas,
        limits=Limits(),
    )


def besu_toml(network: Network, seat: Seat) -> str:
    """Besu's configuration file. Each key is an option of the command line without its hyphens."""
    return f"""\
# {seat.name}: {"validator " + seat.address if seat.validates else "a node that only follows"}
data-path="/var/lib/besu"
genesis-file="{ROOT}/genesis.json"
node-private-key-file="{ROOT}/nodekey"
static-nodes-file="{ROOT}/static-nodes.json"

# Other nodes: the named ones only, nobody is looked for.
p2p-enabled=true
{_hosts(network, seat)}
p2p-port={seat.port}
discovery-enabled=false
max-peers={max(25, 2 * len(network.seats))}
permissions-nodes-config-file-enabled=true
permissions-nodes-config-file="{ROOT}/permissions.toml"
permissions-accounts-config-file-enabled={str(bool(network.accounts)).lower()}
permissions-accounts-config-file="{ROOT}/permissions.toml"

# JSON-RPC: for this organisation's own gateway. Never to the internet: whoever reaches it reads everything.
rpc-http-enabled=true
rpc-http-host="127.0.0.1"
rpc-http-port=8545
rpc-http-api=["ETH","NET","WEB3","QBFT","TXPOOL"]
rpc-http-max-batch-size=1024
rpc-gas-cap=0
host-allowlist=["localhost","127.0.0.1","node"]

# Everything since the first block stays: verify and recount read it.
sync-mode="FULL"
data-storage-format="FOREST"

# Gas costs nothing. A relayer has up to 64 transactions under way.
min-gas-price=0
tx-pool="sequenced"
tx-pool-min-gas-price=0
tx-pool-limit-by-account-percentage=1.0
tx-pool-max-size=4096

metrics-enabled=true
metrics-host="127.0.0.1"
metrics-port=9545
logging="INFO"
"""


def _hosts(network: Network, seat: Seat) -> str:
    """Besu reads names in place of addresses only when it is told to; its own advertised host is an address always."""
    lines = [f'p2p-host="{seat.host}"'] if _is_address(seat.host) else []
    if not all(_is_address(one.host) for one in network.seats):
        lines += [
            "# Nodes are known by names, whose addresses may change.",
            "Xdns-enabled=true",
            "Xdns-update-enabled=true",
        ]
    return "\n".join(lines)


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def permissions(network: Network) -> str:
    """Besu's file of who may connect and who may send transactions, a contract's creation among them."""
    nodes = ",\n".join(f'  "{seat.enode}"' for seat in network.seats)
    listed = [parse_address(account).lower() for account in network.accounts]
    if len(set(listed)) < len(listed):
        raise InvalidGenesis("an account is named twice")
    accounts = "".join(f'  "{account}",\n' for account in sorted(listed))
    written = f"# Who may send transactions.\naccounts-allowlist=[\n{accounts}]\n" if listed else ""
    return f"# Whom a node talks with.\nnodes-allowlist=[\n{nodes}\n]\n{written}"


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _json(value: object) -> str:
    return json.dumps(value, indent=1) + "\n"


def check_seats(seats: Sequence[Seat]) -> str:
    """What is unwise about them, in a sentence; empty when nothing is."""
    validators = sum(seat.validates for seat in seats)
    if validators < 4:
        return f"{validators} validators: blocks end when one is gone. Four is the least that lets one fail."
    return ""
