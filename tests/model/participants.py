"""PARTICIPANTS in the reference model: who they are, who signs for them, the panel; what a signature is worth.

A signature is (key, digest that was signed), and stands for one made with that key; a key "" is bytes from which none
can be recovered. A party signs with its sole key, or with a maker's and a checker's: a tuple of one or two of these; a
tuple of another length is bytes of a wrong length. An act has one such tuple for each party that signs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace as Row
from typing import Any

DAY = 86_400
CORE, SUPPLIER, BANK, CLEARING_BANK, REGISTRAR, AUDITOR, ANY_ROLE = 1, 2, 4, 8, 16, 32, 63
MAKER, CHECKER, SOLE = 1, 2, 3
PARTICIPANTS, LIMITS, ISSUE, TRANSFER, FINANCE, ALL_STAGES = 1, 2, 4, 8, 16, 31
MOST_KEYS, MOST_MEMBERS = 16, 15
Signatures = tuple[tuple[str, bytes], ...]


class Refused(Exception):
    """An act, a child or a line that takes no effect, by the name of the contract's error."""


def refuse(**reasons: Any) -> None:
    """Refuses for the first reason that applies."""
    for name, applies in reasons.items():
        if applies:
            raise Refused(name)


class Participants:
    """Participants, their keys and the panel, their acts, and the checks with which every act begins."""

    def __init__(self) -> None:
        self.now = 0
        self.participants: dict[int, Row] = {}  # with `keys`: key → right, of those that may sign
        self.owner: dict[str, int] = {}  # a key belongs to one participant for ever
        self.recoveries: dict[
            int, Row
        ] = {}  # of a participant's keys: digest, ready_at, keys with their rights
        self.panel: list[int] = []
        self.threshold = 0
        self.sequences: dict[Any, int] = {}  # of what acts change: (what, whose)
        self.stopped_stages = self.stopped_until = self.stop_free_from = 0
        self.closed = False
        self.binds: Any = None  # the sequence number that the act at hand binds

    # ---- the acts

    def admit(self, a: Row) -> None:
        self._begin(a, signatures=2 + len(a.keys), stage=PARTICIPANTS)
        self._role(a.registrar, REGISTRAR)
        self._role(a.bank, BANK)
        refuse(NotIndependent=a.registrar == a.bank)
        self._named(a, a.registrar, a.bank)
        self._consent(a, a.keys, 2)
        keys = self._newcomer(vars(a))
        self._names_clearing_bank(len(self.participants) + 1, a.roles, a.clearingBank)
        self._enter(vars(a), keys)

    def _newcomer(self, a: Any) -> dict[str, int]:
        bank, trader, clears = (a["roles"] & role for role in (BANK, CORE | SUPPLIER, CLEARING_BANK))
        fits = 0 < a["roles"] <= ANY_ROLE and not (bank and trader) and not (clears and not bank)
        known = any(who.uscc == a["uscc"] for who in self.participants.values())
        refuse(BadUscc=len(a["uscc"].encode()) != 18, AlreadyAdmitted=known, BadRoles=not fits)
        return self._with(len(self.participants) + 1, {}, a["keys"])

    def _names_clearing_bank(self, party: int, roles: int, named: int) -> None:
        needed = BANK if roles & CLEARING_BANK else CLEARING_BANK
        fits = named != party and named in self.participants and self.participants[named].roles & needed
        refuse(BadClearingBank=not fits)

    def _enter(self, a: Any, keys: dict[str, int]) -> None:
        party = len(self.participants) + 1
        who = Row(
            uscc=a["uscc"], roles=a["roles"], clearing_bank=a["clearingBank"], profile=a["profile"], keys=keys
        )
        self.participants[party] = who
        who.suspended_until, who.suspension_free_from, who.suspended_by_panel = 0, 0, False
        self.owner.update(dict.fromkeys(keys, party))

    def changeSigners(self, a: Row) -> None:
        self._begin(a, signatures=1 + len(a.add))
        self._sequence(a, "participant", a.party)
        self._named(a, a.party)
        self._consent(a, a.add, 1)
        keys = dict(self.participants[a.party].keys)
        for key in a.remove:
            refuse(NotASigner=not keys.pop(key, 0))
        self.participants[a.party].keys = self._with(a.party, keys, a.add)
        self.owner.update({k["key"]: a.party for k in a.add})

    def changeProfile(self, a: Row) -> None:
        self._begin(a, signatures=1)
        self._sequence(a, "participant", a.party)
        self._named(a, a.party)
        self.participants[a.party].profile = a.profile

    def recover(self, a: Row) -> None:
        self._begin(a)
        refuse(
            BadSignatureCount=len(a.signatures) < 1 + len(a.keys),
            UnknownParty=a.party not in self.participants,
        )
        self._sequence(a, "participant", a.party)
        refuse(RecoveryRunning=self._runs(self.recoveries.get(a.party)))
        self._named(a, self.participants[a.party].clearing_bank)
        self._consent(a, a.keys, 1)
        self._panel(a, 1 + len(a.keys))
        refuse(TooMany=len(a.keys) > MOST_KEYS)
        keys = self._with(a.party, {}, a.keys, instead=self.participants[a.party].keys)
        self.owner.update(dict.fromkeys(keys, a.party))
        self.recoveries[a.party] = Row(digest=a.digest, ready_at=self.now + 14 * DAY, keys=keys)

    def _runs(self, change: Any) -> bool:
        """14 days after it was ready, a change that nobody completed makes way for another."""
        return change is not None and bool(self.now < change.ready_at + 14 * DAY)

    def vetoRecovery(self, a: Row) -> None:
        self._begin(a, signatures=1)
        refuse(NoRecovery=a.recovery != getattr(self.recoveries.get(a.party), "digest", None))
        key = self._one_key(a, 0)
        refuse(NotASigner=not self._right(key), WrongParty=self.owner.get(key) != a.party)
        del self.recoveries[a.party]

    def completeRecovery(self, a: Row) -> None:
        self._begin(a, signatures=1)
        refuse(NoRecovery=a.recovery != getattr(self.recoveries.get(a.party), "digest", None))
        refuse(TooEarly=self.now < self.recoveries[a.party].ready_at)
        key = self._one_key(a, 0)
        refuse(NotASigner=not self._awaits(key), WrongParty=self.owner.get(key) != a.party)
        self.participants[a.party].keys = self.recoveries.pop(a.party).keys
        self.sequences["participant", a.party] += 1

    def suspend(self, a: Row) -> str:
        self._begin(a)
        refuse(UnknownParty=a.party not in self.participants)
        self._sequence(a, "suspension", a.party)
        who, lifts = self.participants[a.party], a.until <= self.now
        if a.byPanel:
            self._panel(a, 0)
        else:
            refuse(BadSignatureCount=len(a.signatures) != 1)
            self._role(self._party(a.digest, a.signatures[0]), REGISTRAR)
            refuse(
                SuspendedByPanel=who.suspended_by_panel and self.now < who.suspended_until,
                NotSuspended=lifts and self.now >= who.suspended_until,
                SuspensionTooLong=a.until > self.now + 30 * DAY,
                TooEarly=not lifts and self.now < who.suspension_free_from,
            )
            who.suspension_free_from = who.suspension_free_from if lifts else a.until + 30 * DAY
        who.suspended_until, who.suspended_by_panel = (0, False) if lifts else (a.until, a.byPanel)
        return "lifted" if lifts else "done"

    def changePanel(self, a: Row) -> None:
        self._by_panel(a)
        self._seat(a.members, a.threshold)

    def stop(self, a: Row) -> None:
        self._by_panel(a)
        refuse(BadStages=not 1 <= a.stages <= ALL_STAGES, TooEarly=self.now < self.stop_free_from)
        refuse(StopTooLong=not self.now < a.until <= self.now + 7 * DAY)
        self.stopped_stages, self.stopped_until, self.stop_free_from = a.stages, a.until, self.now + 30 * DAY

    def close(self, a: Row) -> None:
        self._by_panel(a)
        self.closed = True

    def _by_panel(self, a: Row) -> None:
        self._begin(a)
        self._sequence(a, "governance", 0)
        self._panel(a, 0)

    # ---- how every act begins

    def _begin(self, a: Row, signatures: int | None = None, stage: int = 0) -> None:
        refuse(Expired=self.now > a.deadline)
        self._running(stage)
        refuse(BadSignatureCount=signatures not in (None, len(a.signatures)))

    def _running(self, stage: int) -> None:
        refuse(StageStopped=self.stopped_stages & stage and self.now < self.stopped_until)

    def _sequence(self, a: Row, what: str, whose: Any) -> None:
        """The act is refused unless it names the current number; when it takes effect, the number is one higher."""
        refuse(StaleSequence=a.sequence != self.sequences.get((what, whose), 0))
        self.binds = what, whose

    # ---- parties

    def _party(self, digest: bytes, signatures: Signatures) -> int:
        """Whose signatures these are."""
        refuse(BadSignatureLength=len(signatures) not in (1, 2))
        if len(signatures) == 1:
            return self._signer(digest, signatures[0], SOLE)
        maker = self._signer(digest, signatures[0], MAKER)
        refuse(MixedParties=self._signer(digest, signatures[1], CHECKER) != maker)
        return maker

    def _signer(self, digest: bytes, signature: tuple[str, bytes], right: int) -> int:
        """The owner of the key, which has this right. Out of a signature over anything else a foreign key comes."""
        key, signed = signature
        refuse(BadSignature=key == "")
        found = self._right(key) if signed == digest else 0
        refuse(NotASigner=not found, WrongRight=found != right)
        return self.owner[key]

    def _named(self, a: Row, *parties: int) -> None:
        """The first signatures of the act are of these parties, in this order."""
        for party, signatures in zip(parties, a.signatures, strict=False):
            refuse(WrongParty=self._party(a.digest, signatures) != party)

    def _active(self, party: int) -> Row:
        refuse(Suspended=self.now < self.participants[party].suspended_until)
        return self.participants[party]

    def _role(self, party: int, role: int) -> Row:
        refuse(UnknownParty=party not in self.participants)
        refuse(MissingRole=not self.participants[party].roles & role)
        return self.participants[party]

    # ---- the panel

    def _seat(self, members: Sequence[int], threshold: int) -> None:
        refuse(TooMany=len(members) > MOST_MEMBERS, BadThreshold=not 1 <= threshold <= len(members))
        for member, last in zip(members, [0, *members], strict=False):
            refuse(NotAscending=member <= last, UnknownParty=member not in self.participants)
        self.panel, self.threshold = list(members), threshold

    def _panel(self, a: Row, first: int) -> None:
        """The signatures from `first` on: enough members, ascending."""
        found = len(a.signatures) - first
        refuse(PanelTooSmall=found < self.threshold, TooMany=found > len(self.panel))
        last = 0
        for signatures in a.signatures[first:]:
            member = self._party(a.digest, signatures)
            refuse(NotAscending=member <= last, NotOnPanel=member not in self.panel)
            last = member

    # ---- keys

    def _one_key(self, a: Row, place: int) -> str:
        """The key alone, whatever its right."""
        refuse(BadSignatureLength=len(a.signatures[place]) != 1)
        key, signed = a.signatures[place][0]
        refuse(BadSignature=key == "")
        return key if signed == a.digest else "a foreign key"

    def _right(self, key: str) -> int:
        return self.participants[self.owner[key]].keys.get(key, 0) if key in self.owner else 0

    def _awaits(self, key: str) -> bool:
        """Whether a running recovery brings it in."""
        recovery = self.recoveries.get(self.owner.get(key, 0))
        return recovery is not None and key in recovery.keys

    def _consent(self, a: Row, keys: Sequence[Mapping[str, Any]], first: int) -> None:
        """Each key that comes in signed the act itself."""
        for place, k in enumerate(keys):
            refuse(NotASigner=self._one_key(a, first + place) != k["key"])

    def _with(self, party: int, keys: Mapping[str, int], new: Any, instead: Any = None) -> dict[str, int]:
        """A participant's keys and new ones: nobody else's, not there yet, at most 16, and enough of them to sign.
        `instead`: in a recovery, the keys in whose place they come."""
        keys = dict(keys)
        for k in new:
            key, right = k["key"], k["right"]
            known = key in keys or (self._awaits(key) if instead is None else key in instead)
            foreign = self.owner.get(key, party) != party
            refuse(KeyTaken=foreign or known, BadRight=not MAKER <= right <= SOLE)
            refuse(TooMany=len(keys) == MOST_KEYS)
            keys[key] = right
        refuse(NobodyCanSign=SOLE not in keys.values() and not {MAKER, CHECKER} <= set(keys.values()))
        return keys
