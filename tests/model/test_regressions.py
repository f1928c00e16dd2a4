"""Runs that once showed a difference, cut down, played again.

given a run in tests/model/regressions
    it should show no difference between the contract and the reference model as they are
    it should show one to the model that it was found with, where that one is wrong on purpose (broken.py)
given a run that differs
    it should be cut down to the steps that it takes, and read from its file as it was written
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.model.broken import BROKEN, LimitFreedByVoidOnly, ReferenceTwice
from tests.model.pair import Differs
from tests.model.record import Reader
from tests.model.run import REGRESSIONS, run
from tests.model.session import Session

FILES = sorted(REGRESSIONS.glob("*.json"))
WRONG = {model.__name__: model for model in BROKEN}


def play(run: dict[str, Any], model: type | None = None) -> Session:
    """The run from the beginning, and everything compared at its end. Raises Differs."""
    session = Session(0, model=model)
    reader = Reader(session.keys)
    for number, written in enumerate(run["steps"]):
        domain = session.pairs[min(written.get("on", 0), len(session.pairs) - 1)].domain
        session.run(reader.step(written, str(number), domain))
    session.check()
    return session


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_run_that_once_differed(path: Path) -> None:
    played = json.loads(path.read_text())
    play(played)
    if played["model"] in WRONG:
        with pytest.raises(Differs):
            play(played, WRONG[played["model"]])


def test_every_wrong_model_has_its_run() -> None:
    found = {json.loads(path.read_text())["model"] for path in FILES}
    assert WRONG.keys() - found == set()


@pytest.mark.parametrize("model", [LimitFreedByVoidOnly, ReferenceTwice], ids=lambda model: model.__name__)
def test_a_difference_is_found_and_cut_down(model: type, tmp_path: Path) -> None:
    result = run(5_000, seed=7, model=model, folder=tmp_path)
    ((what, path),) = result.found
    found = json.loads(path.read_text())
    assert found["differed"] == what
    assert len(found["steps"]) <= 12
    play(found)
    with pytest.raises(Differs, match=re.escape(what)):
        play(found, model)
