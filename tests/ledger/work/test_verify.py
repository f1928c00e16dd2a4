"""Book, rebuild and chain held against one another, and the signed report of it.

given a book that says what the chain says
    it should find no difference and give the sums
given a record that was changed, left out or added
    it should name it
given blocks that come while it looks
    it should judge the block at which it began
given a node that is another one afterwards
    it should say so
given a signed report
    it should say who has signed it, and refuse one that was changed since
given ranges with many events, or too many for the node
    it should read fewer blocks at once
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.nodes import NodeUnreachable
from ledger.ids import keccak256
from ledger.ports import Block
from ledger.records import Cursor, Ticket
from ledger.signatures import HeldKeys
from ledger.work import blocks, report
from ledger.work.report import NoReport
from ledger.work.verify import rebuild
from tests.support.actors import HUAIYUE, LANGONG, WANYUE, WUZE
from tests.support.evm_chain import START
from tests.support.gateway import Gateway
from tests.support.memory import MemoryBook
from tests.support.world import FACE

SHARE = 10_000_000
KEY = keccak256(b"gold ticket development key: reporter")


@pytest.fixture
def ticket(gateway: Gateway) -> bytes:
    found = gateway.issue(LANGONG, WANYUE, HUAIYUE)
    act = gateway.offer(WANYUE, found, (WUZE, SHARE))
    gateway.sign(WUZE, act)
    gateway.settle()
    return found


def test_a_clean_book(gateway: Gateway, ticket: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.work.verify.PAGE", 3)
    found = gateway.verify()
    assert found.clean, found.differences
    assert found.sums == {"face": FACE, "value": FACE, "funded": 0, "paid_out": 0, "void": 0}
    assert min(found.events, found.records, found.words) > 20


@pytest.mark.parametrize("page", [1, 1000])
@pytest.mark.parametrize("how", ["changed", "left out", "added"])
def test_a_record_that_differs(
    gateway: Gateway, ticket: bytes, how: str, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.work.verify.PAGE", page)

    def tamper(store: Any) -> None:
        word = store.need(Ticket, ticket)
        if how == "changed":
            store.put(replace(word, party=WUZE.id))
        elif how == "left out":
            store.delete(Ticket, ticket)
        else:
            store.put(replace(word, id=b"\1" * 32))

    gateway.book.write(tamper)
    found = gateway.verify()
    named = b"\1" * 32 if how == "added" else ticket
    assert [d for d in found.differences if d.startswith(f"Ticket 0x{named.hex()}")]
    assert not [d for d in found.differences if d.startswith("Log")]


def test_blocks_that_come_meanwhile(gateway: Gateway, ticket: bytes) -> None:
    compare = gateway.chain.compare
    at = gateway.book.read(lambda store: store.need(Cursor, 1)).block

    def meanwhile(records: Any, block: int) -> Any:
        gateway.chain.mine()
        gateway.watch.step()
        return compare(records, block)

    gateway.chain.compare = meanwhile  # type: ignore[method-assign]
    found = gateway.verify()
    assert (found.clean, found.block) == (True, at)


def test_a_node_that_is_another_one_afterwards(gateway: Gateway, ticket: bytes) -> None:
    block, asked = gateway.chain.block, []

    def moved(number: int) -> Block | None:
        found = block(number)
        asked.append(number)
        return found if len(asked) < 3 or found is None else replace(found, hash=b"\7" * 32)

    gateway.chain.block = moved  # type: ignore[method-assign]
    assert any("another hash" in found for found in gateway.verify().differences)


def test_a_signed_report(gateway: Gateway, ticket: bytes, tmp_path: Path) -> None:
    file, keys = tmp_path / "report.json", HeldKeys(KEY)
    [address] = keys.addresses
    report.write(file, gateway.verify(), gateway.chain.domain, 5, keys, address)
    checked = report.check(file)
    assert checked.signer == address
    assert (checked.report["verify"], checked.report["sums"]["face"]) == ("ok", str(FACE))
    text = file.read_text()
    for changed in (
        text.replace(str(FACE), str(FACE + 1)),
        text.replace(address, address.lower()),
        "{}",
        "[]",
    ):
        file.write_text(changed)
        with pytest.raises(NoReport):
            report.check(file)
    file.write_text(json.dumps(json.loads(text), sort_keys=True))
    assert report.check(file).signer == address, "how the file is laid out does not matter"


def test_fewer_blocks_at_once(gateway: Gateway, ticket: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "ENOUGH", 2)
    for _ in range(100):
        gateway.chain.mine()
    events, sizes = gateway.chain.events, []

    def limited(first: int, last: int) -> Any:
        if last - first > 40:
            raise NodeUnreachable("too many blocks for this node")
        sizes.append(last - first + 1)
        return events(first, last)

    gateway.chain.events = limited  # type: ignore[method-assign]
    head = gateway.chain.head().number
    fresh = MemoryBook()
    count = rebuild(fresh, gateway.chain, START, head, lambda done, total: None)
    assert count == len(events(START, head))
    assert sum(sizes) == head - START + 1
    assert len(set(sizes)) > 2
    assert fresh.read(lambda store: store.need(Cursor, 1)).block == head
