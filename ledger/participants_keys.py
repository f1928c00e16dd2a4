"""PARTICIPANTS, the keys: which may come in, and that somebody is left who can sign.

Keys as an act names them are `{"key": "0x…", "right": 1 | 2 | 3}`, see `rules.Right`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger.addresses import parse_address
from ledger.errors import Conflict, Invalid
from ledger.ports import Store
from ledger.records import SignerKey
from ledger.rules import MOST_KEYS, Right, at_most
from ledger.typed import Message


class KeyTaken(Conflict):
    """A key belongs to one participant for ever, and stands in its list once."""

    code = "key-taken"
    title = "This key is taken"


class BadRight(Invalid):
    """Neither maker, checker nor sole."""

    code = "bad-right"
    title = "A key signs as maker, checker or sole"


class NobodyCanSign(Invalid):
    """Neither a sole key nor a maker and a checker."""

    code = "nobody-can-sign"
    title = "Nobody could sign for the participant"


class NotASigner(Invalid):
    """The key does not sign for this participant."""

    code = "not-a-signer"
    title = "This key does not sign for the participant"


def key(address: str, right: int) -> dict[str, Any]:
    """A key as an act names it. Raises InvalidAddress, BadRight."""
    if right not in (Right.MAKER, Right.CHECKER, Right.SOLE):
        raise BadRight(f"The right {right} is none of 1 maker, 2 checker, 3 sole; choose one.", right=right)
    return {"key": parse_address(address), "right": int(right)}


def keys(given: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """Several keys as an act names them. Raises InvalidAddress, BadRight."""
    return [key(address, right) for address, right in given]


def rights_of(store: Store, party: int) -> dict[str, int]:
    """Who signs for a participant now: address → right."""
    return {k.address: k.right for k in store.find(SignerKey, party=party) if k.right}


def after_change(
    store: Store, party: int, add: Sequence[Message], remove: Sequence[str]
) -> Mapping[str, int]:
    """Who would sign after keys went and came. Raises NotASigner, KeyTaken, BadRight, TooMany, NobodyCanSign.

    `party` 0 for a participant that is not admitted yet.
    """
    rights = rights_of(store, party) if party else {}
    for address in map(parse_address, remove):
        if address not in rights:
            raise NotASigner(f"{address} does not sign for participant {party}; leave it out.", key=address)
        del rights[address]
    for entry in add:
        rights[require_free(store, entry, party, rights)] = entry["right"]
    at_most(len(rights), MOST_KEYS, "keys")
    require_somebody(rights.values(), party)
    return rights


def require_free(
    store: Store, entry: Message, party: int, rights: Mapping[str, int], again: bool = False
) -> str:
    """The address of a key that may come in, beside those in `rights`. Raises InvalidAddress, BadRight, KeyTaken.

    `again`: the participant's keys that wait for its recovery may be named as well; another one begins.
    """
    address = key(entry["key"], entry["right"])["key"]
    known = store.get(SignerKey, address)
    if address in rights:
        raise KeyTaken(f"{address} signs for this participant already; name it once.", key=address)
    if known is not None and (known.party != party or (known.pending and not again)):
        raise KeyTaken(
            f"{address} belongs to participant {known.party} for ever; make a new key.",
            key=address,
            party=known.party,
        )
    return str(address)


def require_somebody(rights: Iterable[int], party: int) -> None:
    """Raises NobodyCanSign unless there is a sole key, or a maker and a checker."""
    count = Counter(rights)
    if not count[Right.SOLE] and not (count[Right.MAKER] and count[Right.CHECKER]):
        raise NobodyCanSign(
            "Nobody could sign: there must be a key with the right sole, or one maker and one checker.",
            party=party,
        )
