"""A gateway that dies at any of its calls loses and doubles nothing, whatever the node does.

given a fixed set of seeds: processes that die, a node with faults, each kind of act
    it should come to the same ledger as undisturbed, with every retry answered as the first time
given one plan and each of its places (some of them here, all of them in the slow suite)
    it should come through a death at any of them
given a gateway with a fault of its own
    the simulation should find it out
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ledger.service import Reply, Service
from ledger.work import watch
from ledger.work.sending import Sender
from tests.support.crash.plan import PLANS
from tests.support.crash.run import Wrong, compare, run
from tests.support.crash.seeds import disturbed, sweep, undisturbed

SEEDS = 60
CALLED = (
    "chain.final_height",
    "chain.block",
    "chain.events",
    "chain.attempt",
    "chain.sign",
    "chain.send",
    "chain.receipts",
    "clock.now",
    "signer.sign",
)


@pytest.mark.parametrize("start", range(0, SEEDS, 10))
def test_a_fixed_set_of_seeds(start: int) -> None:
    for seed in range(start, start + 10):
        disturbed(seed)


@pytest.mark.parametrize("plan", sorted(PLANS))
def test_every_kind_of_act_with_one_death_and_faults(plan: str) -> None:
    found = run(plan, 0, [150], 0.05)
    compare(found.ledger, undisturbed(plan, 0).ledger)
    assert found.lives == 2


def test_some_places_of_a_plan() -> None:
    assert sweep("Receipt", every=19, start=3) > 20


def test_places_stand_before_and_after_every_call_of_a_port() -> None:
    names: Counter[str] = Counter()
    for plan in ("Offer", "late"):
        names += undisturbed(plan, 0).names
    places = {f"{side} {call}" for call in CALLED for side in ("before", "after")}
    places |= {"before a commit", "inside a transaction", "after a commit", "before book.read"}
    assert places <= set(names)


@pytest.mark.slow
@pytest.mark.parametrize("plan", ["Offer", "late", "Lock"])
def test_all_places_of_a_plan(plan: str) -> None:
    assert sweep(plan) > 200


# ---- faults planted into the gateway


def found_out(plan: str = "", most: int = 120) -> str:
    """What the simulation says of the fault that is in the gateway now."""
    for seed in range(most):
        try:
            disturbed(seed, plan)
        except Wrong as error:
            return str(error)
    raise AssertionError("nobody has noticed")


@pytest.mark.slow
def test_sending_before_saving_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    save = Sender._save

    def unsaved(self: Any, store: Any, hold: Any, first: int, raws: Any, carried: Any) -> Any:
        for raw in raws:
            self._chain.send(raw)
        return save(self, store, hold, first, raws, carried)

    monkeypatch.setattr(Sender, "_save", unsaved)
    assert "seed" in found_out("Offer")


def test_answers_that_are_not_kept_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(self: Any, store: Any, scope: str, key: str, body: bytes, work: Any) -> Reply:
        return Reply(*work())

    monkeypatch.setattr(Service, "once", forgetful)
    with pytest.raises(Exception, match=r"already"):  # the same act, or the same signature, twice
        found_out("Offer", 5)


@pytest.mark.slow
def test_a_cursor_that_is_saved_before_its_events_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    take_in = watch.take_in
    kept: list[Any] = []

    def apart(store: Any, events: Any, block: Any) -> None:
        take_in(store, [*kept], block)
        kept[:] = events

    monkeypatch.setattr(watch, "take_in", apart)
    assert "seed" in found_out("Offer")
