"""What the chain would say now: one simulation of each whole batch, and a second look at what is refused there.

Where many items go at once they are sent without it: this gateway's rules have passed them, and what the chain refuses
all the same it says in the block. Tried is then what was refused before, and everything of the same issuance with it.

An item that is refused inside a batch may be refused because of those before it, which are not mined yet. So it is
looked at alone, and only what is refused at the head by itself, for a reason that can't go away, ends. What lacks
something that is under way (a parent in a transaction that is not mined yet) is tried behind it and goes out after it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ledger.ports import Call, Chain, Refusal
from ledger.records import Act, Leg

SHORT = ("ActOutOfGas", "")
"""Refusals that may only say that the table of gas falls short."""
MOST_ITEMS = 400
"""Items of one transaction."""
MOST_GAS = 20_000_000
"""Gas of the items of one transaction."""
MOST_BYTES = 126_000
"""Bytes of one transaction; networks refuse those above 128 KiB."""
MOST_IN_FLIGHT = 64
"""Transactions of one key that may wait to be mined at one time; Besu's pool takes 200 of one sender."""
TRUSTED = 50
"""Items above which those that nothing speaks against go without being tried. Up to there trying costs little, and the
people learn at once what a block would tell them."""
FRAME = 160
"""Bytes of `relay` around one item's calldata."""
GENEROUS = 10_000_000
"""Gas with which an item is looked at alone."""


@dataclass(frozen=True)
class Most:
    """What the network takes: of one transaction the gas of its items and the bytes, of one key the transactions that
    wait to be mined. `together`: gas above which items go in several transactions; one item may need more."""

    gas: int = MOST_GAS
    bytes: int = MOST_BYTES
    in_flight: int = MOST_IN_FLIGHT
    together: int = MOST_GAS


USUAL = Most()
"""What networks take as a rule."""


@dataclass(frozen=True)
class Item:
    """One call ready to go, and the legs of one act that it carries out. `group`: what it must stay in order with;
    `key`: the relayer that it therefore goes by."""

    act: Act
    legs: tuple[Leg, ...]
    call: Call
    group: bytes
    key: str = ""


@dataclass(frozen=True)
class Held:
    """An item that can't go. `refusal`: None when nothing is wrong with it and it only has to wait for others;
    `alone`: whether the chain refuses it at the head by itself; `short`: it ran out of the gas that it was given."""

    item: Item
    refusal: Refusal | None
    alone: bool = True
    short: bool = False


def pack(items: Iterable[Item], most: Most) -> Iterator[list[Item]]:
    """Items in their order, cut into what one transaction holds."""
    batch: list[Item] = []
    gas = size = 0
    for item in items:
        more = len(item.call.data) + FRAME
        full = (
            len(batch) == MOST_ITEMS
            or gas + item.call.gas > min(most.gas, most.together)
            or size + more > most.bytes
        )
        if batch and full:
            yield batch
            batch, gas, size = [], 0, 0
        batch.append(item)
        gas += item.call.gas
        size += more
    if batch:
        yield batch


def _by_key(items: Sequence[Item], most: Most) -> Iterator[list[Item]]:
    for key in dict.fromkeys(item.key for item in items):
        yield from pack((item for item in items if item.key == key), most)


class Trial:
    """`singles`: an item for each leg, for an item of several. `passes`: whether a refusal can pass. `most`: what
    one transaction holds. `trusted`: so many items at once are tried all."""

    def __init__(
        self,
        chain: Chain,
        singles: Callable[[Item], list[Item]],
        passes: Callable[[Item, Refusal], bool],
        most: Most,
        trusted: int = TRUSTED,
    ) -> None:
        self._chain = chain
        self._singles = singles
        self._passes = passes
        self._most = most
        self._trusted = trusted

    def judge(
        self, batches: Sequence[list[Item]], ahead: Mapping[bytes, Sequence[Call]], doubted: Collection[bytes]
    ) -> tuple[list[list[Item]], list[Held]]:
        """Batches that go as they stand, and what is held back. `ahead`: by group the calls that are out and not mined;
        `doubted`: groups in which something was refused before."""
        items = [item for batch in batches for item in batch]
        tried = self._to_be_tried(batches, items, doubted)
        answers = self._chain.attempt([[item.call for item in batch] for batch in tried]) if tried else []
        refused: list[tuple[Item, Refusal]] = []
        for batch, refusals in zip(tried, answers, strict=True):
            pairs = zip(batch, refusals, strict=True)
            refused += [(item, refusal) for item, refusal in pairs if refusal is not None]
        if not refused:
            return list(batches), []
        out = {item.legs[0].id for item, _ in refused}
        # in their order, so that what was tried has its place among what was not
        go = list(_by_key([item for item in items if item.legs[0].id not in out], self._most))
        found = self._alone(refused)
        behind, held = self._behind(found, go, ahead)
        return [*go, *_by_key(behind, self._most)], held

    def _to_be_tried(
        self, batches: Sequence[list[Item]], items: Sequence[Item], doubted: Collection[bytes]
    ) -> list[list[Item]]:
        if len(items) <= self._trusted:
            return list(batches)
        return list(_by_key([item for item in items if item.group in doubted], self._most))

    def sure(self, items: Sequence[Item], ends: Callable[[Item, Refusal], bool]) -> list[bool]:
        """Whether each, refused at the head by one node for good, is so where nothing changes any more, by another
        node's word too."""
        gas = min(GENEROUS, self._most.gas)
        said = self._chain.confirm([replace(item.call, gas=gas) for item in items]) if items else []
        return [
            bool(words) and all(word is not None and ends(item, word) for word in words)
            for item, words in zip(items, said, strict=True)
        ]

    def _alone(self, refused: Sequence[tuple[Item, Refusal]]) -> list[Held]:
        singles = [
            (single, before.name in SHORT)
            for item, before in refused
            for single in ([item] if len(item.legs) == 1 else self._singles(item))
        ]
        answers = self._chain.attempt(
            [[replace(item.call, gas=min(GENEROUS, self._most.gas))] for item, _ in singles]
        )
        return [
            Held(item, refusal, short=short and refusal is None)
            for (item, short), [refusal] in zip(singles, answers, strict=True)
        ]

    def _behind(
        self, found: Sequence[Held], go: Sequence[list[Item]], ahead: Mapping[bytes, Sequence[Call]]
    ) -> tuple[list[Item], list[Held]]:
        """Tries what may lack something that is under way behind that."""
        calls: dict[bytes, list[Call]] = {group: list(known) for group, known in ahead.items()}
        for item in (item for batch in go for item in batch):
            calls.setdefault(item.group, []).append(item.call)
        by_group: dict[bytes, list[Item]] = {}
        held = []
        for one in found:
            if one.refusal and self._passes(one.item, one.refusal) and one.item.group in calls:
                by_group.setdefault(one.item.group, []).append(one.item)
            else:
                held.append(one)
        cut = {group: self._cut(calls[group], items) for group, items in by_group.items()}
        tried = {group: items for group, items in cut.items() if items}
        batches = [[*calls[group], *(item.call for item in items)] for group, items in tried.items()]
        behind: list[Item] = []
        for (group, items), refusals in zip(tried.items(), self._chain.attempt(batches), strict=True):
            for item, refusal in zip(items, refusals[len(calls[group]) :], strict=True):
                if refusal is None:
                    behind.append(item)
        out = {item.legs[0].id for item in behind}
        waiting = [one for one in found if one.item.group in by_group and one not in held]
        held += [replace(one, alone=False) for one in waiting if one.item.legs[0].id not in out]
        return behind, held

    def _cut(self, before: Sequence[Call], items: Sequence[Item]) -> list[Item]:
        """As many as one simulation holds behind what goes before."""
        gas = sum(call.gas for call in before)
        size = sum(len(call.data) + FRAME for call in before)
        taken = []
        for item in items:
            gas += item.call.gas
            size += len(item.call.data) + FRAME
            if gas > self._most.gas or size > 3 * MOST_BYTES:
                break
            taken.append(item)
        return taken


__all__ = [
    "MOST_BYTES",
    "MOST_GAS",
    "MOST_IN_FLIGHT",
    "SHORT",
    "TRUSTED",
    "USUAL",
    "Held",
    "Item",
    "Most",
    "Trial",
    "pack",
]
