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
    session.check_every = len(steps) + 1
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
        n = 0
        while n < max(len(steps[place].items), len(steps[place].accepts)) > 1:
            items, accepts = steps[place].items, steps[place].accepts
            less = replace(
                steps[place], items=items[:n] + items[n + 1 :], accepts=accepts[:n] + accepts[n + 1 :]
            )
            fewer = [*steps[:place], less, *steps[place + 1 :]]
            steps, n = (fewer, n) if fails(fewer) else (steps, n + 1)
        only = steps[place].items[0][0] if len(steps[place].items) == 1 else None
        if only is not None and fails(alone := [*steps[:place], only, *steps[place + 1 :]]):
            steps = alone
    return steps
