"""What `goldticket doctor` looks at: each finding says what to do."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec

from ledger.book.db import SqlBook
from ledger.chain.deploy import Deployment
from ledger.chain.domain import read_domain
from ledger.chain.nodes.binaries import node_binary
from ledger.chain.rpc import Rpc
from ledger.errors import GoldTicketError
from ledger.keys.consortium import mark_of
from ledger.records import Cursor
from ledger.settings import Settings
from ledger.wiring import consortium_key, open_keystore, open_node

_EMPTY = "empty; it fills when the gateway runs"
MOST_DRIFT = 15
"""Seconds by which this machine's clock may differ from the chain's newest block when one is made at once."""


@dataclass(frozen=True)
class Finding:
    """One check. `todo` is empty where all is well."""

    what: str
    found: str
    ok: bool
    todo: str = ""


def examine(settings: Settings) -> list[Finding]:
    """All checks; one that fails does not keep the others from running."""
    checks = (_python, _packages, _node, _home, _keys, _consortium, _book, _chain)
    return [finding for check in checks for finding in _safely(check, settings)]


def _safely(check: Callable[[Settings], list[Finding]], settings: Settings) -> list[Finding]:
    try:
        return check(settings)
    except GoldTicketError as error:
        return [Finding(check.__name__.strip("_"), error.title, False, error.message)]


def _python(_: Settings) -> list[Finding]:
    ok = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return [Finding("python", platform.python_version(), ok, "" if ok else "Use Python 3.11, 3.12 or 3.13.")]


def _packages(_: Settings) -> list[Finding]:
    missing = [name for name in ("coincurve", "sha3", "web3", "fastapi") if find_spec(name) is None]
    todo = "Run scripts/setup." if missing else ""
    return [
        Finding("packages", f"missing: {', '.join(missing)}" if missing else "complete", not missing, todo)
    ]


def _node(settings: Settings) -> list[Finding]:
    if settings.engine in ("rpc", "anvil"):
        return [Finding("node.js", "not needed", True)]
    version = subprocess.run([str(node_binary()), "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    ok = version.returncode == 0
    return [
        Finding("node.js", version.stdout.strip() or "does not run", ok, "" if ok else "Run scripts/setup.")
    ]


def _home(settings: Settings) -> list[Finding]:
    if not settings.home.exists():
        todo = "Check --home and GOLDTICKET_HOME; `goldticket deploy` makes a new one."
        return [Finding("home", f"{settings.home.resolve()} does not exist", False, todo)]
    ok = os.access(settings.home, os.W_OK)
    return [Finding("home", str(settings.home.resolve()), ok, "" if ok else "Make the folder writable.")]


def _keys(settings: Settings) -> list[Finding]:
    count = len(open_keystore(settings).addresses())
    return [Finding("keys", f"{count} on this server, in the operator's custody", True)]


def _consortium(settings: Settings) -> list[Finding]:
    """Its mark, for people to compare; the key is never shown."""
    if settings.observe or not settings.deployment_file.exists():
        return []
    deployment = Deployment.load(settings.deployment_file)
    mark = mark_of(consortium_key(settings, deployment))
    todo = "" if deployment.consortium else "An older version wrote no mark: compare it with other gateways'."
    return [Finding("consortium key", f"its mark is {mark}", True, todo)]


def _book(settings: Settings) -> list[Finding]:
    if not settings.dsn and not settings.home.joinpath("book.sqlite").exists():
        return [Finding("book", _EMPTY, True)]
    with closing(SqlBook(settings.book_dsn)) as book:
        cursor = book.read(lambda store: store.get(Cursor, 1))
    found = f"up to block {cursor.block}" if cursor else _EMPTY
    return [Finding("book", found, True)]


def _chain(settings: Settings) -> list[Finding]:
    deployment = Deployment.load(settings.deployment_file)
    node = open_node(settings)
    try:
        with closing(Rpc(node.engine.urls)) as rpc:
            head = rpc.call("eth_getBlockByNumber", "latest", False)
            found = [
                Finding(
                    "chain",
                    f"{node.engine.name}, chain {node.chain_id}, block {int(head['number'], 16)}",
                    True,
                )
            ]
            found += _clock(int(head["timestamp"], 16), settings.engine != "rpc")
            read_domain(rpc, node.engine, deployment)
            return [*found, Finding("deployment", "ours, with the right domain", True)]
    finally:
        node.stop()


def _clock(block_time: int, embedded: bool) -> list[Finding]:
    """An embedded chain's time may have been moved ahead, by a demo for instance, and never goes back."""
    drift = block_time - int(time.time())
    if embedded:
        return [Finding("clock", f"embedded chain, {drift:+,} s from this machine's", True)]
    ok = drift < MOST_DRIFT
    todo = "" if ok else "The newest block is in this machine's future: set the clock by NTP."
    return [Finding("clock", f"newest block {drift:+,} s", ok, todo)]
