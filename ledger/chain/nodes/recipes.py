"""How each development engine is started, and the few words in which they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ledger.chain.engine import InvalidEngine
from ledger.chain.nodes.binaries import ROOT, anvil_binary, node_binary, npm_file

DEV_MNEMONIC = "test test test test test test test test test test test junk"
"""FOR DEVELOPMENT ONLY: published everywhere, so whatever its accounts hold belongs to everybody."""

DEV_ACCOUNTS = 20
DEV_BALANCE = 1_000_000_000
"""Ether in each development account: enough for ever where gas can't be free."""


@dataclass(frozen=True)
class NodeOptions:
    """Settings of a development chain; all of them may stay as they are.

    `block_gas` leaves room for relays of many acts. `block_time` (seconds) makes anvil mine by the clock;
    None mines each transaction at once, which is all that the others are used for.
    """

    chain_id: int = 31337
    mnemonic: str = DEV_MNEMONIC
    block_gas: int = 100_000_000
    block_time: int | None = None


@dataclass(frozen=True)
class Command:
    """What to run. `env` is added to the environment."""

    argv: list[str]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """One development engine: its command line for a port, and the method that sets a balance.

    `persistent` says that the chain is still there after a restart.
    """

    name: str
    command: Callable[[int, Path, NodeOptions], Command]
    set_balance: str
    persistent: bool = False


def _ganache(port: int, data_dir: Path, options: NodeOptions) -> Command:
    _no_block_time("ganache", options)
    values = {
        "server.host": "127.0.0.1",
        "server.port": port,
        "database.dbPath": data_dir / "blocks",
        "chain.hardfork": "london",
        "chain.chainId": options.chain_id,
        "chain.networkId": options.chain_id,
        "wallet.mnemonic": options.mnemonic,
        "wallet.totalAccounts": DEV_ACCOUNTS,
        "wallet.defaultBalance": DEV_BALANCE,
        "miner.blockGasLimit": options.block_gas,
        "miner.callGasLimit": options.block_gas,
        # "strict" now and then leaves transactions lying that come in quick succession. "eager" may answer
        # with a hash whose transaction dies with the process; a block that can be read survives it.
        "miner.instamine": "eager",
    }
    flags = [text for name, value in values.items() for text in (f"--{name}", str(value))]
    clock = str(Path(__file__).with_name("steady-clock.cjs"))
    cli = str(npm_file("ganache", "ganache/dist/node/cli.js"))
    argv = [str(node_binary()), "--require", clock, cli, *flags, "--logging.quiet"]
    return Command(argv, cwd=data_dir)


def _hardhat(port: int, data_dir: Path, options: NodeOptions) -> Command:
    _no_block_time("hardhat", options)
    cli = str(npm_file("Hardhat", "hardhat/dist/src/cli.js"))
    where = ["--hostname", "127.0.0.1", "--port", str(port)]
    env = {
        "GOLDTICKET_CHAIN_ID": str(options.chain_id),
        "GOLDTICKET_BLOCK_GAS": str(options.block_gas),
        "GOLDTICKET_DEV_MNEMONIC": options.mnemonic,
    }
    # Hardhat looks for hardhat.config.js where it is started.
    return Command([str(node_binary()), cli, "node", "--network", "node", *where], cwd=ROOT, env=env)


def _anvil(port: int, data_dir: Path, options: NodeOptions) -> Command:
    values: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "hardfork": "london",
        "chain-id": options.chain_id,
        "mnemonic": options.mnemonic,
        "accounts": DEV_ACCOUNTS,
        "balance": DEV_BALANCE,
        "gas-limit": options.block_gas,
        "gas-price": 0,
        "base-fee": 0,
    }
    if options.block_time is not None:
        values["block-time"] = options.block_time
    flags = [text for name, value in values.items() for text in (f"--{name}", str(value))]
    return Command([str(anvil_binary()), *flags, "--quiet"], cwd=data_dir)


def _no_block_time(engine: str, options: NodeOptions) -> None:
    if options.block_time is not None:
        raise InvalidEngine(
            f"{engine} mines at once: leave block_time ({options.block_time} s) out, or use anvil"
        )


RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe("ganache", _ganache, set_balance="evm_setAccountBalance", persistent=True),
        Recipe("hardhat", _hardhat, set_balance="hardhat_setBalance"),
        Recipe("anvil", _anvil, set_balance="anvil_setBalance"),
    )
}
DEFAULT_ENGINE = "ganache"
