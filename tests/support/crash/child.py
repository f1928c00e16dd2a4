"""A gateway as a process of its own, for being killed: `python -m tests.support.crash.child FILE`.

It does what a caller does who never knows how far he came: every request again from the first on, under the same
Idempotency-Key. Each answer is a line on stdout. It steps until all acts are final, then says so.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from ledger import typed
from ledger.acts import State
from ledger.book.db import SqlBook
from ledger.chain.contract import GoldTicketChain
from ledger.chain.engine import Engine
from ledger.chain.reverts import explain, permanent
from ledger.chain.rpc import Rpc
from ledger.clock import SystemClock
from ledger.errors import Conflict, NotFound, Unavailable
from ledger.records import Leg, Seat, User
from ledger.service import Service
from ledger.signatures import HeldKeys
from ledger.typed import Domain
from ledger.work.lease import Leases
from ledger.work.relay import Relay
from ledger.work.watch import Watch
from tests.support.both import PARTIES
from tests.support.gateway import Keys


def main(file: str) -> None:
    given = json.loads(Path(file).read_text())
    domain = Domain(given["chain"], given["address"], bytes.fromhex(given["salt"]))
    book, clock = SqlBook(given["dsn"]), SystemClock()
    engine = Engine("test", (given["url"],), domain.chain_id, development=True)
    keys = HeldKeys(*map(bytes.fromhex, given["relayers"]))
    chain = GoldTicketChain(Rpc(engine.urls), engine, domain, keys)
    leases = Leases(book, clock)
    relay = Relay(book, chain, clock, keys.addresses, permanent, explain, leases=leases)
    watch = Watch(book, chain, given["first"], explain, permanent, leases=leases)
    everybody = [key for p in PARTIES.values() for key in (p.maker, p.checker, p.sole)]
    service = Service(domain, Keys(everybody), clock)
    requests = [(wish, what) for wish in given["wishes"] for what in ("draft", *wish["signers"])]
    print("begun", flush=True)
    while True:
        try:
            moved = watch.step() + relay.step()
            for _ in range(10):
                if not requests or not ask(book, service, *requests[0]):
                    break
                requests.pop(0)
            if not requests and not moved and all_final(book, given["wishes"]):
                break
            if not moved:
                time.sleep(0.05)
        except (Unavailable, Conflict) as error:
            print("again", error.message, file=sys.stderr, flush=True)
            time.sleep(0.05)
    print("done", flush=True)


def ask(book: SqlBook, service: Service, wish: dict[str, Any], what: str) -> bool:
    """One request; whether it was answered."""

    def work(store: Any) -> str:
        def once() -> tuple[int, str]:
            if what == "draft":
                message = typed.message_from_json(wish["kind"], wish["message"])
                return 201, service.draft(store, user(store, wish["party"]), wish["kind"], message).id.hex()
            id_ = bytes.fromhex(wish["act"])
            [seat, *_] = [s for s in store.find(Seat, act=id_, done=False) if s.party == int(what)]
            return 200, service.sign(store, user(store, int(what)), id_, seat.place).signature.hex()

        return service.once(store, "run", f"{wish['act']} {what}", b"", once).body

    try:
        print("answer", wish["act"], what, book.write(work), flush=True)
    except NotFound:
        return False  # the book has not come so far
    return True


def user(store: Any, party: int) -> User:
    """The one person of a participant."""
    [found] = store.find(User, party=party)
    return found  # type: ignore[no-any-return]


def all_final(book: SqlBook, wishes: list[dict[str, Any]]) -> bool:
    """Whether every leg of every act is final."""

    def read(store: Any) -> bool:
        legs = [leg for wish in wishes for leg in store.find(Leg, act=bytes.fromhex(wish["act"]))]
        return all(leg.state == State.FINAL for leg in legs)

    return book.read(read)


if __name__ == "__main__":
    main(sys.argv[1])
