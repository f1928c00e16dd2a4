"""What goes wrong with an act's signatures: missing, foreign, broken, of another key, another right, another act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.typed import Domain
from tests.model.hand import CHECKER, MAKER, Hand
from tests.model.steps import Seal, Sig, Step


def signatures(hand: Hand, step: Step, foreign: Domain) -> None:
    """One thing wrong with the signatures of an act. `foreign`: where else the same keys may have signed it."""
    places: list[Any] = [None] if hand.chance(0.25) else [*range(len(step.seals)), *step.accepts]
    place = hand.one(places)
    if place is None or not step.seals:
        if step.kind == "transfer":
            return
        _count(hand, step)
        return
    seal = place.seal if not isinstance(place, int) else step.seals[place]
    how: Callable[..., Seal] = hand.one(
        (_length, _broken, _stranger, _other, _right, _mixed, _over, _gone, _lone, _foreign)
    )
    wrong = how(hand, seal) if how is not _foreign else _foreign(hand, seal, step.digest(foreign))
    if isinstance(place, int):
        step.seals[place] = wrong
    else:
        place.seal = wrong


def _count(hand: Hand, step: Step) -> None:
    """One too few, one too many, or in another order."""
    pick = hand.up_to(6)
    if pick == 6:
        del step.seals[hand.up_to(2, 0) :]
    elif pick <= 2 and step.seals:
        step.seals.pop(hand.up_to(len(step.seals) - 1, 0))
    elif pick == 3:
        step.seals.append(hand.seal(hand.up_to(len(hand.model.participants))))
    elif pick == 4 and step.seals:
        step.seals.append(step.seals[-1])
    else:
        step.seals.reverse()


def _length(hand: Hand, seal: Seal) -> Seal:
    return () if hand.chance(0.5) else (seal + seal + seal)[:3]


def _broken(hand: Hand, seal: Seal) -> Seal:
    place = hand.up_to(len(seal), 1) - 1 if seal else 0
    return tuple(Sig("") if n == place else sig for n, sig in enumerate(seal))


def _stranger(hand: Hand, seal: Seal) -> Seal:
    return (Sig(hand.new_key()),)


def _other(hand: Hand, seal: Seal) -> Seal:
    return hand.seal(hand.up_to(len(hand.model.participants)))


def _keys(hand: Hand, right: int) -> list[str]:
    return [k for who in hand.model.participants.values() for k, has in who.keys.items() if has == right]


def _right(hand: Hand, seal: Seal) -> Seal:
    """A key where it has no such right: a maker alone, a checker first, a pair of soles."""
    if len(seal) == 2:
        return seal[1], seal[0]
    owner = hand.model.owner.get(seal[0].key, 0) if seal else 0
    who = hand.model.participants.get(owner)
    keys = [key for key, right in who.keys.items() if right in (MAKER, CHECKER)] if who else []
    return (Sig(hand.one(keys)),) if keys and hand.chance(0.7) else seal + seal


def _mixed(hand: Hand, seal: Seal) -> Seal:
    if len(seal) == 2 and hand.chance(0.5):
        return seal[0], Sig(hand.one(_keys(hand, CHECKER)))
    return Sig(hand.one(_keys(hand, MAKER))), Sig(hand.one(_keys(hand, CHECKER)))


def _over(hand: Hand, seal: Seal) -> Seal:
    return tuple(Sig(sig.key, hand.salt()) if sig.key else sig for sig in seal)


def _gone(hand: Hand, seal: Seal) -> Seal:
    """A key that may sign no more, or not yet."""
    gone = [key for key in hand.model.owner if not hand.model._right(key)]
    return (Sig(hand.one(gone)),) if gone else ()


def _lone(hand: Hand, seal: Seal) -> Seal:
    """Any one key, or one that a recovery is to bring in."""
    awaited = [key for recovery in hand.model.recoveries.values() for key in recovery.keys]
    return (Sig(hand.one(awaited if awaited and hand.chance(0.5) else list(hand.model.owner))),)


def _foreign(hand: Hand, seal: Seal, digest: bytes = b"") -> Seal:
    return tuple(Sig(sig.key, digest) if sig.key else sig for sig in seal)


def pin(step: Step, digest: bytes) -> None:
    """What was signed stays signed, whatever the act then says."""
    step.seals = [tuple(Sig(s.key, s.over or digest) if s.key else s for s in seal) for seal in step.seals]


AIMED: dict[str, Callable[[Hand, Seal], Seal]] = {
    "BadSignature": _broken,
    "BadSignatureLength": _length,
    "MixedParties": _mixed,
    "WrongRight": _right,
    "NotASigner": _over,
    "WrongParty": _lone,
}
"""Refusals, and what is wrong with one party's signatures then."""


def aimed(hand: Hand, step: Step, error: str) -> None:
    """One party's signatures such that the act should be refused for this."""
    if step.seals:
        place = hand.up_to(len(step.seals)) - 1
        step.seals[place] = AIMED[error](hand, step.seals[place])
