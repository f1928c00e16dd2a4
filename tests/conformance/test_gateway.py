"""A gateway on this network: the journey of a ticket, verified and recounted, from one node or from all.

given a ledger that others act on as well
├── when a ticket is issued, split to several, passed on, financed, funded and paid through the gateway
│   ├── it should all become final, each once, with the sums of the chain
│   ├── it should refuse what the chain would refuse, and say why
│   └── it should adopt what others relayed
├── verify should find book, rebuild and storage alike
└── scripts/recount should find nothing different
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.acts import State
from ledger.chain.engine import Engine
from ledger.chain.rpc import Rpc
from ledger.ids import child_id, new_salt
from ledger.records import Leg, Ticket
from tests.support.actors import HUAIYUE, LANGONG, LANWAN, SUHENG, WANYUE, WUZE, YONGTUO
from tests.support.gateway import Gateway
from tests.support.remote_gateway import RemoteGateway
from tests.support.world import FACE, World

RECOUNT = Path(__file__).resolve().parents[2] / "scripts" / "recount"
PART = FACE // 8


@pytest.fixture(scope="module")
def gateway(world: World, engine: Engine) -> Iterator[Gateway]:
    with closing(Rpc(engine.urls, chain_id=engine.chain_id, depth=engine.finality.confirmations)) as rpc:
        yield RemoteGateway(world, engine, rpc, first=1)


@pytest.fixture(scope="module")
def ticket(gateway: Gateway, world: World) -> bytes:
    """An issuance through the gateway, on this network's dates."""
    terms = {
        "debtor": LANGONG.id,
        "supplier": WANYUE.id,
        "clearingBank": HUAIYUE.id,
        "face": FACE,
        "contractualDue": world.contractual_due,
        "due": world.due,
        "transferableUntil": world.transferable_until,
        "grace": 86_400,
        "depth": 10,
        "minimum": 4,
        "interest": 0,
        "undertaking": new_salt(),
        "invoices": [{"fingerprint": new_salt(), "total": FACE, "amount": FACE}],
    }
    act = gateway.carry_out("Issue", terms, LANGONG, WANYUE)
    return act.id[:16] + bytes(16)


def test_issued_split_and_passed_on(gateway: Gateway, ticket: bytes) -> None:
    offer = gateway.offer(WANYUE, ticket, (SUHENG, PART), (YONGTUO, PART), (WUZE, 2 * PART))
    for receiver in (SUHENG, YONGTUO, WUZE):
        gateway.sign(receiver, offer)
    gateway.settle()
    values = [gateway.ticket(child_id(ticket, offer.id, n)).value for n in range(3)]
    assert values == [PART, PART, 2 * PART]
    assert gateway.ticket(ticket).value == FACE - 4 * PART
    deeper = gateway.offer(WUZE, child_id(ticket, offer.id, 2), (SUHENG, PART))
    gateway.sign(SUHENG, deeper)
    gateway.settle()
    assert gateway.state(child_id(child_id(ticket, offer.id, 2), deeper.id, 0)) == State.FINAL


def test_a_child_signed_before_its_parent_is_mined(gateway: Gateway, ticket: bytes) -> None:
    first = gateway.offer(WANYUE, ticket, (SUHENG, PART))
    gateway.sign(SUHENG, first)
    gateway.settle()
    child = child_id(ticket, first.id, 0)
    second = gateway.offer(SUHENG, child, (YONGTUO, PART // 2))
    gateway.sign(YONGTUO, second)
    gateway.settle()
    assert gateway.ticket(child).value == PART - PART // 2


def test_many_at_once(gateway: Gateway, ticket: bytes) -> None:
    offers = [gateway.offer(WANYUE, ticket, (SUHENG, 10_000)) for _ in range(30)]
    for offer in offers:
        gateway.sign(SUHENG, offer)
    gateway.settle()
    legs = gateway.book.read(lambda store: [store.find(Leg, act=offer.id)[0].state for offer in offers])
    assert set(legs) == {str(State.FINAL)}


def test_what_others_relayed_is_adopted(gateway: Gateway, world: World, ticket: bytes) -> None:
    direct = world.offer(WANYUE, ticket, [(WUZE, PART)])
    world.send(direct.transfer(direct.accept(WUZE))).expect()

    def there() -> bool:
        return gateway.book.read(lambda store: store.get(Ticket, direct.child(0))) is not None

    gateway.until(there, "the act is adopted")  # type: ignore[attr-defined]
    assert gateway.ticket(direct.child(0)).party == WUZE.id


def test_financed_and_paid(gateway: Gateway, world: World, ticket: bytes) -> None:
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    world.release(lock)
    world.fund((ticket, FACE))
    world.pay_out((lock, PART))

    def paid() -> bool:
        found = gateway.book.read(lambda store: store.get(Ticket, lock))
        return found is not None and found.taken == PART

    gateway.until(paid, "the pay-out is in the book")  # type: ignore[attr-defined]


def test_verify(gateway: Gateway, ticket: bytes) -> None:
    gateway.settle()
    report = gateway.verify()
    assert report.differences == ()
    assert report.words > 100


def test_recount(world: World, engine: Engine) -> None:
    command = [sys.executable, str(RECOUNT), "--rpc", engine.urls[0], "--address", world.address, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["differences"] in (0, [])
