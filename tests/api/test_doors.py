"""`goldticket serve` with several processes, on a real node (slow).

given a gateway of three processes
    when requests come on connections of their own
        it should carry all of it out, whichever process took it, and tell it on every stream, whichever serves that
    when a process that answers is killed in the middle
        it should put another in its place, and answer who asks again with the first answer
    when it is ended
        it should leave no process behind
    when the process in the middle is killed
        it should leave no process behind either
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("pyrevm")

from ledger.book.db import SqlBook
from ledger.ids import to_hex
from ledger.records import Leg
from tests.api.office import child
from tests.support.actors import LANGONG, WANYUE, WUZE
from tests.support.mined import mined_world
from tests.support.node_evm import start_node
from tests.support.served import prepared, serving, until

OFFERS = 8


class Served:
    """A gateway that runs. `process`: the one in the middle."""

    def __init__(
        self, process: subprocess.Popen[str], url: str, keys: dict[int, str], ticket: str, dsn: str
    ) -> None:
        self.process, self.url, self.keys, self.ticket, self.dsn = process, url, keys, ticket, dsn
        until(lambda: self.get("/ready").get("lag") == 0)

    @property
    def doors(self) -> set[int]:
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return {int(word) for task in tasks for word in (task / "children").read_text().split()}

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.url}/v1{path}", timeout=60, trust_env=False).json()

    def post(self, party: int, path: str, body: Any, key: str) -> Any:
        """On a connection of its own; asked again, as clients do, when the answer is lost."""
        headers = {"Authorization": f"Bearer {self.keys[party]}", "Idempotency-Key": key}
        for _ in range(5):
            try:
                answer = httpx.post(
                    f"{self.url}/v1{path}", json=body, headers=headers, timeout=60, trust_env=False
                )
            except httpx.TransportError:
                continue
            assert answer.status_code == 201, answer.text
            return answer.json()
        raise AssertionError("no answer")

    def offer(self, number: int) -> list[str]:
        body = {"ticket": self.ticket, "children": [child(WANYUE, WUZE, 2_000_000)]}
        act = self.post(WANYUE.id, "/offers", body, f"offer-{number}")
        for party in (WANYUE, WUZE):
            self.post(party.id, f"/acts/{act['id']}/sign", {}, f"sign-{number}-{party.id}")
        return [leg["id"] for leg in act["legs"]]

    def states(self, legs: list[str]) -> set[str]:
        with closing(SqlBook(self.dsn)) as book:
            return {
                leg.state for leg in book.read(lambda s: s.find(Leg, id=[bytes.fromhex(x[2:]) for x in legs]))
            }

    def told_final(self, final: set[str]) -> None:
        """Fills itself from a stream until that ends."""
        headers = {"Authorization": f"Bearer {self.keys[WUZE.id]}", "Accept": "text/event-stream"}
        with httpx.stream(
            "GET", f"{self.url}/v1/acts/stream", headers=headers, timeout=60, trust_env=False
        ) as told:
            final.add("begun")
            for line in told.iter_lines():
                if line.startswith("data: "):
                    legs = json.loads(line[6:])["legs"]
                    final.update(leg["leg"] for leg in legs if leg["state"] == "final")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    dsn = f"sqlite:///{tmp_path / 'home' / 'book.sqlite'}"
    with start_node("anvil", tmp_path / "anvil") as node, mined_world(node) as world:
        ticket = to_hex(world.issue(LANGONG, WANYUE))
        settings, keys = prepared(tmp_path / "home", node, world, dsn, (WANYUE, WUZE))
        with serving({**settings, "GOLDTICKET_PROCESSES": "3"}, tmp_path / "home") as (process, url):
            yield Served(process, url, keys, ticket, dsn)


@pytest.mark.slow
def test_several_processes_are_one_gateway(served: Served) -> None:
    first = served.doors
    assert len(first) == 2
    legs = []
    for number in range(OFFERS):
        if number == OFFERS // 2:
            os.kill(min(first), signal.SIGKILL)
        legs += served.offer(number)
    assert served.offer(0) == legs[:1]
    until(lambda: len(served.doors) == 2 and served.doors != first)
    final: list[set[str]] = [set(), set(), set(), set()]
    for one in final:
        threading.Thread(target=quietly, args=(served.told_final, one), daemon=True).start()
    until(lambda: all(final))
    late = [leg for number in range(4) for leg in served.offer(OFFERS + number)]
    until(lambda: all(set(late) <= one for one in final))
    until(lambda: served.states([*legs, *late]) == {"final"})
    doors = served.doors
    served.process.terminate()
    assert served.process.wait(60) == 0
    assert not any(map(alive, doors))


@pytest.mark.slow
def test_nobody_is_left_behind(served: Served) -> None:
    doors = served.doors
    served.process.kill()
    until(lambda: not any(map(alive, doors)), 20)


def quietly(work: Any, *args: Any) -> None:
    try:
        work(*args)
    except httpx.TransportError:
        return


def alive(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
