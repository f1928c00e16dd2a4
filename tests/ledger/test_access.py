"""Scopes, who may know of an act, and who finds an undertaking.

given an API key without the scope
  it should be refused
given an offer that its sender's own people have not signed
  it should be seen by the sender alone; once they have, or the chain has it, by all who sign it
given any other kind of act
  it should be seen by all who sign it, and by whom it names, from the beginning
given an undertaking
  it should be the core's alone, until its issue act is laid before the others
  it should never be addressed to anybody by another core's act
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger import undertakings
from ledger.access import MissingScope, laid_open, require_scope, visible
from ledger.documents import Document
from ledger.money import Fen
from ledger.records import Act, Leg, Seat, StoredDocument, User
from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, WANYUE, WUZE, Party
from tests.support.memory import MemoryStore

ID, PAPER = b"\x0a" * 32, b"\x0d" * 32
FIELDS = {
    "debtor": str(LANGONG.id),
    "supplier": str(WANYUE.id),
    "clearingBank": str(HUAIYUE.id),
    "undertaking": "0x" + PAPER.hex(),
}


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    made.put(StoredDocument(PAPER, "undertaking", "text/html", b"", [LANGONG.id], 0))
    made.put(Leg(ID, ID, 0, 0, Fen(0), "awaiting", {}, 0, 0))
    for place, party in enumerate((LANGONG, WANYUE, HUAIYUE)):
        made.put(Seat(ID, place, b"", "party", party.id, "", ID))
    return made


def act(kind: str = "Issue", party: Party = LANGONG, extra: dict[str, object] | None = None) -> Act:
    return Act(ID, kind, FIELDS, extra or {}, party.id, "", bytes(32), 0, 0)


def person(party: Party, *scopes: str) -> User:
    return User("u", party.id, "某人", list(scopes), bytes(32), "", 0)


def seeing(store: MemoryStore, found: Act) -> set[Party]:
    everybody = (LANGONG, WANYUE, HUAIYUE, WUZE, CHENGHAI)
    return {party for party in everybody if visible(store, person(party), found)}


def signed(store: MemoryStore, place: int) -> None:
    store.put(replace(store.need(Seat, ID, place), done=True))


def test_a_scope_that_is_missing() -> None:
    for scopes in ((), ("viewer",), ("checker", "viewer")):
        with pytest.raises(MissingScope, match="maker"):
            require_scope(person(WANYUE, *scopes), "maker")
    require_scope(person(WANYUE, "viewer", "maker"), "maker")
    require_scope(person(WANYUE, "checker"), "maker", "checker")


@pytest.mark.parametrize("kind", ["Issue", "Offer", "Void"])
def test_what_is_offered_is_its_sender_s_until_it_is_signed(store: MemoryStore, kind: str) -> None:
    found = act(kind, extra={"parties": [WUZE.id]})
    signed(store, 1)
    assert seeing(store, found) == {LANGONG}, "somebody else's signature opens nothing"
    signed(store, 0)
    assert seeing(store, found) == {LANGONG, WANYUE, HUAIYUE, WUZE}


def test_what_the_chain_has_is_laid_open(store: MemoryStore) -> None:
    store.put(replace(store.need(Leg, ID), state="final"))
    assert laid_open(store, act("Offer"))


@pytest.mark.parametrize("kind", ["Lock", "Suspend", "Fund"])
def test_other_acts_are_open_from_the_beginning(store: MemoryStore, kind: str) -> None:
    assert seeing(store, act(kind)) == {LANGONG, WANYUE, HUAIYUE}
    assert seeing(store, act(kind, extra={"parties": [WUZE.id]})) == {LANGONG, WANYUE, HUAIYUE, WUZE}
    assert seeing(store, act(kind, CHENGHAI)) == {LANGONG, WANYUE, HUAIYUE, CHENGHAI}


def readers(store: MemoryStore) -> list[int]:
    found: list[int] = store.need(StoredDocument, PAPER).parties
    return found


def test_a_drafted_undertaking_is_the_core_s() -> None:
    kept = undertakings.drafted(
        Document("undertaking", "text/html", b"<p>", "0x" + PAPER.hex()), LANGONG.id, 7
    )
    assert kept == StoredDocument(PAPER, "undertaking", "text/html", b"<p>", [LANGONG.id], 7)


def test_an_undertaking_is_addressed_once_its_act_is_laid_open(store: MemoryStore) -> None:
    undertakings.address(store, act())
    assert readers(store) == [LANGONG.id]
    signed(store, 0)
    undertakings.address(store, act("Void"))
    assert readers(store) == [LANGONG.id]
    undertakings.address(store, act())
    undertakings.address(store, act())
    assert readers(store) == [LANGONG.id, WANYUE.id, HUAIYUE.id]


def test_another_core_s_act_opens_no_paper(store: MemoryStore) -> None:
    store.put(Seat(ID, 0, b"", "party", CHENGHAI.id, "", ID, True))
    undertakings.address(store, act(party=CHENGHAI))
    assert readers(store) == [LANGONG.id]
    store.delete(StoredDocument, PAPER)
    undertakings.address(store, act(party=CHENGHAI))
    assert store.get(StoredDocument, PAPER) is None
