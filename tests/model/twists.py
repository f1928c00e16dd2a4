"""What goes wrong with an act that was right: one thing at a time, in its signatures or in what it says."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from ledger import typed
from ledger.typed import Domain
from tests.model.hand import Hand
from tests.model.participants import DAY
from tests.model.steps import UNSIGNED, Sig, Step
from tests.model.twists_signing import AIMED, aimed, pin, signatures

LARGEST = (1 << 96) - 1


def twist(hand: Hand, step: Step, domain: Domain, foreign: Domain, aim: str = "") -> Step:
    """A copy with one thing wrong; now and then what comes out is right all the same. `foreign`: where else the
    same keys may have signed the same act. `aim`: a refusal that was not seen yet."""
    step = _copy(step)
    signed = step.kind not in UNSIGNED
    if signed and aim in AIMED and hand.chance(0.7):
        aimed(hand, step, aim)
    elif aim == "BadAmount" and hand.chance(0.5):
        _nothing(hand, step)
    elif signed and hand.chance(0.4):
        signatures(hand, step, foreign)
    elif signed and hand.chance(0.08):
        step.message["deadline"] = hand.now - hand.up_to(DAY)
    elif step.kind == "transfer" and hand.chance(0.4):
        _places(hand, step)
    elif step.kind in KEYS and hand.chance(0.35):
        _keys(hand, step)
    elif step.kind in PARTIES and hand.chance(0.3):
        _another(hand, step)
    elif hand.chance(0.1):
        _too_many(hand, step)
    else:
        if signed and hand.chance(0.1):
            pin(step, step.digest(domain))
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


# ---- who is in it

PARTIES = {
    "admit": (("registrar", 0), ("bank", 1)),
    "changeSigners": (("party", 0),),
    "changeProfile": (("party", 0),),
    "issue": (("debtor", 0), ("supplier", 1), ("clearingBank", -1)),
    "lock": (("bank", 1), ("clearingBank", -1)),
    "fund": (("bank", 0),),
    "payOut": (("bank", 0),),
    "replaceBank": (("bank", 1),),
}
"""Fields that name a party, and the place of its signatures; -1: it does not sign."""
KEYS = {"admit": ("keys", 2), "recover": ("keys", 1), "changeSigners": ("add", 1)}
"""Fields with keys that come in, and the place where their signatures begin."""


def _another(hand: Hand, step: Step) -> None:
    """Somebody else instead of a party, and duly signed; sometimes one who is in it already."""
    name, place = hand.one(PARTIES[step.kind])
    inside = [step.message[other] for other, _ in PARTIES[step.kind]]
    everybody = hand.up_to(len(hand.model.participants) + 1)
    step.message[name] = hand.one(inside) if hand.chance(0.25) else everybody
    if place >= 0:
        step.seals[place] = hand.seal(step.message[name])


def _keys(hand: Hand, step: Step) -> None:
    """A key that is known, twice the same, a right that there is not, or too few of them to sign."""
    name, first = KEYS[step.kind]
    keys = step.message[name]
    place = hand.up_to(len(keys)) - 1
    pick = hand.up_to(5)
    if not keys:
        return
    if pick == 1:
        keys[place]["right"] = hand.one((0, 4, 255))
    elif pick == 2:
        keys.append(dict(keys[place]))
        step.seals.insert(first + len(keys) - 1, step.seals[first + place])
    elif pick == 3:
        step.seals[first : first + len(keys)] = step.seals[first : first + 1]
        keys[:] = keys[:1]
        keys[0]["right"] = hand.up_to(2)
    else:
        keys[place]["key"] = hand.one(list(hand.model.owner))
        step.seals[first + place] = (Sig(keys[place]["key"]),)


# ---- what it says


def _field(hand: Hand, message: dict[str, Any], primary: str) -> None:
    """Another value in one field."""
    names = [
        (name, of) for name, of in _fields(message, primary) if name not in ("salt", "evidence", "trade")
    ]
    arrays = [(name, of) for name, of in names if of.endswith("[]")]
    name, of = hand.one(arrays if arrays and hand.chance(0.3) else names)
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
        everybody = len(hand.model.participants)
        return hand.up_to(everybody) if hand.chance(0.7) else int(hand.one((0, everybody + 1)))
    if bits == 96:
        return int(hand.one((0, 0, 1, value - 1, value + 1, value * 2, LARGEST, 1 << 88, 10**14)) or 0)
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


def _nothing(hand: Hand, step: Step) -> None:
    """An amount of 0."""
    arrays = [value for value in step.message.values() if isinstance(value, list) and value]
    where = [item for value in arrays for item in value if isinstance(item, dict)]
    amounts = [item for item in (*where, step.message) if "amount" in item]
    if amounts:
        hand.one(amounts)["amount"] = 0


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
        step.seals[place:place] = [(Sig(str(k["key"])),) for k in new]
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
