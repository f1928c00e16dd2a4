"""What goes wrong with an act that was right: one thing at a time, in its signatures or in what it says."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from ledger import typed
from ledger.typed import Domain
from tests.model.hand import CHECKER, MAKER, Hand
from tests.model.reference import DAY
from tests.model.steps import UNSIGNED, Seal, Sig, Step

LARGEST = (1 << 96) - 1


def twist(hand: Hand, step: Step, domain: Domain, foreign: Domain) -> Step:
    """A copy with one thing wrong; now and then what comes out is right all the same. `foreign`: where else the
    same keys may have signed the same act."""
    step = _copy(step)
    if step.kind not in UNSIGNED and hand.chance(0.45):
        _signatures(hand, step, domain, foreign)
    elif step.kind not in UNSIGNED and hand.chance(0.08):
        step.message["deadline"] = hand.now - hand.up_to(DAY)
    elif step.kind == "transfer" and hand.chance(0.3):
        _places(hand, step)
    elif hand.chance(0.12):
        _too_many(hand, step)
    else:
        if step.kind not in UNSIGNED and hand.chance(0.1):
            _pin(step, step.digest(domain))
        _field(hand, step.message, step.primary)
    _aligned(step)
    return step


def _copy(step: Step) -> Step:
    """With messages and signatures of its own."""
    message = {name: _copied(value) for name, value in step.message.items()}
    accepts = [replace(accept, places=list(accept.places)) for accept in step.accepts]
    return replace(step, message=message, seals=list(step.seals), accepts=accepts)


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [dict(item) if isinstance(item, dict) else item for item in value]
    return value


def blind(hand: Hand, kind: str) -> Step | None:
    """An act out of nothing but chance."""
    step = Step("transfer" if kind == "accept" else kind, on=hand.on)
    if kind == "returnLock":
        step.message = {"lock": hand.any_ticket() or hand.salt()}
    elif kind == "reportOverdue":
        step.message = {"issuance": hand.issuance() or hand.salt()[:16]}
    elif kind in ("withdrawIssue", "voidIssuance"):
        return None  # these carry an issue act
    else:
        empty = {"string": "", "bool": False}
        for name, of in typed.TYPES[step.primary]:
            start: Any = (
                [] if of.endswith("[]") else bytes(int(of[5:])) if of[:5] == "bytes" else empty.get(of, 0)
            )
            step.message[name] = start if of.endswith("[]") else _changed(hand, name, of, start)
        step.message["deadline"] = hand.deadline()
        step.seals = [hand.seal(hand.up_to(len(hand.model.participants))) for _ in range(hand.up_to(3))]
        step.seals = step.seals[:1] if step.kind == "transfer" else step.seals
    return step


# ---- signatures


def _signatures(hand: Hand, step: Step, domain: Domain, foreign: Domain) -> None:
    places: list[Any] = [None] if hand.chance(0.2) else [*range(len(step.seals)), *step.accepts]
    place = hand.one(places)
    if place is None or not step.seals:
        if step.kind == "transfer":
            return
        _count(hand, step)
        return
    seal = place.seal if not isinstance(place, int) else step.seals[place]
    how: Callable[..., Seal] = hand.one(
        (_length, _broken, _stranger, _other, _right, _mixed, _over, _gone, _foreign)
    )
    wrong = how(hand, seal) if how is not _foreign else _foreign(hand, seal, step.digest(foreign))
    if isinstance(place, int):
        step.seals[place] = wrong
    else:
        place.seal = wrong


def _count(hand: Hand, step: Step) -> None:
    """One too few, one too many, or in another order."""
    pick = hand.up_to(4)
    if pick == 1 and step.seals:
        step.seals.pop(hand.up_to(len(step.seals) - 1, 0))
    elif pick == 2:
        step.seals.append(hand.seal(hand.up_to(len(hand.model.participants))))
    elif pick == 3 and step.seals:
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


def _foreign(hand: Hand, seal: Seal, digest: bytes = b"") -> Seal:
    return tuple(Sig(sig.key, digest) if sig.key else sig for sig in seal)


def _pin(step: Step, digest: bytes) -> None:
    """What was signed stays signed, whatever the act then says."""
    step.seals = [tuple(Sig(s.key, s.over or digest) if s.key else s for s in seal) for seal in step.seals]


# ---- what it says


def _field(hand: Hand, message: dict[str, Any], primary: str) -> None:
    """Another value in one field."""
    names = [
        (name, of) for name, of in _fields(message, primary) if name not in ("salt", "evidence", "trade")
    ]
    name, of = hand.one(names)
    if not of.endswith("[]"):
        message[name] = _changed(hand, name, of, message[name])
        return
    items = message[name]
    pick = hand.up_to(6)
    if items and pick <= 2 and of[:-2] in typed.TYPES:
        _field(hand, hand.one(items), of[:-2])
    elif items and pick == 3:
        items.pop(hand.up_to(len(items)) - 1)
    elif items and pick == 4:
        items.append(deepcopy(hand.one(items)))
    elif pick == 5:
        items.reverse()
    elif items and of[:-2] not in typed.TYPES:
        place = hand.up_to(len(items)) - 1
        items[place] = _changed(hand, name, of[:-2], items[place])


def _fields(message: dict[str, Any], primary: str) -> list[tuple[str, str]]:
    if primary == "ReturnLock":
        return [("lock", "bytes32")]
    if primary == "ReportOverdue":
        return [("issuance", "bytes16")]
    return list(typed.TYPES[primary])


def _changed(hand: Hand, name: str, of: str, value: Any) -> Any:
    if of == "bool":
        return not value
    if of == "string":
        return hand.one((value[:-1], value + "0", hand.model.participants[1].uscc))
    if of == "address":
        return hand.one((hand.new_key(), hand.one(list(hand.model.owner))))
    if of == "bytes16":
        return hand.one((hand.salt()[:16], hand.issuance() or bytes(16)))
    if of == "bytes32":
        return hand.one(
            (hand.salt(), hand.any_ticket() or bytes(32), hand.any_ticket() or bytes(32), bytes(32))
        )
    return _number(hand, name, int(of[4:]), value) % (1 << int(of[4:]))


def _number(hand: Hand, name: str, bits: int, value: int) -> int:
    if bits == 48:
        return hand.up_to(len(hand.model.participants) + 1, 0)
    if bits == 96:
        return int(hand.one((0, 1, value - 1, value + 1, value * 2, LARGEST, 1 << 88, 10**14)) or 0)
    if bits == 40:
        day = hand.up_to(40) * DAY
        near = (0, hand.now - 1, hand.now, hand.now + 1, value - 1, value + 1)
        return int(hand.one((*near, hand.now + day, hand.now - day, value + day, value - day, (1 << 40) - 1)))
    if bits == 32 and name == "grace":
        return 60 * DAY + 1
    if bits == 8:
        return int(hand.one((0, 1, 2, 3, 4, 8, 12, 21, 32, 37, 51, 64, 255)))
    return int(hand.one((value - 1, value + 1, value + 1, 0, 5)))


MOST = {
    "Admit": 17,
    "Recover": 17,
    "ChangeSigners": 17,
    "ChangePanel": 16,
    "Issue": 101,
    "Fund": 201,
    "PayOut": 201,
}
MOST |= {"Withdraw": 101, "Void": 257, "Offer": 101}


def _too_many(hand: Hand, step: Step) -> None:
    """One more than there may be of something."""
    most = MOST.get(step.primary, 0)
    names = [name for name, of in typed.TYPES.get(step.primary, ()) if of.endswith("[]") and name != "remove"]
    if not most or not names:
        step.seals += [hand.seal(member) for member in [*hand.model.panel, 1, 2, 3]][: 20 - len(step.seals)]
        return
    items = step.message[names[0]]
    if step.primary in ("Admit", "Recover", "ChangeSigners"):
        new = [{"key": hand.new_key(), "right": 3} for _ in range(most - len(items))]
        place = {"Admit": 2, "Recover": 1, "ChangeSigners": 1}[step.primary] + len(items)
        step.seals[place:place] = [(Sig(k["key"]),) for k in new]
        items += new
    elif step.primary == "ChangePanel":
        items[:] = range(1, most + 1)
    elif items:
        items[:] = [deepcopy(items[n % len(items)]) for n in range(most)]


def _places(hand: Hand, step: Step) -> None:
    """A child accepted twice, one that there is not, none at all, or a receiver who is not the child's."""
    children = step.message["children"]
    accept = hand.one(step.accepts)
    pick = hand.up_to(5)
    if accept is None or pick == 1:
        step.accepts = []
    elif pick == 2:
        accept.places.append(hand.one(accept.places))
    elif pick == 3:
        accept.places.append(120)
    elif pick == 4:
        accept.to = hand.up_to(len(hand.model.participants) + 1)
        accept.seal = hand.seal(accept.to)
    else:
        hand.one(children)["value"] = hand.one((0, 1, LARGEST, hand.up_to(10**6)))


def _aligned(step: Step) -> None:
    """A child stands in calldata with the receiver who accepts it."""
    if step.kind != "transfer":
        return
    children = step.message["children"]
    for accept in step.accepts:
        accept.places = [place for place in accept.places if place < len(children) or place == 120]
        for place in accept.places:
            if place < len(children):
                children[place]["to"] = accept.to
    step.accepts = [accept for accept in step.accepts if accept.places]
