"""Two `goldticket serve` on one PostgreSQL and one node, under load; one of the three is killed (slow).

given offers that come to both in turn
    when one process is killed in the middle, or the database's power is cut and comes back
        it should lose nothing that was answered: all of it is carried out, once, and book, rebuild and storage agree;
        who was answered 503 sends the same again
"""

from __future__ import annotations

import signal
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("pyrevm")

from ledger.book.db import SqlBook
from ledger.ids import to_hex
from ledger.records import Leg, Transaction
from ledger.settings import Settings
from ledger.wiring import open_app
from ledger.work.verify import verify
from tests.api.office import child
from tests.postgres.conftest import Server
from tests.support.actors import LANGONG, WANYUE, WUZE
from tests.support.mined import mined_world
from tests.support.node_evm import start_node
from tests.support.served import prepared, serving, until

OFFERS = 24


@pytest.mark.slow
@pytest.mark.parametrize("dies", ["a gateway", "the database"])
def test_one_is_killed_the_others_go_on(dies: str, server: Server, tmp_path: Path) -> None:
    dsn = server.database("processes")
    home = tmp_path / "home"
    with start_node("anvil", tmp_path / "anvil") as node, mined_world(node) as world:
        ticket = to_hex(world.issue(LANGONG, WANYUE))
        settings, keys = prepared(home, node, world, dsn, (WANYUE, WUZE))
        legs = load(settings, home, ticket, keys, server if dies == "the database" else None)
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


def load(
    settings: dict[str, str], home: Path, ticket: str, keys: dict[int, str], database: Server | None
) -> list[bytes]:
    """Offers to both in turn; half way the database's power is cut, or, without one, the first process killed. All
    legs, when the second one has them final."""
    legs: list[bytes] = []
    with (
        serving(settings, home) as (process, one),
        serving(settings, home) as (_, other),
        httpx.Client(timeout=60, trust_env=False) as client,
    ):

        def post(url: str, party: int, path: str, body: Any, key: str) -> Any:
            headers = {"Authorization": f"Bearer {keys[party]}", "Idempotency-Key": key}
            answer = client.post(f"{url}/v1{path}", json=body, headers=headers)
            while answer.status_code == 503:
                assert answer.json()["code"] == "book-unavailable"
                time.sleep(0.2)
                answer = client.post(f"{url}/v1{path}", json=body, headers=headers)
            assert answer.status_code == 201, answer.text
            return answer.json()

        until(lambda: client.get(f"{other}/v1/ready").json()["lag"] == 0)
        for at in range(OFFERS):
            if at == OFFERS // 2 and database is None:
                process.send_signal(signal.SIGKILL)
            if at == OFFERS // 2 and database is not None:
                database.stop(now=True)
                back = threading.Timer(2, database.start)
                back.start()
            url = other if at % 2 or (at >= OFFERS // 2 and database is None) else one
            body = {"ticket": ticket, "children": [child(WANYUE, WUZE, 2_000_000)]}
            act = post(url, WANYUE.id, "/offers", body, f"offer-{at}")
            for party in (WANYUE, WUZE):
                post(url, party.id, f"/acts/{act['id']}/sign", {}, f"sign-{at}-{party.id}")
            legs += [bytes.fromhex(leg["id"][2:]) for leg in act["legs"]]
        with closing(SqlBook(settings["GOLDTICKET_DSN"])) as book:
            until(lambda: {leg.state for leg in book.read(lambda s: s.find(Leg, id=legs))} == {"final"})
    return legs
