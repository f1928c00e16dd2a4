"""Transactions of keys that this gateway is not given any more: what was sent before the keys changed.

Their bytes are signed already, so whoever has the journal can send them again. Nothing new goes by such a key, and
where a node refuses its transaction for good, nobody here can use up the nonce.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from ledger.ports import Book, Chain, Clock
from ledger.records import Transaction
from ledger.work.lease import Leases
from ledger.work.sending import RESEND, Sender


class Former:
    """`known`: the addresses whose keys are given."""

    def __init__(
        self, book: Book, chain: Chain, clock: Clock, leases: Leases, known: Collection[str]
    ) -> None:
        self._book, self._chain, self._clock, self._leases = book, chain, clock, leases
        self._known = frozenset(known)
        self._senders: dict[str, Sender] = {}
        self._looked: int | None = None

    def step(self, block: int) -> None:
        """Sends again what is not mined; what a node does not take now is tried with a later step."""
        now = self._clock.now()
        if self._looked is None or now - self._looked >= RESEND:
            self._looked = now
            self._senders = {address: self._sender(address) for address in self._waiting()}
        for sender in self._senders.values():
            if sender.take() is not False:
                sender.send_again(block)

    def forget(self) -> None:
        """A node may have lost what it had taken."""
        self._looked = None
        self._senders.clear()

    def notes(self) -> list[str]:
        """A sentence for each such key."""
        return [
            f"not mined of {address}, whose key is not given here any more: {count}, sent again as signed. Give the "
            "key until they are through (GOLDTICKET_RELAYER_KEY, GOLDTICKET_RELAYERS)"
            for address, count in sorted(self._waiting().items())
        ]

    def _waiting(self) -> Counter[str]:
        sent = self._book.read(lambda store: store.find(Transaction, state="sent"))
        return Counter(t.relayer for t in sent if t.relayer not in self._known)

    def _sender(self, address: str) -> Sender:
        known = self._senders.get(address)
        return known or Sender(self._book, self._chain, self._clock, address, self._leases, most=0)
