"""Complete acts ready to be sent: message, digest, signatures, calldata. Nothing here touches a chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger import typed
from ledger.ids import keccak256 as keccak
from ledger.typed import Domain
from tests.support.abi import calldata
from tests.support.actors import Key, Party

FUNCTIONS = {"Void": "voidIssuance", "Receipt": "release"}
"""Contract functions whose name is not their act's in lower camel case."""

Signer = Party | Key | bytes
"""Who signs: a participant as it usually does, one key alone, or signature bytes as they are."""


def function_of(primary: str) -> str:
    """The contract function that carries out an act."""
    return FUNCTIONS.get(primary, primary[0].lower() + primary[1:])


def issuance_of(ticket: bytes) -> bytes:
    """The 16 bytes that a ticket shares with all of its issuance."""
    return ticket[:16]


def root_of(digest: bytes) -> bytes:
    """The ticket that an issue act makes."""
    return digest[:16] + bytes(16)


def child_of(parent: bytes, offer: bytes, index: int) -> bytes:
    """The id of one child of an offer, or of a lock (index 0), before it is mined."""
    return parent[:16] + keccak(parent + offer + index.to_bytes(32, "big"))[16:]


@dataclass(frozen=True)
class Draft:
    """An act with its signatures. `made`: the id of the ticket or lock that it makes, or b""."""

    primary: str
    message: dict[str, Any]
    digest: bytes
    data: bytes
    made: bytes = b""


@dataclass
class Offer:
    """A holder's signed offer over children; receivers accept some of them, each by itself."""

    domain: Domain
    message: dict[str, Any]
    holder: Party
    pair: bool | None = None
    signature: bytes = b""
    digest: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.digest = typed.digest(self.domain, "Offer", self.message)
        self.signature = self.signature or self.holder.sign(self.digest, self.pair)

    @property
    def ticket(self) -> bytes:
        """The parent."""
        return bytes(self.message["ticket"])

    def child(self, index: int) -> bytes:
        """The id of the child at a place of the array."""
        return child_of(self.ticket, self.digest, index)

    @property
    def children(self) -> list[bytes]:
        """The ids of all children."""
        return [self.child(i) for i in range(len(self.message["children"]))]

    def accept(
        self, receiver: Party, indexes: Iterable[int] | None = None, signer: Signer | None = None
    ) -> dict[str, Any]:
        """The receiver's acceptance of its children (or of those named), as it stands in calldata."""
        children = self.message["children"]
        mine = (
            [i for i, c in enumerate(children) if c["to"] == receiver.id]
            if indexes is None
            else list(indexes)
        )
        legs = [{"index": i, **{k: children[i][k] for k in ("value", "trade", "salt")}} for i in mine]
        accepted = {"offer": self.digest, "from": self.holder.id, "to": receiver.id, "parts": legs}
        digest = typed.digest(self.domain, "Accept", accepted)
        signature = signed(receiver if signer is None else signer, digest, self.pair)
        return {"to": receiver.id, "legs": legs, "signatures": signature}

    def transfer(self, *acceptances: dict[str, Any]) -> bytes:
        """Calldata of `transfer` with these acceptances; the other children stand as their hashes."""
        given = {leg["index"] for a in acceptances for leg in a["legs"]}
        children = self.message["children"]
        others = [typed.struct_hash("Child", c) for i, c in enumerate(children) if i not in given]
        fields = {key: self.message[key] for key in ("ticket", "version", "salt", "deadline")}
        whole = {**fields, "others": others, "signatures": self.signature, "acceptances": acceptances}
        return calldata("transfer", whole)


def draft(
    domain: Domain,
    primary: str,
    message: dict[str, Any],
    signers: Sequence[Signer],
    issue: dict[str, Any] | None = None,
) -> Draft:
    """An act with its signatures in the contract's order. `issue`: the issue act that Void and WithdrawIssue carry."""
    digest = typed.digest(domain, primary, message)
    signatures = [signed(signer, digest) for signer in signers]
    acts = [message] if issue is None else [issue, message]
    data = calldata(function_of(primary), *acts, signatures)
    made = b""
    if primary == "Issue":
        made = root_of(digest)
    if primary == "Lock":
        made = child_of(message["ticket"], digest, 0)
    return Draft(primary, message, digest, data, made)


def signed(signer: Signer, digest: bytes, pair: bool | None = None) -> bytes:
    """A signature element, as the contract takes it."""
    if isinstance(signer, bytes):
        return signer
    return signer.sign(digest) if isinstance(signer, Key) else signer.sign(digest, pair)
