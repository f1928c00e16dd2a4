"""The hand that deals: random choices over one ledger's state, mostly such that an act is right in every respect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

from ledger import typed
from ledger.ids import keccak256
from tests.model.participants import DAY
from tests.model.reference import Model
from tests.model.steps import Seal, Sig, Step
from tests.support.actors import Key

EVIDENCE = keccak256(b"evidence")
MAKER, CHECKER, SOLE = 1, 2, 3


class Hand:
    """`on`: which of the run's ledgers. `fresh`: how many salts and keys were given out."""

    def __init__(self, rnd: Random, model: Model, on: int, counter: Callable[[], int], keys: Any) -> None:
        self.rnd, self.model, self.on, self._counter, self._keys = rnd, model, on, counter, keys

    @property
    def now(self) -> int:
        """The time of the next block."""
        return self.model.now

    # ---- plain choices

    def one(self, items: Iterable[Any]) -> Any:
        """Any of them, or None."""
        listed = items if isinstance(items, Sequence) else list(items)
        return listed[int(self.rnd.random() * len(listed))] if listed else None

    def some(self, items: Sequence[Any], most: int) -> list[Any]:
        """A few of them, at least one if there is one."""
        return self.rnd.sample(list(items), min(len(items), self.up_to(most)))

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.rnd.random() < share

    def up_to(self, most: int, least: int = 1) -> int:
        """From least to most."""
        return least + int(self.rnd.random() * (most - least + 1))

    def salt(self) -> bytes:
        """32 bytes never given before."""
        return keccak256(b"salt" + self._counter().to_bytes(8, "big"))

    def new_key(self) -> str:
        """The address of a key never given before."""
        address: str = self._keys.add(Key(f"model {self._counter()}"))
        return address

    # ---- participants and what they sign

    def with_role(self, role: int, *others: int) -> list[int]:
        """Participants with a role, but for these."""
        return [p for p, who in self.model.participants.items() if who.roles & role and p not in others]

    def seal(self, party: int) -> Seal:
        """The signatures of a participant, as its keys allow. Nobody's, if it is not there."""
        who = self.model.participants.get(party)
        if who is None:
            return (Sig(self.one(list(self.model.owner))),)
        by = {
            right: [key for key, has in who.keys.items() if has == right] for right in (MAKER, CHECKER, SOLE)
        }
        pair = bool(by[MAKER] and by[CHECKER])
        if by[SOLE] and not (pair and self.chance(0.3)):
            return (Sig(self.one(by[SOLE])),)
        return Sig(self.one(by[MAKER])), Sig(self.one(by[CHECKER]))

    def panel(self) -> list[Seal]:
        """The threshold of its members, sometimes more."""
        members = self.model.panel
        count = self.model.threshold if self.chance(0.8) else self.up_to(len(members), self.model.threshold)
        return [self.seal(member) for member in sorted(self.rnd.sample(members, count))]

    # ---- acts

    def message(self, primary: str, **fields: Any) -> dict[str, Any]:
        """An act's message, with salt, deadline and evidence filled in."""
        filled = {"salt": self.salt(), "deadline": self.deadline(), "evidence": EVIDENCE, **fields}
        return {name: filled[name] for name, _ in typed.TYPES[primary]}

    def deadline(self) -> int:
        """The last second of an act: now in the extreme, mostly some days away."""
        return self.now + (0 if self.chance(0.03) else int(self.rnd.random() * 20 * DAY))

    def step(self, kind: str, seals: list[Seal], **fields: Any) -> Step:
        """An act, signed by these."""
        step = Step(kind, seals=seals, on=self.on)
        step.message = self.message(step.primary, **fields)
        return step

    def sequence(self, what: str, whose: Any) -> int:
        """The current sequence number of what an act changes."""
        return self.model.sequences.get((what, whose), 0)

    # ---- tickets and issuances

    def tickets(self, wanted: Callable[[bytes, Any, Any], bool]) -> list[bytes]:
        """Ids of owned tickets that (id, ticket, issuance) fit."""
        issuances = self.model.issuances
        return [
            id
            for id, t in self.model.tickets.items()
            if t.party and wanted(id, t, dict.__getitem__(issuances, id[:16]))
        ]

    def movable(self, depth: int = 0) -> bytes | None:
        """A ticket of which value can be offered now."""
        now = self.now
        if self.chance(0.04):
            return self.one(self.tickets(lambda *_: True))  # type: ignore[no-any-return]
        found: bytes | None = self.one(
            self.tickets(
                lambda _, t, i: (
                    t.value > 0
                    and not t.taken
                    and t.depth >= depth
                    and i.paid < i.face
                    and not i.void
                    and now < i.until
                )
            )
        )
        return found

    def any_ticket(self) -> bytes | None:
        """Any word: a ticket, a lock, a tombstone."""
        found: bytes | None = self.one(list(self.model.tickets))
        return found

    def issuance(self, wanted: Callable[[Any], bool] = lambda _: True) -> bytes | None:
        """An issuance that fits."""
        found: bytes | None = self.one([id for id, i in self.model.issuances.items() if wanted(i)])
        return found

    def value_of(self, free: int, minimum: int) -> int:
        """An amount to move: all, the least, or something between."""
        if free <= minimum:
            return max(free, 1)
        pick = self.rnd.random()
        if pick < 0.2:
            return free
        if pick < 0.35:
            return minimum
        if pick < 0.45:
            return max(free - minimum, minimum)
        return minimum + int(self.rnd.random() * (free - minimum))
