"""From events alone every storage slot can be rebuilt.

given a long life with every act, and refusals in between
    it should have carried out each function of the contract that writes
    it should have emitted each event
    it should rebuild, from the events and nothing else, exactly the words in storage
    it should find no word in storage that events do not explain
given one event left out
    it should be noticed
given a successor deployment
    it should rebuild that too, its predecessor included
"""

from __future__ import annotations

import pytest

from tests.support import abi
from tests.support.abi import Event
from tests.support.actors import ADMITTED
from tests.support.layout import Slots
from tests.support.rebuild import Rebuilt
from tests.support.scenario import live
from tests.support.world import World, deploy, ready_world


@pytest.fixture(scope="module")
def lived() -> World:
    """Everything that can happen has happened here."""
    world = ready_world()
    live(world)
    return world


def rebuilt(world: World, events: list[Event]) -> Slots:
    ledger = Rebuilt(world.evm.chain_id, world.address)
    ledger.apply(events)
    return ledger.slots()


def stored(world: World, slots: set[int]) -> Slots:
    """The words as `load` gives them; those that are 0 left out."""
    asked = sorted(slots)
    words = world.view("load", [slot.to_bytes(32, "big") for slot in asked])
    found = {slot: int.from_bytes(word, "big") for slot, word in zip(asked, words, strict=True)}
    return {slot: word for slot, word in found.items() if word}


def test_every_writing_function_took_effect(lived: World) -> None:
    assert set(abi.function_names()) - lived.accepted == set()


def test_every_event_was_emitted(lived: World) -> None:
    assert set(abi.event_names()) - {event.name for event in lived.history} == set()


def test_every_slot_is_rebuilt(lived: World) -> None:
    ours = rebuilt(lived, lived.history)
    touched = lived.evm.touched(lived.address)
    assert len(touched) > 250
    assert stored(lived, set(touched) | set(ours)) == ours


SAYS_NOTHING_NEW = {"Refused", "LegRefused", "LineRefused"}
WRITTEN_OVER = {"RecoveryVetoed", "ReplacementVetoed", "SignersChanged"}
"""In this life later events write the same slots again."""
TELLING = sorted(set(abi.event_names()) - SAYS_NOTHING_NEW - WRITTEN_OVER)


@pytest.mark.parametrize("name", TELLING)
def test_a_missing_event_is_noticed(lived: World, name: str) -> None:
    truth = stored(lived, set(lived.evm.touched(lived.address)))
    last = max(i for i, event in enumerate(lived.history) if event.name == name)
    try:
        assert rebuilt(lived, lived.history[:last] + lived.history[last + 1 :]) != truth
    except (KeyError, ValueError, OverflowError):
        return  # what came after does not fit without it


def test_a_successor_is_rebuilt(lived: World) -> None:
    with lived.scratch():
        new = deploy(lived.evm, predecessor=lived.address)
        for who in ADMITTED:
            new.admit(who)
        new.limit(ADMITTED[0])
        ours = rebuilt(new, new.history)
        assert stored(new, set(new.evm.touched(new.address)) | set(ours)) == ours
