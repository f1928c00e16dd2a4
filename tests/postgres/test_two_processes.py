"""Two `goldticket serve` on one PostgreSQL and one node, under load; one is killed with -9 (slow).

given offers that come to both in turn
    when one process is killed in the middle
        it should lose nothing that was answered: the other carries all of it out, once, and book, rebuild and storage
        agree
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("pyrevm")

from ledger.addresses import parse_address
from ledger.book.db import SqlBook
from ledger.chain.deploy import Deployment
from ledger.ids import to_hex
from ledger.keys.keystore import Keystore
from ledger.records import Leg, Transaction
from ledger.settings import Settings
from ledger.users import create_user
from ledger.wiring import open_app
from ledger.work.verify import verify
from tests.api.office import child
from tests.postgres.conftest import Server
from tests.support.actors import LANGONG, WANYUE, WUZE
from tests.support.mined import mined_world
from tests.support.node_evm import start_node

OFFERS = 24


@contextmanager
def serving(env: dict[str, str], home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "api.cli", "serve", "--home", str(home), "--port", "0"]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
    with process:
        try:
            assert process.stdout
            found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
            assert found, (home / "log").read_text()[-2000:]
            yield process, found[0]
        finally:
            process.kill()


@pytest.mark.slow
def test_one_is_killed_the_other_goes_on(server: Server, tmp_path: Path) -> None:
    dsn = server.database("processes")
    home = tmp_path / "home"
    home.mkdir()
    with start_node("anvil", tmp_path / "anvil") as node, mined_world(node) as world:
        ticket = to_hex(world.issue(LANGONG, WANYUE))
        Deployment(node.chain_id, world.address, 1, world.libraries).save(home / "deployment.json")
        (home / "relayer.key").write_text("0b" * 32 + "\n")
        (home / "consortium.key").write_text("0c" * 32 + "\n")
        node.set_balance(node_address("0b" * 32), 10**24)
        keystore = Keystore(home / "keys", "for tests only", light=True)
        settings = {
            "GOLDTICKET_DSN": dsn,
            "GOLDTICKET_ENGINE": "rpc",
            "GOLDTICKET_RPC_URLS": json.dumps([node.url]),
            "GOLDTICKET_PASSPHRASE": "for tests only",
            "GOLDTICKET_LIGHT_KEYS": "true",
        }
        keys: dict[int, str] = {}
        with closing(SqlBook(dsn)) as book:
            for party in (WANYUE, WUZE):
                address = keystore.add(party.sole._secret.secret)
                keys[party.id] = book.write(
                    lambda store, party=party, address=address: create_user(
                        store, party.id, party.title, ["maker", "checker"], parse_address(address), 1
                    )[1]
                )
        env = {**{k: v for k, v in os.environ.items() if not k.startswith("GOLDTICKET_")}, **settings}
        legs = load(env, home, ticket, keys)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            with open_app(Settings(_env_file=None, home=home)) as app, app.fresh_projection() as fresh:
                app.settle()
                found = app.book.read(lambda store: store.find(Leg, id=legs))
                nonces = [
                    t.nonce for t in app.book.read(lambda store: store.find(Transaction, state="mined"))
                ]
                report = verify(app.book, fresh, app.chain, app.deployment.block)
        assert ({leg.state for leg in found}, len(found)) == ({"final"}, OFFERS)
        assert len(set(nonces)) == len(nonces)
        assert report.differences == ()


def load(env: dict[str, str], home: Path, ticket: str, keys: dict[int, str]) -> list[bytes]:
    """Offers to both in turn; the first is killed half way. All legs, when the second one has them final."""
    legs: list[bytes] = []
    with (
        serving(env, home) as (process, one),
        serving(env, home) as (_, other),
        httpx.Client(timeout=60, trust_env=False) as client,
    ):

        def post(url: str, party: int, path: str, body: Any, key: str) -> Any:
            headers = {"Authorization": f"Bearer {keys[party]}", "Idempotency-Key": key}
            answer = client.post(f"{url}/v1{path}", json=body, headers=headers)
            assert answer.status_code == 201, answer.text
            return answer.json()

        until(lambda: client.get(f"{other}/v1/ready").json()["lag"] == 0)
        for at in range(OFFERS):
            if at == OFFERS // 2:
                process.send_signal(signal.SIGKILL)
            url = other if at % 2 or at >= OFFERS // 2 else one
            body = {"ticket": ticket, "children": [child(WANYUE, WUZE, 2_000_000)]}
            act = post(url, WANYUE.id, "/offers", body, f"offer-{at}")
            for party in (WANYUE, WUZE):
                post(url, party.id, f"/acts/{act['id']}/sign", {}, f"sign-{at}-{party.id}")
            legs += [bytes.fromhex(leg["id"][2:]) for leg in act["legs"]]
        with closing(SqlBook(env["GOLDTICKET_DSN"])) as book:
            until(lambda: {leg.state for leg in book.read(lambda s: s.find(Leg, id=legs))} == {"final"})
    return legs


def until(true: Any, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.2)


def node_address(key: str) -> str:
    from ledger.signatures import address_of

    return address_of(bytes.fromhex(key))
