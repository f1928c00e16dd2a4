"""How fast the projection is made anew from genesis, and compared with the live book and with the chain."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

from ledger.book.db import SqlBook
from ledger.chain.contract import GoldTicketChain
from ledger.signatures import HeldKeys
from ledger.work.verify import rebuild, verify
from scripts.bench_steps.ledger_node import LedgerNode


def rebuilt(node: LedgerNode, folder: Path) -> dict[str, Any]:
    """Events a second into an empty book, the node's answers included, and this process's CPU for each."""
    chain = _chain(node)
    with contextlib.closing(SqlBook.fresh_projection(folder / "rebuilt.sqlite")) as fresh:
        begun, cpu = time.perf_counter(), time.process_time()
        events = rebuild(fresh, chain, node.deployment.block, chain.head().number, lambda *_: None)
        took = time.perf_counter() - begun
        us = (time.process_time() - cpu) / events * 1e6
    return {"rebuild_events_s": round(events / took), "rebuild_events": events, "rebuild_cpu_us": round(us)}


def verified(node: LedgerNode, folder: Path, dsn: str) -> dict[str, Any]:
    """Events a second of `goldticket verify` on the gateway's own book: rebuilding, comparing every record with the
    live one and every word with the chain's storage; what differs."""
    with (
        contextlib.closing(SqlBook(dsn)) as live,
        contextlib.closing(SqlBook.fresh_projection(folder / "verified.sqlite")) as fresh,
    ):
        begun = time.perf_counter()
        report = verify(live, fresh, _chain(node), node.deployment.block)
        took = time.perf_counter() - begun
    return {
        "verify_events_s": round(report.events / took),
        "verify_words": report.words,
        "verify_differences": list(report.differences[:5]),
    }


def _chain(node: LedgerNode) -> GoldTicketChain:
    return GoldTicketChain.connect(node.rpc, node.engine, node.deployment, HeldKeys())
