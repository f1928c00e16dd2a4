"""A town to measure in: many holders with a ticket each, many receivers, all with keys of their own.

Everything is real: they are admitted and their tickets issued by complete acts in `relay` transactions.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from coincurve import PrivateKey
from stdnum.cn import uscc

from ledger import typed
from ledger.chain import codec
from ledger.chain.deploy import Genesis
from ledger.ids import keccak256, root_id
from ledger.ports import Call
from ledger.signatures import address_of, sign_digest
from ledger.typed import Domain
from ledger.work.gas import of_act, of_transfer
from scripts.bench_steps.ledger_node import Sender

DAY = 86_400
FACE = 10**14
MINIMUM = 4
"""As a power of ten, in fen."""
REGISTRAR, BANK, CLEARING, CORE, FIRST = 1, 2, 3, 4, 5
"""Ids of the participants; holders and receivers follow from FIRST on."""
_SALT = keccak256(b"bench")


@dataclass(frozen=True)
class Person:
    """A participant with one sole key."""

    party: int
    key: PrivateKey
    address: str

    def sign(self, digest: bytes) -> bytes:
        return sign_digest(self.key, digest)


def person(party: int) -> Person:
    """Always the same key for the same number. For measuring only."""
    key = PrivateKey(keccak256(b"gold ticket bench %d" % party))
    return Person(party, key, address_of(key))


def code(party: int) -> str:
    """An invented USCC with a right check digit."""
    body = f"91340100B{party:08d}"
    return body + str(uscc.calc_check_digit(body))


def genesis() -> Genesis:
    """Registrar, bank and clearing bank, which are the panel as well."""
    roles = {REGISTRAR: 16, BANK: 4, CLEARING: 12}
    seeds = [
        {
            "uscc": code(party),
            "roles": role,
            "clearingBank": BANK if party == CLEARING else CLEARING,
            "profile": _SALT,
            "keys": [_key(person(party))],
        }
        for party, role in roles.items()
    ]
    return Genesis(seeds, [REGISTRAR, BANK, CLEARING], 2)


def _key(who: Person) -> dict[str, Any]:
    return {"key": who.address, "right": 3}


@dataclass(frozen=True)
class Town:
    """`tickets[i]` belongs to `holders[i]`."""

    domain: Domain
    holders: Sequence[Person]
    receivers: Sequence[Person]
    tickets: Sequence[bytes]
    now: int

    def split(self, number: int, phase: str, value: int = 10**MINIMUM) -> Split:
        """The `number`-th split of a phase: another holder and another receiver each time, as long as there are."""
        holder = number % len(self.holders)
        receiver = self.receivers[(number * 7 + 3) % len(self.receivers)]
        salt = keccak256(f"{phase} {number}".encode())
        child = {"to": receiver.party, "value": value, "trade": keccak256(salt), "salt": salt}
        offer = {
            "ticket": self.tickets[holder],
            "version": 0,
            "children": [child],
            "salt": salt,
            "deadline": self.now + 3 * DAY,
        }
        return signed(self.domain, self.holders[holder], receiver, offer)


@dataclass(frozen=True)
class Split:
    """One child of one offer, signed by its holder and its receiver."""

    digest: bytes
    offer: dict[str, Any]
    holder_signature: bytes
    receiver_signature: bytes

    def call(self) -> Call:
        """As an item of `relay`, with the gas that the gateway gives it."""
        return Call(of_transfer(1, 0, 2), self.calldata())

    def calldata(self) -> bytes:
        """Of `transfer`."""
        to = self.offer["children"][0]["to"]
        return codec.encode_transfer(self.offer, self.holder_signature, [(to, [0], self.receiver_signature)])

    def body(self) -> dict[str, Any]:
        """As the gateway takes it: the complete act with its signatures."""
        return {
            "kind": "Offer",
            "message": typed.message_to_json("Offer", self.offer),
            "signatures": [
                {"place": 0, "signature": "0x" + self.holder_signature.hex()},
                {"place": 1, "signature": "0x" + self.receiver_signature.hex()},
            ],
        }


def signed(domain: Domain, holder: Person, receiver: Person, offer: dict[str, Any]) -> Split:
    """Both signatures."""
    digest = typed.digest(domain, "Offer", offer)
    child = offer["children"][0]
    accept = {
        "offer": digest,
        "from": holder.party,
        "to": receiver.party,
        "parts": [{"index": 0, "value": child["value"], "trade": child["trade"]}],
    }
    return Split(digest, offer, holder.sign(digest), receiver.sign(typed.digest(domain, "Accept", accept)))


def build(domain: Domain, sender: Sender, size: int) -> Town:
    """`size` holders with a ticket each and as many receivers; the last transaction is mined."""
    now = int(time.time())
    people = [person(FIRST + i) for i in range(2 * size)]
    core = person(CORE)
    sender.relay_all(_admissions(domain, now, [(core, 1), *((who, 2) for who in people)]))
    limit = {"core": CORE, "amount": FACE * size * 2, "expiry": now + 300 * DAY, "sequence": 0}
    message = {**limit, "salt": _SALT, "deadline": now + DAY}
    who = [person(CLEARING)]
    sender.relay_all([_act(domain, "setLimit", "SetLimit", message, who)])
    holders, receivers = people[:size], people[size:]
    tickets: list[bytes] = []
    sender.relay_all(_issues(domain, now, core, holders, tickets))
    return Town(domain, holders, receivers, tickets, now)


def _admissions(domain: Domain, now: int, people: Sequence[tuple[Person, int]]) -> Iterator[Call]:
    for who, roles in people:
        message = {
            "uscc": code(who.party),
            "roles": roles,
            "clearingBank": CLEARING,
            "profile": _SALT,
            "keys": [_key(who)],
            "registrar": REGISTRAR,
            "bank": BANK,
            "salt": _SALT,
            "deadline": now + DAY,
        }
        yield _act(domain, "admit", "Admit", message, [person(REGISTRAR), person(BANK), who])


def _issues(
    domain: Domain, now: int, core: Person, holders: Sequence[Person], tickets: list[bytes]
) -> Iterator[Call]:
    for place, holder in enumerate(holders):
        salt = keccak256(b"issue %d" % place)
        message = {
            "debtor": CORE,
            "supplier": holder.party,
            "clearingBank": CLEARING,
            "face": FACE,
            "contractualDue": now + 150 * DAY,
            "due": now + 150 * DAY,
            "transferableUntil": now + 140 * DAY,
            "grace": 3 * DAY,
            "depth": 10,
            "minimum": MINIMUM,
            "interest": 0,
            "undertaking": _SALT,
            "invoices": [{"fingerprint": salt, "total": FACE, "amount": FACE}],
            "salt": salt,
            "deadline": now + DAY,
        }
        tickets.append(root_id(typed.digest(domain, "Issue", message)))
        yield _act(domain, "issue", "Issue", message, [core, holder])


def _act(
    domain: Domain, function: str, kind: str, message: dict[str, Any], signers: Sequence[Person]
) -> Call:
    digest = typed.digest(domain, kind, message)
    data = codec.encode_call(function, message, [who.sign(digest) for who in signers])
    return Call(of_act(kind, message, len(signers)), data)
