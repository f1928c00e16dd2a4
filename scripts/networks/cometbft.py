"""A CometBFT EVM by evmd of cosmos/evm 0.7 or newer: instant finality, at least half of the gas limit is charged.

`evmd testnet init-files` makes keys and genesis; ports, mempool and fees are then set in its files. No base fee, a
price limit of 1, the application's mempool, a block a second.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from ledger.chain.engine import Charging, Engine, FeePolicy, Finality
from ledger.chain.nodes.recipes import Command
from scripts.networks import geth, tools
from scripts.networks.plan import NetworkFailed, Plan, Seat

COSMOS_ID = "goldticket_262144-1"
EVM_ID = 262_144
DEV_KEY = "88cbead91aee890d27bf06e003ade3d4e952427e88f88d31d61d3ef5e5d54305"
"""FOR DEVELOPMENT ONLY, published with evmd: the account to which its test genesis gives coin."""


class CometBft:
    """evmd, a validator in each node."""

    name = "cometbft"
    ports: tuple[str, ...] = ("comet", "grpc", "ws", "metrics", "geth_metrics", "api")
    relayer = DEV_KEY
    kept: tuple[str, ...] = ("data/priv_validator_state.json",)

    def binary(self, given: str | None) -> str:
        return given or tools.evmd()

    def prepare(self, plan: Plan) -> None:
        made = plan.folder / "made"
        command = [
            plan.binary,
            *("testnet", "init-files", "--validator-count", str(len(plan.seats)), "-o", str(made)),
            *("--single-host", "--keyring-backend", "test", "--chain-id", COSMOS_ID),
            *(
                "--minimum-gas-prices",
                "0atest",
                "--commit-timeout",
                f"{plan.period}s",
                "--home",
                str(made / "home"),
            ),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        if done.returncode:
            raise NetworkFailed(f"{' '.join(command)} failed:\n{done.stderr[-1500:]}")
        for seat in plan.seats:
            _set_up(plan, seat, self._made(plan, seat))
            self.fresh(plan, seat)

    def fresh(self, plan: Plan, seat: Seat) -> None:
        shutil.copytree(self._made(plan, seat), plan.home(seat))

    def command(self, plan: Plan, seat: Seat) -> Command:
        flags = ["--home", str(plan.home(seat)), "--chain-id", COSMOS_ID, "--pruning", "nothing"]
        fees = ["--minimum-gas-prices", "0atest", "--json-rpc.api", "eth,net,web3", "--log_no_color"]
        return Command([plan.binary, "start", *flags, *fees], cwd=plan.folder)

    def mending(self, plan: Plan, seat: Seat) -> None:
        return None

    def engine(self, plan: Plan) -> Engine:
        found = geth.described(plan, FeePolicy.ONE_WEI, Finality())
        return replace(found, chain_id=EVM_ID, charging=Charging.HALF_LIMIT)

    @staticmethod
    def _made(plan: Plan, seat: Seat) -> Path:
        return plan.folder / "made" / f"node{seat.number}" / "evmd"


def _set_up(plan: Plan, seat: Seat, home: Path) -> None:
    """Ports, neighbours, mempool and fees in the files that init-files wrote."""
    config, app, genesis = (home / "config" / name for name in ("config.toml", "app.toml", "genesis.json"))
    text = config.read_text()
    text = re.sub(
        r'(?m)^laddr = "tcp://[^"]*:266\d\d"', f'laddr = "tcp://127.0.0.1:{seat.more["comet"]}"', text
    )
    text = re.sub(r'(?m)^laddr = "tcp://[^"]*:166\d\d"', f'laddr = "tcp://127.0.0.1:{seat.p2p}"', text)
    text = re.sub(r'(?m)^type = "flood"', 'type = "app"', text)
    text = re.sub(r'(?m)^persistent_peers = ".*"', f'persistent_peers = "{_peers(plan, seat, text)}"', text)
    config.write_text(text)
    values = {
        "api": {"enable": "false"},
        "grpc": {"address": f'"127.0.0.1:{seat.more["grpc"]}"'},
        "grpc-web": {"enable": "false"},
        "telemetry": {"enabled": "false"},
        "evm": {"geth-metrics-address": f'"127.0.0.1:{seat.more["geth_metrics"]}"'},
        "evm.mempool": {
            "price-limit": "1",
            "account-slots": str(geth.POOL),
            "account-queue": str(geth.POOL),
        },
        "json-rpc": {
            "address": f'"127.0.0.1:{seat.rpc}"',
            "ws-address": f'"127.0.0.1:{seat.more["ws"]}"',
            "metrics-address": f'"127.0.0.1:{seat.more["metrics"]}"',
            "gas-cap": str(plan.block_gas),
        },
    }
    app.write_text(_with_values(app.read_text(), values))
    document = json.loads(genesis.read_text())
    document["app_state"]["feemarket"]["params"].update(no_base_fee=True, base_fee="0.000000000000000000")
    document["consensus"]["params"]["block"]["max_gas"] = str(plan.block_gas)
    genesis.write_text(json.dumps(document))


def _peers(plan: Plan, seat: Seat, text: str) -> str:
    """The others' node ids at the doors that lead there; init-files numbers the ports from 16656 on."""
    found = re.search(r'(?m)^persistent_peers = "(.*)"', text)
    listed = found[1].split(",") if found else []
    numbered = {int(one.rsplit(":", 1)[1]) - 16_656: one.split("@")[0] for one in listed if one}
    return ",".join(f"{id_}@127.0.0.1:{seat.doors[number]}" for number, id_ in sorted(numbered.items()))


def _with_values(text: str, values: dict[str, dict[str, str]]) -> str:
    """TOML text with values replaced by table and key; what is not there stays away."""
    lines, table = [], ""
    for line in text.splitlines():
        if found := re.match(r"\[([^\]]+)\]", line):
            table = found[1]
        key = line.split("=")[0].strip()
        if "=" in line and not line.startswith("#") and key in values.get(table, {}):
            line = f"{key} = {values[table][key]}"
        lines.append(line)
    return "\n".join(lines) + "\n"
