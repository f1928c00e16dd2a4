"""A contract in this process and the projection of its events side by side.

A test acts on the contract in any way it likes and reads the projection; `agree` proves that a check refuses with the
contract's own reason, `same` that the projection has exactly the contract's storage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ledger import events, kinds
from ledger.errors import GoldTicketError, kebab
from ledger.participants_file import ParticipantFile
from ledger.records import Cursor, Issuance, Lock, Log, Opening, Participant, Replacement, Ticket
from tests.support.abi import Event, calldata
from tests.support.actors import ADMITTED, SEEDS, Party
from tests.support.drafts import Signer
from tests.support.layout import Ticket as Word
from tests.support.memory import MemoryStore
from tests.support.world import OPENED, Receipt, World


class Mirror:
    """`world`: the contract; `store`: the book, which takes in each event as it comes."""

    def __init__(self, world: World) -> None:
        self.world, self.store = world, MemoryStore()
        self._logs = 0
        for event in list(world.history):
            self._take_in(event, OPENED, 1)
        for party in (*SEEDS, *ADMITTED):
            self.file(party)
        self._send = world.send
        world.send = self.send  # type: ignore[method-assign]

    def close(self) -> None:
        """The world is as it was, without a mirror."""
        del self.world.send  # type: ignore[method-assign]

    @property
    def now(self) -> int:
        return self.world.now

    def send(self, data: bytes, *args: Any, **kwargs: Any) -> Receipt:
        """As `World.send`; the projection takes in what happened."""
        block = self.world.evm.number
        receipt = self._send(data, *args, **kwargs)
        for event in receipt.logs:
            self._take_in(event, self.now, block)
        return receipt

    def file(self, party: Party, **account: str) -> None:
        """Puts a participant's file into the book under the hash that stands on chain."""
        given = {"name": party.title, "bank": "淮岳银行合肥分行", "number": f"62170000{party.id:08d}"}
        made = ParticipantFile.from_dict(
            {
                "name": party.title,
                "uscc": party.uscc,
                "size": "medium",
                "industry": "C34",
                "group_parent": "",
                "account": {**given, "cnaps": "313361000010", **account},
                "contact": {"name": "王会计", "phone": "0551-62000000", "email": ""},
            }
        ).profile(self.now)
        on_chain = self.store.need(Participant, party.id).profile
        self.store.put(replace(made, hash=on_chain))

    def check(self, kind: str, message: dict[str, Any]) -> str:
        """The code with which the check refuses, "" if it does not."""
        try:
            kinds.kind(kind).check(message, self.store, self.now)
        except GoldTicketError as error:
            return error.code if error.message.endswith(".") else f"no full stop: {error.message}"
        return ""

    def agree(
        self, kind: str, signers: Sequence[Signer], issue: dict[str, Any] | None = None, **fields: Any
    ) -> str:
        """The code with which both refuse, "" if neither does; the act is not carried out."""
        message = self.world.message(kind, **fields)
        data = self.world.draft(kind, signers, issue, message).data
        return self.agree_on(kind, message, data)

    def agree_unsigned(self, kind: str, **fields: bytes) -> str:
        """As `agree`, for an act that nobody signs."""
        (argument,) = fields.values()
        return self.agree_on(kind, fields, calldata(kinds.kind(kind).function, argument))

    def agree_on(self, kind: str, message: dict[str, Any], data: bytes) -> str:
        """As `agree`, for calldata."""
        with self.world.scratch():
            refusal = self._send(data).refusal
        found = self.check(kind, message)
        expected = "" if refusal is None else kebab(refusal.name)
        assert found == expected, f"the check says {found!r}, the contract {refusal}"
        return found

    def same(self) -> None:
        """The projection is the contract's storage, word by word."""
        read = self.world.read
        for ticket in self.store.find(Ticket):
            assert self._word(ticket) == self.world.ticket(ticket.id), ticket
            assert ticket.taken == read("taken", ticket.id)
        for issuance in self.store.find(Issuance):
            self._same_issuance(issuance)
        for opening in self.store.find(Opening):
            kept = read("openings", opening.core)
            assert (opening.used, opening.overdue) == (kept["used"], kept["overdue"])
        for lock in self.store.find(Lock):
            word = read("locks", lock.id)
            expected = lock.bank | lock.clearing_bank << 48 if lock.state == "locked" else 0
            assert word & (1 << 96) - 1 == expected

    def _same_issuance(self, issuance: Issuance) -> None:
        word = self.world.issuance(issuance.id + bytes(16))
        flags = (1 if issuance.funded else 0) | (2 if issuance.void else 0)
        assert (issuance.debtor, issuance.clearing_bank, issuance.face, flags) == (
            word.debtor,
            word.clearing_bank,
            word.face,
            word.flags,
        )
        kept = self.world.read("settlements", issuance.id)
        assert (issuance.paid, issuance.waived_until, issuance.sequence, issuance.reported) == (
            kept["paid"],
            kept["waivedUntil"],
            kept["sequence"],
            bool(kept["reported"]),
        )
        running = self.store.get(Replacement, issuance.id)
        digest = self.world.read("replacements", issuance.id)["digest"]
        assert digest == (running.digest if running else bytes(32))

    def _word(self, ticket: Ticket) -> Word:
        bits = (ticket.locked, ticket.withdrawn, ticket.returned, ticket.ordered, ticket.taken)
        flags = sum(1 << place for place, bit in enumerate(bits) if bit)
        expiry = self.store.need(Lock, ticket.id).expiry if ticket.locked else 0
        return Word(ticket.party, ticket.value, ticket.version, ticket.depth, flags, expiry)

    def _take_in(self, event: Event, time: int, block: int) -> None:
        self._logs += 1
        kinds.apply(
            events.Event(event.name, _plain(event.args), block, bytes(32), self._logs, time), self.store
        )
        subject = next((event.args[n] for n in ("ticket", "lock", "issuance") if n in event.args), b"")
        padded = subject.ljust(32, b"\0") if subject else b""
        self.store.put(Log(block, self._logs, event.name, {}, bytes(32), time, padded))
        self.store.put(Cursor(1, block, bytes(32), time))


@contextmanager
def mirrored(ready: World) -> Iterator[Mirror]:
    """A mirror of a ready world; at the end both must be the same, and the world is as it was."""
    with ready.scratch() as world:
        mirror = Mirror(world)
        try:
            yield mirror
            mirror.same()
        finally:
            mirror.close()


def _plain(args: dict[str, Any]) -> dict[str, Any]:
    if "keys" not in args:
        return args
    return {**args, "keys": [{"key": key, "right": right} for key, right in args["keys"]]}
