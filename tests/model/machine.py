"""The same random acts, chosen by hypothesis: one rule for each kind, so that a failing run shrinks rule by rule.

A rule draws a number, which decides everything about its act; every run begins with the same furnished ledger, copied.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.model.session import WEIGHTS, Session

CHOICES = st.integers(0, (1 << 32) - 1)
LATER = {"pooled", "again"}
"""Kinds that send what was dealt before."""


@cache
def furnished() -> Session:
    """A ledger into which everybody has come; never acted on itself."""
    return Session(0, closes=1 << 30)


class Life(RuleBasedStateMachine):
    """One ledger's life, on both sides."""

    def __init__(self) -> None:
        super().__init__()
        self.session = furnished().copy()

    def deal(self, kind: str, choice: int) -> None:
        """One act of this kind; when there is none, none."""
        self.session.rnd.seed(choice)
        self.session.deal_one(kind)

    @invariant()
    def everything_holds(self) -> None:
        """What a step touched is looked at as it is taken; this is about cores, locks and keys as a whole."""
        self.session.pairs[0].limits()

    def teardown(self) -> None:
        """Everything equal to the last slot; then everything funded, decided and paid out."""
        self.session.check()
        self.session.finish()
        COVERED.update(self.session.covered)


COVERED: Counter[tuple[str, str]] = Counter()
"""What all lives together came to."""


def _rule_for(kind: str) -> Any:
    def act(self: Life, choice: int) -> None:
        self.deal(kind, choice)

    act.__name__ = f"{kind}_"
    act.__doc__ = f"An act of the kind {kind}, right or wrong in one thing."
    return rule(choice=CHOICES)(act)


for _kind, _weight in WEIGHTS.items():
    for _copy in range(1 + (_weight > 2) + (_weight > 5)):
        setattr(Life, f"{_kind}_{_copy}", _rule_for(_kind))
