"""QBFT: instant finality, no price for gas. By Besu, or by GoQuorum's geth, which takes the same extra data.

The first block is ledger.chain.genesis's, as for a consortium's own network. Besu's configuration was written by its
documented options; which programs were really run stands in docs/networks.md.
"""

from __future__ import annotations

import json

from ledger.chain.engine import Engine, FeePolicy, Finality
from ledger.chain.genesis import besu_genesis, quorum_genesis
from ledger.chain.nodes.recipes import Command
from scripts.networks import geth, tools
from scripts.networks.plan import CHAIN_ID, Plan, Seat


class GoQuorum:
    """GoQuorum's geth: refuses any gas price but 0, knows no PUSH0."""

    name = "goquorum"
    ports: tuple[str, ...] = ()
    relayer = ""
    kept: tuple[str, ...] = ()

    def binary(self, given: str | None) -> str:
        return given or tools.quorum_geth()

    def prepare(self, plan: Plan) -> None:
        validators = [seat.address for seat in plan.seats]
        geth.save_genesis(
            plan, quorum_genesis(CHAIN_ID, validators, period=plan.period, block_gas=plan.block_gas)
        )
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
            "miner.gastarget": plan.block_gas,
            "miner.gaslimit": plan.block_gas,
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

    def mending(self, plan: Plan, seat: Seat) -> None:
        return None

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
        validators = [seat.address for seat in plan.seats]
        geth.save_genesis(
            plan, besu_genesis(CHAIN_ID, validators, period=plan.period, block_gas=plan.block_gas)
        )
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
            "target-gas-limit": plan.block_gas,
            "tx-pool": "SEQUENCED",
            "tx-pool-limit-by-account-percentage": 1,
            "logging": "INFO",
        }
        flags = [f"--{name}={value}" for name, value in values.items()]
        return Command([plan.binary, *flags, "--rpc-http-enabled"], cwd=plan.folder)

    def mending(self, plan: Plan, seat: Seat) -> None:
        return None

    def engine(self, plan: Plan) -> Engine:
        return geth.described(plan, FeePolicy.ZERO, Finality())
