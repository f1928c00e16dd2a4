"""GoQuorum nodes on loopback, from the files that `goldticket network init` wrote."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from ledger.chain.genesis_files import Network, write_network
from ledger.chain.genesis_seats import make_seat, read_seat


def free_ports(count: int) -> list[int]:
    with ExitStack() as open_:
        sockets = [open_.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Quorum:
    """`names`: the organisations; those in `followers` make no blocks. Stops everything when it is left."""

    def __init__(
        self, binary: str, folder: Path, names: tuple[str, ...], followers: tuple[str, ...] = ()
    ) -> None:
        self.names, self._binary, self._folder = names, binary, folder
        ports = free_ports(2 * len(names))
        self.rpc = {name: f"http://127.0.0.1:{port}" for name, port in zip(names, ports, strict=False)}
        files = [
            make_seat(folder / name, name, "127.0.0.1", port, validates=name not in followers)[1]
            for name, port in zip(names, ports[len(names) :], strict=True)
        ]
        self.network = Network(20261, tuple(read_seat(file) for file in files))
        write_network(self.network, folder / "network")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Quorum:
        for name in self.names:
            self.start(name)
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.processes):
            self.kill(name)

    def address(self, name: str) -> str:
        return next(seat.address for seat in self.network.seats if seat.name == name)

    def start(self, name: str) -> None:
        home, files = self._folder / name, self._folder / "network" / name
        data, rpc = home / "data", self.rpc[name].rpartition(":")[2]
        port = next(seat.port for seat in self.network.seats if seat.name == name)
        env = {**os.environ, "PRIVATE_CONFIG": "ignore"}
        log = (home / "log").open("ab")
        if not data.exists():
            data.mkdir()
            shutil.copy(files / "static-nodes.json", data / "static-nodes.json")
            init = [self._binary, "--datadir", data, "init", files / "genesis.quorum.json"]
            subprocess.run(init, check=True, env=env, stdout=log, stderr=log, timeout=60)
        words: list[Any] = [
            self._binary,
            "--datadir",
            data,
            "--nodekey",
            home / "nodekey",
            "--networkid",
            20261,
        ]
        words += [
            "--port",
            port,
            "--nat",
            "none",
            "--netrestrict",
            "127.0.0.0/8",
            "--nodiscover",
            "--ipcdisable",
        ]
        words += [
            "--http",
            "--http.addr",
            "127.0.0.1",
            "--http.port",
            rpc,
            "--http.api",
            "eth,net,web3,istanbul",
        ]
        words += [
            "--mine",
            "--miner.gasprice",
            0,
            "--txpool.pricelimit",
            0,
            "--syncmode",
            "full",
            "--gcmode",
            "archive",
        ]
        words += ["--cache", 64, "--emitcheckpoints"]
        self.processes[name] = subprocess.Popen(
            [str(word) for word in words], env=env, stdout=log, stderr=log
        )
        log.close()

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait(30)

    def ask(self, name: str, method: str, *params: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        try:
            return httpx.post(self.rpc[name], json=body, timeout=5, trust_env=False).json().get("result")
        except httpx.HTTPError:
            return None

    def height(self, name: str) -> int:
        return int(self.ask(name, "eth_blockNumber") or "0x0", 16)
