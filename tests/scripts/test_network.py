"""scripts/network, with nodes that only pretend.

given nodes of a network
├── killed, paused, wiped, started again: each should be as it was told to be, the others as before
├── when they stand still on two chains: the heavier should be kept, and nothing untied where chains can't tie
├── commands over the keeper's socket: they should do the same; a wrong token or command should be refused
├── when the keeper is killed: no node should outlive it
├── when `up` is interrupted before they make blocks: no keeper and no node should be left
└── a number that is not there, a folder that is not empty: it should say so
given a program that is not here: it should be one loud line and exit status 3
given links: cut they should hold what comes, healed let it through
given the files that evmd writes: values should be replaced in their tables only
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.engine import Engine, FeePolicy, Finality
from ledger.chain.engine_file import load_engine
from ledger.chain.nodes.recipes import Command
from scripts.networks import control, geth
from scripts.networks.cometbft import _with_values
from scripts.networks.keeper import Network
from scripts.networks.links import Links
from scripts.networks.plan import BinaryMissing, NetworkFailed, Plan, Seat, free_ports
from scripts.networks.recipes import RECIPES
from scripts.networks.ties import Tip, kept_of, tied, untie

ROOT = Path(__file__).resolve().parents[2]
STUB = """
import http.server, json, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        said = {"eth_blockNumber": hex(int((time.time() % 10**6) * 10)), "net_peerCount": "0x3"}[asked["method"]]
        body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": said}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


class Pretended:
    """A kind of network whose nodes only count."""

    name = "pretended"
    ports: tuple[str, ...] = ()
    relayer = ""
    kept: tuple[str, ...] = ("signed",)

    def binary(self, given: str | None) -> str:
        return sys.executable

    def prepare(self, plan: Plan) -> None:
        for seat in plan.seats:
            self.fresh(plan, seat)

    def fresh(self, plan: Plan, seat: Seat) -> None:
        plan.home(seat).mkdir(parents=True)

    def command(self, plan: Plan, seat: Seat) -> Command:
        return Command([plan.binary, "-c", STUB, str(seat.rpc)], cwd=plan.folder)

    def mending(self, plan: Plan, seat: Seat) -> None:
        return None

    def engine(self, plan: Plan) -> Engine:
        return geth.described(plan, FeePolicy.ZERO, Finality())


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with Network.up(Pretended(), tmp_path / "network", validators=2) as found:
        yield found


def doing(network: Network) -> list[str]:
    return [state.doing for state in network.states()]


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_nodes_do_as_they_are_told(network: Network) -> None:
    assert load_engine(network.plan.folder / "engine.toml") == network.engine
    assert Plan.load(network.plan.folder) == network.plan
    network.kill(0)
    assert doing(network) == ["down", "running"]
    network.start(0)
    network.pause(1)
    assert doing(network) == ["running", "paused"]
    assert network.state(1).height is None
    network.start(1)
    assert doing(network) == ["running", "running"]
    home = network.plan.home(network.seats[0])
    (home / "signed").write_text("17")
    (home / "blocks").write_text("many")
    network.wipe(0)
    assert sorted(file.name for file in home.iterdir()) == ["signed"]
    assert doing(network) == ["down", "running"]
    network.start_all()
    network.wait_for_blocks(1, within=10)
    pids = [state.pid for state in network.states()]
    network.pause(0)
    network.down()
    assert all(map(gone, pids))


def test_what_cannot_be_should_be_said(network: Network, tmp_path: Path) -> None:
    with pytest.raises(NetworkFailed, match="there is no node 2: they are 0 to 1"):
        network.kill(2)
    with pytest.raises(NetworkFailed, match="start it with --cuttable"):
        network.part([0], [1])
    with pytest.raises(NetworkFailed, match=r"nothing to untie: pretended agrees .* only Clique can tie"):
        untie(network)
    network.kill(0)
    with pytest.raises(NetworkFailed, match="node 0 does not run"):
        network.pause(0)
    with pytest.raises(NetworkFailed, match="is not empty"):
        Network.up(Pretended(), network.plan.folder)
    with pytest.raises(NetworkFailed, match="there is no network in"):
        Plan.load(tmp_path)
    with pytest.raises(NetworkFailed, match="no network runs in"):
        control.ask(network.plan.folder, "status")


def test_which_chain_is_kept() -> None:
    """The heaviest; of equals the one with more nodes, then the lower one, as geth prefers."""

    def ends(*those: tuple[str, int, int]) -> list[Tip]:
        return [Tip(number, "", height, name, weight) for number, (name, height, weight) in enumerate(those)]

    alone = ends(("a", 9, 15), ("a", 9, 15))
    assert not tied(alone)
    assert not tied([])
    lighter = ends(("a", 9, 15), ("a", 9, 15), ("b", 8, 16))
    assert not tied(lighter)
    assert kept_of(lighter).hash == "b"
    assert not tied(ends(("a", 9, 15), ("b", 8, 14), ("c", 8, 14)))
    equal = ends(("a", 9, 15), ("a", 9, 15), ("b", 8, 15))
    assert tied(equal)
    assert kept_of(equal).hash == "a"
    assert kept_of(ends(("a", 9, 15), ("b", 8, 15))).hash == "b"


def test_commands_over_the_socket(network: Network) -> None:
    folder = network.plan.folder
    thread = threading.Thread(target=control.serve, args=(network,))
    thread.start()
    while not (folder / control.FILE).exists() or not (folder / control.FILE).read_text():
        time.sleep(0.01)
    assert (folder / control.FILE).stat().st_mode & 0o77 == 0
    control.ask(folder, "kill", number=0)
    assert [state.doing for state in control.states(folder)] == ["down", "running"]
    with pytest.raises(NetworkFailed, match="is no command"):
        control.ask(folder, "explode")
    with pytest.raises(NetworkFailed, match="there is no node 9"):
        control.ask(folder, "kill", number=9)
    kept = (folder / control.FILE).read_text()
    (folder / control.FILE).write_text(kept.replace('"token": "', '"token": "x'))
    with pytest.raises(NetworkFailed, match="token"):
        control.ask(folder, "down")
    (folder / control.FILE).write_text(kept)
    control.ask(folder, "down")
    thread.join(10)
    assert not thread.is_alive()


def test_no_node_should_outlive_its_keeper(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from scripts.networks.keeper import Network;"
        "from tests.scripts.test_network import Pretended;"
        f"n = Network.up(Pretended(), Path({str(tmp_path / 'n')!r}), validators=2);"
        "print(*[s.pid for s in n.states()], flush=True); time.sleep(60)"
    )
    keeper = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert keeper.stdout is not None
    with keeper.stdout as lines:
        pids = [int(word) for word in lines.readline().split()]
    assert len(pids) == 2
    os.kill(keeper.pid, signal.SIGKILL)
    keeper.wait()
    assert all(map(gone, pids))


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_of_an_up_that_was_interrupted(with_signal: signal.Signals, tmp_path: Path) -> None:
    program, pids = tmp_path / "quorum-geth", tmp_path / "pids"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *" init "*) exit 0 ;; esac\necho $$ $PPID >> {pids}\nexec sleep 60\n'
    )
    program.chmod(0o755)
    command = [sys.executable, "-m", "scripts.networks", "up", "--engine", "goquorum", "--validators", "1"]
    command += ["--binary", str(program), "--folder", str(tmp_path / "n")]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as up:
        while not pids.exists() or not pids.read_text().endswith("\n"):
            assert up.poll() is None, up.communicate()
            time.sleep(0.05)
        [keeper] = Path(f"/proc/{up.pid}/task/{up.pid}/children").read_text().split()
        up.send_signal(with_signal)
        assert up.wait(40) == 128 + with_signal
    assert all(gone(int(pid)) for pid in (keeper, *pids.read_text().split()))


@pytest.mark.parametrize("name", ["qbft", "goquorum", "cometbft"])
def test_a_program_that_is_not_here(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("GOLDTICKET_BESU", "GOLDTICKET_QUORUM_GETH", "GOLDTICKET_EVMD"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BinaryMissing, match=r"install .*, name it with --binary, or set GOLDTICKET_"):
        RECIPES[name].binary(None)
    command = [
        sys.executable,
        "-m",
        "scripts.networks",
        "up",
        "--engine",
        name,
        "--folder",
        str(tmp_path / "n"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert f"*** SKIPPED: {name} was not started. install" in done.stderr


def test_a_keeper_that_fails_is_one_line(tmp_path: Path) -> None:
    program = tmp_path / "quorum-geth"
    program.write_text("#!/bin/sh\nexit 0\n")  # not executable
    command = [sys.executable, "-m", "scripts.networks", "up", "--engine", "goquorum"]
    command += ["--binary", str(program), "--folder", str(tmp_path / "n"), "--validators", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "the network did not start: PermissionError" in done.stderr
    assert "n.keeper.log" in done.stderr


def test_links_hold_and_let_go() -> None:
    door, target = free_ports(2)
    with socket.create_server(("127.0.0.1", target)) as listener:
        links = Links({(0, 1): (door, target)})
        try:
            with socket.create_connection(("127.0.0.1", door)) as there:
                here, _ = listener.accept()
                with here:
                    here.settimeout(0.3)
                    there.sendall(b"one")
                    assert here.recv(10) == b"one"
                    links.part([0], [1])
                    time.sleep(0.05)
                    there.sendall(b"two")
                    with pytest.raises(TimeoutError):
                        here.recv(10)
                    links.heal()
                    here.settimeout(5)
                    assert here.recv(10) == b"two"
        finally:
            links.close()


def test_values_in_their_tables_only() -> None:
    text = "[a]\nenable = true\n# enable = x\n[b.c]\nenable = true\nport = 1\n"
    changed = _with_values(text, {"b.c": {"enable": "false", "absent": "1"}})
    assert changed == "[a]\nenable = true\n# enable = x\n[b.c]\nenable = false\nport = 1\n"
