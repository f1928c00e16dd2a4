"""A whole gateway on a ganache that falls back behind what was answered.

given acts that are final, and a node that then has neither their blocks nor anything of them
    it should drive them again, in their order, and verify should be clean
given a pay-out among what is lost
    it should let the line that it paid wait again, and no other
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ledger.acts import State
from ledger.chain.deploy import Genesis
from ledger.money import Fen
from ledger.records import Act, Leg, Opening, ReturnedLine, SignedBytes, Transaction, User
from ledger.settings import Settings
from ledger.users import create_user
from ledger.wiring import App, deploy_genesis, open_app, open_keystore
from ledger.work.redrive import unsettle
from ledger.work.verify import verify
from tests.support.actors import HUAIYUE, LANGONG, LANWAN
from tests.support.memory import MemoryStore

BANK, CORE = 1, 3


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    settings = Settings(home=tmp_path, passphrase=SecretStr("for tests only"), light_keys=True, relayers=2)
    keystore = open_keystore(settings)
    keys = [keystore.create() for _ in range(3)]
    seeds: list[dict[str, Any]] = [
        {
            "uscc": party.uscc,
            "roles": int(party.roles),
            "clearingBank": named,
            "profile": bytes(32),
            "keys": [{"key": key, "right": 3}],
        }
        for party, named, key in ((HUAIYUE, 2, keys[0]), (LANWAN, 1, keys[1]), (LANGONG, 1, keys[2]))
    ]
    deploy_genesis(settings, Genesis(seeds, [1, 2], 2))
    with open_app(settings) as opened:
        opened.settle()
        opened.book.write(
            lambda store: create_user(
                store, BANK, "Qiao An", ["maker", "checker"], keys[0], opened.clock.now()
            )
        )
        yield opened


def limit(app: App, amount: int, sequence: int) -> bytes:
    """A limit of the core, signed; the act's id."""

    def work(store: Any) -> bytes:
        [user] = store.find(User, party=BANK)
        message = {"core": CORE, "amount": amount, "expiry": app.clock.now() + 10**7, "sequence": sequence}
        act = app.service.draft(store, user, "SetLimit", message)
        app.service.sign(store, user, act.id, 0)
        return act.id

    return app.book.write(work)


def test_what_the_node_has_lost_is_driven_again(app: App) -> None:
    point = app.rpc.call("evm_snapshot")
    acts = []
    for sequence, amount in enumerate((10**9, 2 * 10**9)):
        acts.append(limit(app, amount, sequence))
        app.settle()
    assert app.rpc.call("evm_revert", point)
    app.settle()
    legs = app.book.read(lambda store: [store.need(Leg, act) for act in acts])
    assert [leg.state for leg in legs] == [State.FINAL] * 2
    assert app.book.read(lambda store: store.need(Opening, CORE)).limit == 2 * 10**9
    with app.fresh_projection() as fresh:
        report = verify(app.book, fresh, app.chain, app.deployment.block)
    assert report.clean, report.differences


def test_a_line_whose_payment_is_lost_waits_again() -> None:
    store, again, other = MemoryStore(), b"\x0a" * 32, b"\x0b" * 32
    for number, ticket in enumerate((again, other)):
        act, message = bytes([number]) * 32, {"lines": [{"ticket": "0x" + ticket.hex()}]}
        store.put(Act(act, "PayOut", message, {}, BANK, "", b"", 0, 0))
        store.put(Leg(act, act, 0, 0, Fen(0), str(State.FINAL), {}, 0, 0))
        store.put(Transaction(act, "r", number, [[act.hex()]], "mined", block=5 + number))
        store.put(SignedBytes(act, b""))
        store.put(ReturnedLine(act, ticket, BANK, Fen(5), "", 0, ended=True))
    assert unsettle(store, 4) == 2
    assert [line.ended for line in store.find(ReturnedLine)] == [False, False]
    store.put(ReturnedLine(bytes(32), again, BANK, Fen(5), "", 0, ended=True))
    store.put(Transaction(bytes(32), "r", 0, [[bytes(32).hex()]], "mined", block=5))
    assert unsettle(store, 5) == 0
    assert store.need(ReturnedLine, bytes(32), again).ended
