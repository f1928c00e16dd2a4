"""Long runs: many sessions one after the other, each to its end; a difference is cut down and written to a file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.model.branches import Branch
from tests.model.pair import Differs
from tests.model.record import Writer
from tests.model.session import Session
from tests.model.shrink import differs, shrunk
from tests.model.steps import Step

SESSION = 1500
"""Steps of one session; every third of them goes over to a successor on its way."""
REGRESSIONS = Path(__file__).parent / "regressions"


@dataclass
class Result:
    """`covered`: (kind, outcome) and how often. `found`: what differed, and the file with the run."""

    steps: int = 0
    sessions: int = 0
    covered: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: list[tuple[str, Path]] = field(default_factory=list)


def run(
    steps: int,
    seed: int,
    tell: Callable[[Result], None] = lambda _: None,
    model: type | None = None,
    folder: Path = REGRESSIONS,
    wanted: Iterable[Branch] = (),
) -> Result:
    """At least so many steps, everything decided by the seed. Stops at the first difference."""
    result = Result()
    while result.steps < steps and not result.found:
        session = one(seed * 1_000_003 + result.sessions, result, model, wanted)
        result.steps += len(session.steps)
        result.sessions += 1
        if result.found:
            path = folder / f"{seed}-{result.sessions}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            what, kept = _cut(session, model)
            path.write_text(written(session, kept, what))
            result.found = [(what, path)]
        tell(result)
    return result


def one(seed: int, result: Result, model: type | None = None, wanted: Iterable[Branch] = ()) -> Session:
    """One session to its end, or to the first difference."""
    session = Session(seed, closes=SESSION * 3 // 4, covered=result.covered, model=model, wanted=wanted)
    try:
        for number in range(SESSION):
            if seed % 3 == 0 and number == SESSION // 2:
                session.succeed()
            session.deal()
        session.finish()
    except Differs as difference:
        result.found.append((str(difference), Path()))
    return session


def _cut(session: Session, model: type | None) -> tuple[str, list[Step]]:
    def fails(steps: list[Step]) -> bool:
        return differs(steps, session.keys, model) is not None

    kept = shrunk(session.steps, fails)
    return str(differs(kept, session.keys, model)), kept


def written(session: Session, steps: list[Step], what: str) -> str:
    """A run as the text of a file."""
    writer = Writer([pair.domain for pair in session.pairs], session.keys)
    lines = (json.dumps(step, ensure_ascii=False) for step in writer.steps(steps))
    head = {"model": session.modelled.__name__, "differed": what}
    said = ",\n".join(f' "{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in head.items())
    return "{\n" + said + ',\n "steps": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"
