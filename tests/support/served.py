"""`goldticket serve` as people run it: processes of their own, on a home folder, a node and a database."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ledger.addresses import parse_address
from ledger.book.db import SqlBook
from ledger.chain.deploy import Deployment
from ledger.keys.keystore import Keystore
from ledger.signatures import HeldKeys
from ledger.users import create_user
from tests.support.actors import Party

RELAYER = "0b" * 32


def prepared(
    home: Path, node: Any, world: Any, dsn: str, people: tuple[Party, ...]
) -> tuple[dict[str, str], dict[int, str]]:
    """A home folder for the world's ledger. Its settings, and the API key of one person of each participant, whose
    key is on the server."""
    home.mkdir()
    Deployment(node.chain_id, world.address, 1, world.libraries).save(home / "deployment.json")
    (home / "relayer.key").write_text(RELAYER + "\n")
    (home / "consortium.key").write_text("0c" * 32 + "\n")
    node.set_balance(HeldKeys(bytes.fromhex(RELAYER)).addresses[0], 10**24)
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
        for party in people:
            address = keystore.add(party.sole._secret.secret)
            keys[party.id] = book.write(
                lambda store, party=party, address=address: create_user(
                    store, party.id, party.title, ["maker", "checker"], parse_address(address), 1
                )[1]
            )
    return settings, keys


@contextmanager
def serving(settings: Mapping[str, str], home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its URL; killed at the end if it still runs."""
    command = [sys.executable, "-m", "api.cli", "serve", "--home", str(home), "--port", "0"]
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("GOLDTICKET_")}, **settings}
    with (home / "log").open("a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
    with process:
        try:
            assert process.stdout
            found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
            assert found, (home / "log").read_text()[-2000:]
            yield process, found[0]
        finally:
            process.kill()


def until(true: Callable[[], object], seconds: float = 90) -> None:
    """Waits for it."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)
