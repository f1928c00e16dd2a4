"""QBFT: instant finality, no price for gas. By Besu, or by GoQuorum's geth, which takes the same extra data.

The extra data is RLP [32 bytes of vanity, sorted validators, no vote, round 0, no seals]: `extra_data`. Besu's
configuration was written by its documented options; which programs were really run stands in docs/networks.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ledger.chain.engine import Engine, FeePolicy, Finality
from ledger.chain.nodes.recipes import Command
from ledger.chain.transactions import rlp
from scripts.networks import geth, tools
from scripts.networks.plan import BLOCK_GAS, CHAIN_ID, Plan, Seat

MIX_HASH = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
REQUEST_TIMEOUT = 4
"""Seconds after which validators that wait for a proposal go on to the next round."""
EPOCH = 30_000


def extra_data(validators: Sequence[str]) -> str:
    """The first block's extra data, 0x…. `validators`: addresses."""
    sorted_ = sorted(bytes.fromhex(address[2:]) for address in validators)
    return "0x" + _rlp([bytes(32), sorted_, [], b"", []]).hex()


def _rlp(value: Any) -> bytes:
    """As `rlp`, for lists in lists."""
    if isinstance(value, list):
        inner = b"".join(_rlp(item) for item in value)
        size = len(inner)
        if size < 56:
            return bytes([0xC0 + size]) + inner
        length = size.to_bytes((size.bit_length() + 7) // 8, "big")
        return bytes([0xF7 + len(length)]) + length + inner
    return rlp(value)


class GoQuorum:
    """GoQuorum's geth: refuses any gas price but 0, knows no PUSH0."""

    name = "goquorum"
    ports: tuple[str, ...] = ()
    relayer = ""
    kept: tuple[str, ...] = ()

    def binary(self, given: str | None) -> str:
        return given or tools.quorum_geth()

    def prepare(self, plan: Plan) -> None:
        config = {
            "isQuorum": True,
            "maxCodeSizeConfig": [{"block": 0, "size": 64}],
            "txnSizeLimit": 128,
            "qbft": {
                "epochlength": EPOCH,
                "blockperiodseconds": plan.period,
                "requesttimeoutseconds": REQUEST_TIMEOUT,
                "policy": 0,
                "ceil2Nby3Block": 0,
            },
        }
        extra = extra_data([seat.address for seat in plan.seats])
        geth.save_genesis(plan, geth.genesis(plan, config, extra, mixHash=MIX_HASH))
        for seat in plan.seats:
            self.fresh(plan, seat)

    def fresh(self, plan: Plan, seat: Seat) -> None:
        geth.write_keys(plan, seat)
        nodes = json.dumps(geth.neighbours(plan, seat))
        (plan.home(seat) / "static-nodes.json").write_text(nodes)
        geth.init(plan, seat)

    def command(self, plan: Plan, seat: Seat) -> Command:
        home = plan.home(seat)
        values = {
            "datadir": home,
            "nodekey": home / "nodekey",
            "networkid": CHAIN_ID,
            "port": seat.p2p,
            "nat": "none",
            "netrestrict": "127.0.0.0/8",
            "syncmode": "full",
            "gcmode": "archive",
            "http.addr": "127.0.0.1",
            "http.port": seat.rpc,
            "http.api": "eth,net,web3",
            "rpc.gascap": 0,
            "miner.gasprice": 0,
            "miner.gastarget": BLOCK_GAS,
            "miner.gaslimit": BLOCK_GAS,
            "txpool.pricelimit": 0,
            "txpool.accountslots": geth.POOL,
            "txpool.accountqueue": geth.POOL,
            "txpool.globalslots": 4 * geth.POOL,
            "txpool.globalqueue": 4 * geth.POOL,
            "cache": 64,
            "verbosity": 3,
        }
        flags = [text for name, value in values.items() for text in (f"--{name}", str(value))]
        switches = ["--http", "--mine", "--nodiscover", "--ipcdisable", "--emitcheckpoints"]
        env = {"PRIVATE_CONFIG": "ignore"}
        return Command([plan.binary, *flags, *switches], cwd=plan.folder, env=env)

    def engine(self, plan: Plan) -> Engine:
        return geth.described(plan, FeePolicy.ZERO, Finality())


class Besu:
    """Besu with a free-gas configuration. Java 21 or newer."""

    name = "qbft"
    ports: tuple[str, ...] = ()
    relayer = ""
    kept: tuple[str, ...] = ()

    def binary(self, given: str | None) -> str:
        return given or tools.besu()

    def prepare(self, plan: Plan) -> None:
        config = {
            "zeroBaseFee": True,
            "contractSizeLimit": 65_536,
            "qbft": {
                "epochlength": EPOCH,
                "blockperiodseconds": plan.period,
                "requesttimeoutseconds": REQUEST_TIMEOUT,
            },
        }
        extra = extra_data([seat.address for seat in plan.seats])
        geth.save_genesis(plan, geth.genesis(plan, config, extra, mixHash=MIX_HASH))
        for seat in plan.seats:
            self.fresh(plan, seat)

    def fresh(self, plan: Plan, seat: Seat) -> None:
        home = plan.home(seat)
        home.mkdir(parents=True)
        (home / "key").write_text(f"0x{seat.key}")
        (home / "static-nodes.json").write_text(json.dumps(geth.neighbours(plan, seat)))

    def command(self, plan: Plan, seat: Seat) -> Command:
        home = plan.home(seat)
        values = {
            "data-path": home,
            "genesis-file": plan.folder / "genesis.json",
            "node-private-key-file": home / "key",
            "network-id": CHAIN_ID,
            "p2p-host": "127.0.0.1",
            "p2p-interface": "127.0.0.1",
            "p2p-port": seat.p2p,
            "nat-method": "NONE",
            "discovery-enabled": "false",
            "static-nodes-file": home / "static-nodes.json",
            "sync-mode": "FULL",
            "data-storage-format": "FOREST",
            "min-gas-price": 0,
            "rpc-http-host": "127.0.0.1",
            "rpc-http-port": seat.rpc,
            "rpc-http-api": "ETH,NET,WEB3",
            "rpc-gas-cap": 0,
            "target-gas-limit": BLOCK_GAS,
            "tx-pool": "SEQUENCED",
            "tx-pool-limit-by-account-percentage": 1,
            "logging": "INFO",
        }
        flags = [f"--{name}={value}" for name, value in values.items()]
        return Command([plan.binary, *flags, "--rpc-http-enabled"], cwd=plan.folder)

    def engine(self, plan: Plan) -> Engine:
        return geth.described(plan, FeePolicy.ZERO, Finality())
