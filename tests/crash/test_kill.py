"""The same with real processes: gateways that share one book are killed with SIGKILL, on a real node with blocks of a
second.

given two gateways on one book that are killed and started again at any time
    every act should take effect once, every retry get the first answer, and verify be clean
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ledger import typed
from ledger.acts import act_id
from ledger.addresses import parse_address
from ledger.book.db import SqlBook
from ledger.chain.contract import GoldTicketChain
from ledger.chain.engine import Engine
from ledger.chain.nodes import NodeOptions, start_node
from ledger.chain.rpc import Rpc
from ledger.ids import keccak256
from ledger.records import Act, Log, Transaction
from ledger.signatures import HeldKeys
from ledger.typed import Domain
from ledger.users import create_user
from ledger.work.verify import verify
from tests.support import postgres
from tests.support.actors import LANGONG, SUHENG, WANYUE, WUZE, XICHUAN
from tests.support.both import PARTIES
from tests.support.memory import MemoryBook
from tests.support.node_evm import world_on

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
SHARE = 1_000_000
ACTS = 80
KILLS = 10
RELAYERS = [keccak256(f"gold ticket development key: killed {i}".encode()) for i in range(2)]
PATIENCE = 120


class Child:
    """One process, and what it has answered."""

    def __init__(self, file: Path) -> None:
        command = [sys.executable, "-m", "tests.support.crash.child", str(file)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                if line.endswith("\n"):
                    self.lines.append(line.strip())

    def begun(self) -> None:
        """Waits until it is at work."""
        while not self.lines:
            assert self.process.poll() is None
            time.sleep(0.02)

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join()

    @property
    def answers(self) -> Iterator[tuple[str, str]]:
        for line in self.lines:
            if line.startswith("answer "):
                _, act, what, body = line.split()
                yield f"{act} {what}", body


@pytest.fixture(params=["sqlite", *(["postgresql"] if postgres.SERVER else [])])
def dsn(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/book.db"
    else:
        with postgres.database() as found:
            yield found


def wishes(world: Any) -> list[dict[str, Any]]:
    """Offers out of several issuances, so that both keys have something to do."""
    holders = [(who, world.issue(LANGONG, who)) for who in (WANYUE, SUHENG) * 4]
    found = []
    for number in range(ACTS):
        (holder, ticket), receiver = holders[number % len(holders)], (WUZE, XICHUAN)[number % 2]
        child = {"to": receiver.id, "value": SHARE, "trade": world.salt(), "salt": world.salt()}
        message = world.message("Offer", ticket=ticket, version=0, children=[child])
        found.append(
            {
                "kind": "Offer",
                "act": act_id(world.domain, "Offer", message).hex(),
                "message": typed.message_to_json("Offer", message),
                "party": holder.id,
                "signers": [str(holder.id), str(receiver.id)],
            }
        )
    return found


def test_killed_gateways_lose_and_double_nothing(tmp_path: Path, dsn: str) -> None:
    rng = Random(5)
    with start_node("anvil", tmp_path / "chain", options=NodeOptions(block_time=1)) as node:
        for address in HeldKeys(*RELAYERS).addresses:
            node.set_balance(address, 10**24)
        with world_on(node) as world:
            wanted = wishes(world)
            given = {
                "url": node.url,
                "chain": world.domain.chain_id,
                "address": world.domain.address,
                "salt": world.domain.salt.hex(),
                "first": 1,
                "dsn": dsn,
                "relayers": [key.hex() for key in RELAYERS],
                "wishes": wanted,
            }
            file = tmp_path / "given.json"
            file.write_text(json.dumps(given))
            _open_desks(dsn)
            children = _live_and_die(file, rng)
            _check(given, children, wanted, Engine("test", (node.url,), node.chain_id, development=True))


def _open_desks(dsn: str) -> None:
    def work(store: Any) -> None:
        for party in PARTIES.values():
            address = parse_address(party.sole.address)
            create_user(store, party.id, party.name, ["maker", "checker"], address, 0)

    with closing(SqlBook(dsn)) as book:
        book.write(work)


def _live_and_die(file: Path, rng: Random) -> list[Child]:
    running, all_ = [Child(file), Child(file)], []
    all_ += running
    try:
        for _ in range(KILLS):
            victim = rng.randrange(2)
            running[victim].begun()
            time.sleep(rng.uniform(0.0, 1.5))
            running[victim].kill()
            running[victim] = Child(file)
            all_.append(running[victim])
        end = time.monotonic() + PATIENCE
        for child in running:
            try:
                child.process.wait(max(1.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                pytest.fail(f"not done within {PATIENCE} s: {child.lines[-3:]}")
            child.reader.join()
            assert child.lines[-1] == "done", child.lines[-3:]
    finally:
        for child in running:
            child.process.kill()
            child.process.wait()
    return all_


def _check(given: dict[str, Any], children: list[Child], wanted: list[Any], engine: Engine) -> None:
    first: dict[str, str] = {}
    for key, body in (answer for child in children for answer in child.answers):
        assert first.setdefault(key, body) == body, key
    assert len(first) == 3 * ACTS
    with closing(SqlBook(given["dsn"])) as book, closing(Rpc(engine.urls)) as rpc:
        domain = Domain(given["chain"], given["address"], bytes.fromhex(given["salt"]))
        chain = GoldTicketChain(rpc, engine, domain, HeldKeys())
        report = verify(book, MemoryBook(), chain, given["first"])
        assert report.clean, report.differences
        logs = book.read(lambda store: store.find(Log, name="Transferred"))
        assert len(logs) == ACTS
        acts = book.read(lambda store: store.find(Act, kind="Offer"))
        assert {act.id.hex() for act in acts} == {wish["act"] for wish in wanted}
        sent = book.read(lambda store: store.find(Transaction))
        assert {t.state for t in sent} <= {"mined", "replaced"}
        assert len({t.relayer for t in sent}) == 2
    killed = sum(child.process.returncode == -signal.SIGKILL for child in children)
    assert killed >= KILLS // 2, "too few were still at work"
