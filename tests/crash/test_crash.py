"""A gateway that dies at any of its calls loses and doubles nothing, whatever the node does.

given a fixed set of seeds: processes that die, a node with faults, acts that come at the desk, complete or many at once
    it should come to the same ledger as undisturbed, with every request answered as the first time, byte for byte
given each kind of act that there is
    it should take effect, with a death and faults between
given a ticket that is spent before it is there, and never comes there
    it should end with it, or take effect with it
given each fault of a node, and each answer with which it takes no transaction
    it should come through it
given one plan and each of its places (each kind of place here, all of them in the slow suite)
    it should come through a death at any of them
given a gateway with a fault of its own
    the simulation should find it out
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from ledger import kinds
from ledger.service import Reply, Service
from ledger.work import watch
from ledger.work.sending import Sender
from ledger.work.trial import TRUSTED
from tests.support.crash.desk import WAYS
from tests.support.crash.plan import PLANS, TORN
from tests.support.crash.ports import ANSWERS, FAULTS, NEVER
from tests.support.crash.run import Wrong, compare, run
from tests.support.crash.seeds import disturbed, sweep, undisturbed

SEEDS = 50
WORKING = {
    "before a commit",
    "inside a transaction",
    "after a commit",
    "before book.read",
    "after book.read",
    "before clock.now",
    "after clock.now",
}
ASKED = ("final_height", "block", "events", "attempt", "nonce", "sign", "send", "receipts")
"""What is asked of a chain in every run; besides, calldata is made and people's keys sign."""
GAP = ("receipt", "sign_nothing")
"""And where a node takes a transaction never."""


@pytest.mark.parametrize("start", range(0, SEEDS, 10))
def test_a_fixed_set_of_seeds(start: int) -> None:
    for seed in range(start, start + 10):
        disturbed(seed)


@pytest.mark.parametrize("plan", sorted(PLANS))
def test_every_kind_of_act_with_one_death_and_faults(plan: str) -> None:
    found = run(plan, 0, [150], 0.1, way="complete")
    if plan != TORN:
        compare(found.ledger, undisturbed(plan, 0).ledger)
    assert found.lives == 2
    assert plan in found.final or plan not in kinds.KINDS


def test_every_kind_of_act_there_is() -> None:
    assert frozenset().union(*(undisturbed(plan, 0).final for plan in PLANS)) == set(kinds.KINDS)


def test_every_fault_of_a_node_and_every_answer() -> None:
    said: Counter[str] = Counter()
    for fault in FAULTS:
        found = run("Offer", 0, [120], 0.3, way="complete", only=[fault])
        compare(found.ledger, undisturbed("Offer", 0).ledger)
        assert found.faults.keys() == {fault}
        said += found.said
    assert set(said) == set(ANSWERS)


def test_what_lives_on_one_that_ends_ends_with_it() -> None:
    finals, reasons = 0, Counter[str]()
    for seed in range(12):
        _, found = disturbed(seed, TORN)
        finals += found.ledger.states["Offer", "final"]
        reasons += found.reasons
    assert finals > 0
    assert reasons["parent-ended"] > 0


def places(names: Iterable[str]) -> set[str]:
    return {f"{side} {name}" for name in names for side in ("before", "after")}


@pytest.mark.parametrize(
    ("plan", "way", "only", "calls"),
    [
        ("Offer", "bulk", (), [*(f"chain.{name}" for name in ASKED), "chain.encode_transfer"]),
        ("late", "desk", (), [*(f"chain.{name}" for name in ASKED), "chain.encode", "signer.sign"]),
        ("Offer", "complete", (NEVER,), [f"chain.{name}" for name in (*ASKED, *GAP)]),
    ],
)
def test_it_dies_before_and_after_each_call(
    plan: str, way: str, only: Sequence[str], calls: list[str]
) -> None:
    given: Any = {"way": way, "only": only, "rate": 0.3 if only else 0.0, "trusted": TRUSTED}
    whole = run(plan, 0, **given)
    compare(whole.ledger, undisturbed(plan, 0).ledger)
    assert set(whole.names) >= WORKING | places(calls)
    for name, count in whole.names.items():
        for time in {1, count}:
            found = run(plan, 0, at=(name, time), **given)
            compare(found.ledger, whole.ledger)
            assert found.deaths == {name: 1}


@pytest.mark.parametrize("way", WAYS)
def test_every_request_gets_its_first_answer(way: str) -> None:
    found = run("generations", 1, [100, 200, 300], 0.2, way=way)
    compare(found.ledger, undisturbed("generations", 1).ledger)
    assert found.repeated >= (1 if way == "bulk" else 3)


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
    assert ": first b" in found_out("Offer", 5)


@pytest.mark.slow
def test_a_cursor_that_is_saved_before_its_events_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    take_in = watch.take_in
    kept: list[Any] = []

    def apart(store: Any, events: Any, block: Any) -> None:
        take_in(store, [*kept], block)
        kept[:] = events

    monkeypatch.setattr(watch, "take_in", apart)
    assert "seed" in found_out("Offer")
