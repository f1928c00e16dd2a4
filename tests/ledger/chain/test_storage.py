"""What `verify` looks at in the contract's storage.

given a long life with every act, its book rebuilt from the events
    it should agree with every word
    it should speak of every word there, but for the few that no record speaks of
given a participant, key, recovery, panel, replacement, funding, payment or lock that says something else than the chain
    it should be found out, whatever differs
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.chain.storage import COMPARED, expected
from ledger.ports import Store
from ledger.records import (
    PROJECTION,
    Cursor,
    Funding,
    Governance,
    Lock,
    Log,
    Participant,
    Payment,
    Recovery,
    Replacement,
    SignerKey,
)
from ledger.work.verify import rebuild
from tests.support import layout
from tests.support.every_act import prepare
from tests.support.evm_chain import START, EvmChain
from tests.support.memory import MemoryBook
from tests.support.scenario import live
from tests.support.world import World, ready_world


class Life:
    """A world and what its events make of the records."""

    def __init__(self, world: World) -> None:
        self.world, self.chain, book = world, EvmChain(world), MemoryBook()
        self.head = self.chain.head().number
        rebuild(book, self.chain, START, self.head, lambda done, total: None)
        self.records: list[Any] = book.read(_all)

    def differences(self, *records: object) -> list[str]:
        return self.chain.compare(records, self.head)[1]


def _all(store: Store) -> list[Any]:
    kinds: list[Any] = [kind for kind in PROJECTION if kind not in (Cursor, Log)]
    return [record for kind in kinds for record in store.find(kind)]


@pytest.fixture(scope="module")
def lived() -> Life:
    """Everything that can happen has happened here."""
    world = ready_world()
    live(world)
    return Life(world)


@pytest.fixture(scope="module")
def running() -> Life:
    """A recovery and a replacement are under way here."""
    world = ready_world()
    prepare(world)
    return Life(world)


def test_every_word_of_a_long_life_agrees(lived: Life, running: Life) -> None:
    for life in (lived, running):
        assert life.differences(*life.records) == []
    assert set(COMPARED) == set(PROJECTION) - {Cursor, Log}


def test_every_word_is_spoken_of(lived: Life, running: Life) -> None:
    for life in (lived, running):
        spoken = {int.from_bytes(word.slot, "big") for word in expected(life.records)}
        silent = {
            slot
            for slot in life.world.evm.touched(life.world.address)
            if slot not in spoken and life.world.evm.storage(life.world.address, slot)
        }
        assert silent <= _of_no_record(life)
        assert len(spoken) > 100


def _of_no_record(life: Life) -> set[int]:
    """The keys in the lists of participants and recoveries, and what is fixed at deployment."""
    lists = [layout.place("participants", r.id) for r in life.records if isinstance(r, Participant)]
    lists += [layout.place("recoveries", r.party) for r in life.records if isinstance(r, Recovery)]
    found = {layout.place(label).slot for label in ("separator", "predecessor")}
    for where in lists:
        value = layout.read(where, lambda slot: life.world.evm.storage(life.world.address, slot))
        without = layout.pack(where, {**value, "keys": []})
        found |= layout.pack(where, value).keys() - without.keys()
        found |= {where.slot + 2} if "readyAt" in value else set()
    return found


FIELDS: dict[type, tuple[str, ...]] = {
    Governance: (
        *("members", "threshold", "sequence", "months", "next_months", "next_from"),
        *("stopped_stages", "stopped_until", "stop_free_from", "closed"),
    ),
    Participant: (
        *("uscc", "roles", "clearing_bank", "profile", "sequence", "suspended_until"),
        *("suspended_by_panel", "suspension_free_from", "suspension_sequence"),
    ),
    SignerKey: ("party", "right", "pending"),
    Recovery: ("digest", "ready_at"),
    Replacement: ("digest", "bank", "ready_at"),
    Funding: ("bank", "ref"),
    Payment: ("bank", "ref"),
    Lock: ("clearing_bank", "ref"),
}


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, bytes):
        return bytes(byte ^ 1 for byte in value)
    if isinstance(value, str):
        return value[::-1]
    return [*value, 99] if isinstance(value, list) else value + 1


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
def test_whatever_differs_is_found_out(lived: Life, running: Life, kind: type) -> None:
    life = running if kind in (Recovery, Replacement) else lived
    found: list[Any] = [r for r in life.records if isinstance(r, kind)]
    record = next(r for r in found if getattr(r, "state", "released") == "released")
    around = [r for r in life.records if type(r) is SignerKey and r.party == getattr(record, "id", 0)]
    assert life.differences(record, *around) == []
    for name in FIELDS[kind]:
        changed = replace(record, **{name: _other(getattr(record, name))})
        assert life.differences(changed, *around), name


def test_a_key_taken_from_a_participant_is_found_out(lived: Life) -> None:
    party = next(r for r in lived.records if type(r) is Participant)
    keys = [r for r in lived.records if type(r) is SignerKey and r.party == party.id]
    assert any("number of keys" in found for found in lived.differences(party, *keys[1:]))
    suspended = replace(party, suspended_until=5)
    assert any(found.startswith("key 0x") for found in lived.differences(suspended, *keys))
