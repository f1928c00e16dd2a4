"""A run in which contract and model differed, cut down to the steps that it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.model.pair import Differs
from tests.model.session import Session
from tests.model.steps import Keys, Step
from tests.support.abi import Reverted

Fails = Callable[[list[Step]], bool]


def differs(steps: Sequence[Step], keys: Keys, broken: type | None = None) -> Differs | None:
    """How the sides differ after these steps from the beginning on; None when they don't, or when a successor is
    deployed or used that can't be."""
    session = Session(0, keys=keys, model=broken)
    try:
        for step in steps:
            session.run(step)
        session.check()
    except Differs as difference:
        return difference
    except (Reverted, IndexError):
        return None
    return None


def shrunk(steps: Sequence[Step], fails: Fails) -> list[Step]:
    """The shortest run found that still fails. Raises ValueError for one that does not fail."""
    kept = list(steps)
    if not fails(kept):
        raise ValueError("this run does not fail")
    size = max(len(kept) // 2, 1)
    while size:
        kept = _without(kept, size, fails)
        size = size // 2 if size > 1 else 0
    return _smaller(_without(_waited(_without(kept, 1, fails), fails), 1, fails), fails)


def _without(steps: list[Step], size: int, fails: Fails) -> list[Step]:
    """Leave out what can be left out, in pieces of this size, from the end on."""
    end = len(steps)
    while end > 0:
        start = max(end - size, 0)
        shorter = steps[:start] + steps[end:]
        if shorter and fails(shorter):
            steps = shorter
        end = start
    return steps


def _waited(steps: list[Step], fails: Fails) -> list[Step]:
    """Times that follow each other as one, where that makes no difference."""
    place = 1
    while place < len(steps):
        one, two = steps[place - 1], steps[place]
        if one.kind == two.kind == "wait":
            both = replace(one, message={"seconds": one.message["seconds"] + two.message["seconds"]})
            fewer = [*steps[: place - 1], both, *steps[place + 1 :]]
            if fails(fewer):
                steps = fewer
                continue
        place += 1
    return steps


def _smaller(steps: list[Step], fails: Fails) -> list[Step]:
    """Leave out items of relays and acceptances of offers; a relay of one act becomes the act."""
    for place in range(len(steps)):
        for part in ("items", "accepts"):
            n = 0
            while n < len(getattr(steps[place], part)) and len(getattr(steps[place], part)) > 1:
                rest = [each for m, each in enumerate(getattr(steps[place], part)) if m != n]
                fewer = [*steps[:place], replace(steps[place], **{part: rest}), *steps[place + 1 :]]
                steps, n = (fewer, n) if fails(fewer) else (steps, n + 1)
        if len(steps[place].items) == 1 and steps[place].items[0][0] is not None:
            alone = [*steps[:place], steps[place].items[0][0], *steps[place + 1 :]]
            steps = alone if fails(alone) else steps
    return steps
