"""One ledger twice: the contract's bytecode in an EVM, and the reference model. Both take each step, and must agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from copy import deepcopy
from typing import Any

from ledger.chain.codec import EVENTS
from ledger.ids import keccak256
from tests.model import invariants, storage
from tests.model.cast import MONTHS, PANEL, SEEDS, THRESHOLD, named_by
from tests.model.participants import Refused
from tests.model.reference import Model
from tests.model.steps import AMPLE, BEYOND, STARVED, Keys, Step, prepare
from tests.model.watched import Noted, Watched
from tests.support import abi
from tests.support.drafts import child_of
from tests.support.evm import GAS_LIMIT, Evm, RawLog
from tests.support.world import deploy

TOPICS = {event.topic: name for name, event in EVENTS.items()}
BORN = {"Issued": 1, "Transferred": 2, "Locked": 2}
"""Events in which a ticket or a lock comes into being, and the topic that names it."""
REFUSALS = {
    "LegRefused": ("child", "child"),
    "LineRefused": ("line", "position"),
    "Refused": ("item", "position"),
}
"""Events that tell what an act left out: what the model calls it, and the argument that names it."""
LeftOut = tuple[tuple[str, Any], str]
"""A child, line or item, and the error for which it was left out."""
RELAY_GAS = 1_500_000_000


class Differs(AssertionError):
    """The contract and the model don't agree, or an invariant does not hold."""


class Pair:
    """One deployment. `covered`: (kind, outcome) of every step and of every child, line and item left out."""

    def __init__(
        self,
        evm: Evm,
        keys: Keys,
        covered: Counter[tuple[str, str]],
        before: Pair | None = None,
        model: type[Model] = Model,
    ) -> None:
        self.evm, self.keys, self.covered = evm, keys, covered
        predecessor: str = before.address if before else "0x" + "00" * 20
        seeds = [_seed(party) for party in SEEDS]
        given = {"seeds": seeds, "members": list(PANEL), "threshold": THRESHOLD, "months": MONTHS}
        world = deploy(evm, predecessor=predecessor, **given)
        self.address: str = world.address
        self.domain = world.domain
        self.model: Model = model(seeds, PANEL, THRESHOLD, MONTHS, child_of, before.model if before else None)
        self.storage = storage.Storage(evm, self.address)
        self.words: dict[bytes, set[bytes]] = defaultdict(set)
        self.born: set[bytes] = set()
        self._watch()

    def _watch(self) -> None:
        for table in storage.TABLES:
            setattr(self.model, table, Watched(getattr(self.model, table)))
        self.model.spent = Noted(set(self.model.spent))

    def copy(self, evm: Evm, covered: Counter[tuple[str, str]]) -> Pair:
        """The same ledger in a copy of its EVM. A predecessor is not copied."""
        other: Pair = object.__new__(Pair)
        other.__dict__.update(self.__dict__)
        other.evm, other.covered, other.model = evm, covered, deepcopy(self.model)
        other.storage = storage.Storage(evm, self.address)
        other.words = defaultdict(set, {id: set(words) for id, words in self.words.items()})
        other.born = set(self.born)
        other._watch()
        return other

    # ---- one step

    def run(self, step: Step) -> str:
        """What became of it: a word, or the name of the error. Raises Differs."""
        model = self.model
        model.now = self.evm.timestamp
        act, data = prepare(step, self.domain, self.keys)
        for table in storage.TABLES:
            getattr(model, table).looked.clear()
        model.spent.looked.clear()  # type: ignore[attr-defined]
        outcome = self.evm.send(self.address, data, RELAY_GAS if step.kind == "relay" else GAS_LIMIT)
        self.evm.number += 1
        left_out = [name for log in outcome.logs for name in self._hear(log)]
        refused, word = "", "done"
        try:
            if step.kind == "relay":
                model.relay(_items(step, act, left_out))
            else:
                word = model.do(step.kind, act)
        except Refused as refusal:
            word = refused = str(refusal)
            model.refusals = []
        found = "" if outcome.ok else abi.decode_error(outcome.output).name or "no reason"
        if found != refused:
            raise Differs(f"{step.kind}: {refused or word} in the model, {found or 'done'} by the contract")
        self.covered[step.kind, word] += 1
        if refused:
            return word
        if step.kind == "relay" and _returned(outcome.output) != [
            each for each in left_out if each[0][0] == "item"
        ]:
            raise Differs(f"a relay returned {_returned(outcome.output)}, its events say {left_out}")
        if left_out != model.refusals:
            raise Differs(f"{step.kind} left out {model.refusals} in the model, {left_out} in the contract")
        self._cover(step)
        self._compare(step)
        return word

    def _hear(self, log: RawLog) -> list[LeftOut]:
        """What a log says was left out; that a ticket came into being is noted."""
        name = TOPICS[log.topics[0]]
        if name in BORN:
            id = log.topics[BORN[name]]
            if id in self.born:
                raise Differs(f"{id.hex()} came into being twice")
            self.born.add(id)
        if name not in REFUSALS:
            return []
        args = abi.decode_log(log).args
        what, place = REFUSALS[name]
        return [((what, args[place]), abi.decode_error(args["reason"]).name)]

    def _cover(self, step: Step) -> None:
        for (what, place), name in self.model.refusals:
            kind = {"child": "transfer", "line": "payOut"}.get(what, "relay")
            if what == "item" and name not in ("ActOutOfGas", "NotPlainAccount"):
                item = step.items[place][0]
                kind = item.kind if item else kind
            self.covered[kind, name] += 1

    def _compare(self, step: Step) -> None:
        model = self.model
        touched = [
            (table, key)
            for table in storage.TABLES
            for key in getattr(model, table).looked
            if table in _MAY_LACK or dict.__contains__(getattr(model, table), key)
            if table not in _READ or dict.get(getattr(model, table), key) != getattr(model, table).looked[key]
        ]
        touched += [("spent", key) for key in model.spent.looked]  # type: ignore[attr-defined]
        for recovery in model.recoveries.looked.values():  # type: ignore[attr-defined]
            touched += [("owner", key) for key in recovery.keys] if recovery else []
        touched.append(("governance", 0))
        found = storage.differences(model, self.storage, touched)
        if found:
            raise Differs(f"{step.kind}: {_shown(found)}")
        try:
            self._invariants()
        except invariants.Broken as broken:
            raise Differs(f"{step.kind}: not any more: {broken}") from None

    def _invariants(self) -> None:
        model = self.model
        for id, before in list(model.tickets.looked.items()):  # type: ignore[attr-defined]
            after = dict.get(model.tickets, id)
            if before is not None:
                invariants.moved(model, before, after)
            if after is not None:
                self.words[id[:16]].add(id)
        asked = {id[:16] for id in model.tickets.looked} | model.issuances.looked.keys()  # type: ignore[attr-defined]
        for issuance in asked:
            if dict.__contains__(model.issuances, issuance):
                invariants.whole(model, issuance, self.words[issuance])
        invariants.limits(model)

    def limits(self) -> None:
        """The invariants of cores, locks and participants. Raises Differs."""
        try:
            invariants.limits(self.model)
        except invariants.Broken as broken:
            raise Differs(f"not any more: {broken}") from None

    def check(self) -> None:
        """Everything: all entries, all slots, all invariants. Raises Differs."""
        found = storage.whole(self.model, self.storage)
        if found:
            raise Differs(_shown(found))
        try:
            invariants.always(self.model)
        except invariants.Broken as broken:
            raise Differs(f"not any more: {broken}") from None
        made = {id for id, t in self.model.tickets.items() if t.state != "withdrawn"}
        if made != self.born:
            raise Differs("events tell of other tickets than there are")


def _items(step: Step, acts: Any, left_out: list[LeftOut]) -> list[tuple[str, Any, bool | None]]:
    """A relay as the model takes it. The model can't reckon gas, so where it may or may not suffice the contract says;
    what it can't do is to let an item end otherwise."""
    starved = {place for (what, place), name in left_out if what == "item" and name == "ActOutOfGas"}
    known: dict[int, bool | None] = {BEYOND: None, STARVED: False, AMPLE: True}
    return [
        (item.kind if item else "", act, known.get(gas, place not in starved))
        for place, ((item, gas), act) in enumerate(zip(step.items, acts, strict=True))
    ]


def _returned(output: bytes) -> list[LeftOut]:
    """What `relay` says itself of each item that did not take effect."""
    reasons = enumerate(abi.decode_output("relay", output))
    return [(("item", place), abi.decode_error(reason).name) for place, reason in reasons if reason]


_MAY_LACK = ("tickets", "locks", "issuances", "replacements", "recoveries", "owner", "evidence")
"""Tables in which nothing, too, is compared with what the contract has there."""
_READ = ("participants", "owner", "openings")
"""Tables that every act reads: of these, what the model changed."""


def _shown(found: list[storage.Difference]) -> str:
    return "; ".join(
        f"{table} {key!r}: {ours} in the model, {theirs} in the contract"
        for table, key, ours, theirs in found
    )


def _seed(who: Any) -> dict[str, Any]:
    return {
        "uscc": who.uscc,
        "roles": int(who.roles),
        "clearingBank": named_by(who),
        "profile": keccak256(who.title.encode()),
        "keys": who.keys,
    }
