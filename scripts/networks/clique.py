"""Clique by geth 1.13.15: signers in turn, London rules, no finality. The hostile case: it can fork.

A signer may sign one of any three consecutive blocks of four, so two of four make none. Source: EIP-225.
"""

from __future__ import annotations

from ledger.chain.engine import Engine, FeePolicy, Finality, FinalityKind
from ledger.chain.nodes.recipes import Command
from scripts.networks import geth, tools
from scripts.networks.plan import CHAIN_ID, Plan, Seat

CONFIRMATIONS = 3
"""Of four signers, two honest ones out of touch with the others make at most one block each."""
BASE_FEE = 7
"""Wei. Below 8 the base fee does not fall any more (an eighth of it is less than 1)."""


class Clique:
    """geth, a signer in each node."""

    name = "clique"
    ports: tuple[str, ...] = ("auth",)
    relayer = ""
    kept: tuple[str, ...] = ()

    def binary(self, given: str | None) -> str:
        return given or tools.geth_1_13()

    def prepare(self, plan: Plan) -> None:
        signers = sorted(bytes.fromhex(seat.address[2:]) for seat in plan.seats)
        extra = "0x" + (bytes(32) + b"".join(signers) + bytes(65)).hex()
        config = {"clique": {"period": plan.period, "epoch": 30_000}}
        document = geth.genesis(plan, config, extra, baseFeePerGas=hex(BASE_FEE))
        geth.save_genesis(plan, document)
        for seat in plan.seats:
            self.fresh(plan, seat)

    def fresh(self, plan: Plan, seat: Seat) -> None:
        geth.write_keys(plan, seat)
        listed = ", ".join(f'"{one}"' for one in geth.neighbours(plan, seat))
        (plan.home(seat) / "config.toml").write_text(
            f'[Node.P2P]\nListenAddr = "127.0.0.1:{seat.p2p}"\nNoDiscovery = true\nStaticNodes = [{listed}]\n'
        )
        geth.init(plan, seat, "--state.scheme", "hash")

    def command(self, plan: Plan, seat: Seat) -> Command:
        return Command([*self._argv(plan, seat), "--mine"], cwd=plan.folder)

    def mending(self, plan: Plan, seat: Seat) -> Command:
        # with one peer allowed it follows the first that it meets at once, instead of waiting for five
        flags = ["--http.api", "eth,net,web3,debug", "--maxpeers", "1"]
        return Command([*self._argv(plan, seat), *flags], cwd=plan.folder)

    def _argv(self, plan: Plan, seat: Seat) -> list[str]:
        home = plan.home(seat)
        values = {
            "config": home / "config.toml",
            "datadir": home,
            "nodekey": home / "nodekey",
            "networkid": CHAIN_ID,
            "nat": "none",
            "syncmode": "full",
            # every block's state on disk: after a SIGKILL of all nodes nothing that was final is gone
            "gcmode": "archive",
            "state.scheme": "hash",
            "http.addr": "127.0.0.1",
            "http.port": seat.rpc,
            "http.api": "eth,net,web3",
            "authrpc.addr": "127.0.0.1",
            "authrpc.port": seat.more["auth"],
            "rpc.gascap": 0,
            "rpc.txfeecap": 0,
            "miner.etherbase": seat.address,
            "miner.gasprice": 1,
            "miner.gaslimit": plan.block_gas,
            "txpool.pricelimit": 1,
            "txpool.accountslots": geth.POOL,
            "txpool.accountqueue": geth.POOL,
            "txpool.globalslots": 4 * geth.POOL,
            "txpool.globalqueue": 4 * geth.POOL,
            "unlock": seat.address,
            "password": home / "password",
            "cache": 64,
            "verbosity": 3,
        }
        flags = [text for name, value in values.items() for text in (f"--{name}", str(value))]
        return [plan.binary, *flags, "--http", "--ipcdisable", "--allow-insecure-unlock", "--nodiscover"]

    def engine(self, plan: Plan) -> Engine:
        finality = Finality(FinalityKind.CONFIRMATIONS, CONFIRMATIONS)
        return geth.described(plan, FeePolicy.BASE_FEE, finality)
