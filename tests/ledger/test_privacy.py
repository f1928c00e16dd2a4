"""Who sees what, each party by name.

given a ticket of tier 2
  it should be seen by its holder, by who passed it on, by debtor and clearing bank, and by nobody else
  it should be shown to a bank while it is asked for a price, later to the one that was chosen alone
  it should be shown to a panel member that has an order on it to sign, not to one that has not
given a lock
  it should be seen by the holder that sells, the bank that buys and the clearing bank
given a company's file
  it should be seen by itself, its own clearing bank, and a clearing bank that pays one of its tickets
given an undertaking
  it should be read by whom it names, a holder behind it, and who is offered a part once that is laid open
  it should not be read by a holder whose issuance names another core's paper
given what may not be seen
  it should look as if it were not there
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger import privacy
from ledger.ids import child_id
from ledger.money import Fen
from ledger.privacy import UnknownLock
from ledger.records import (
    Act,
    FinanceRequest,
    Governance,
    Issuance,
    Leg,
    Lock,
    Participant,
    Quote,
    Seat,
    StoredDocument,
    Ticket,
)
from ledger.tickets import UnknownIssuance, UnknownTicket
from tests.support.actors import (
    CHENGHAI,
    CHUHENG,
    HEYI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    REGISTRAR,
    WANYUE,
    WUZE,
    XICHUAN,
    Party,
)
from tests.support.memory import MemoryStore

ID = b"\x07" * 16
ROOT = ID + bytes(16)
OFFER, LATER = b"\x0a" * 32, b"\x0c" * 32
CHILD = child_id(ROOT, OFFER, 0)
PROMISE = b"\x0d" * 32
EVERYBODY = (CHENGHAI, CHUHENG, HEYI, HUAIYUE, LANGONG, LANWAN, NANHUAI, REGISTRAR, WANYUE, WUZE, XICHUAN)


def issuance_of(core: Party, id_: bytes = ID, bank: Party = HUAIYUE) -> Issuance:
    end = 1_900_000_000
    amounts = (Fen(1_000), end, end, end, 0, 5, 2, 0)
    return Issuance(id_, 1, bytes(32), core.id, WANYUE.id, bank.id, *amounts, PROMISE, 0)


def ticket_of(party: Party, id_: bytes, parent: bytes | None) -> Ticket:
    return Ticket(id_, id_[:16], parent, party.id, Fen(500), 5, "1", 2, 0)


@pytest.fixture
def store() -> MemoryStore:
    """Lan Gong's debt to Wan Yue, of which Wu Ze holds a part."""
    made = MemoryStore()
    made.put(Governance(1, members=[REGISTRAR.id, HUAIYUE.id, CHENGHAI.id], threshold=2))
    made.put(issuance_of(LANGONG))
    made.put(ticket_of(WANYUE, ROOT, None))
    made.put(ticket_of(WUZE, CHILD, ROOT))
    for party in EVERYBODY:
        made.put(Participant(party.id, party.uscc, 2, HUAIYUE.id, bytes(32)))
    return made


def seeing(store: MemoryStore, ticket: bytes) -> set[Party]:
    found = store.need(Ticket, ticket)
    return {party for party in EVERYBODY if privacy.sees_ticket(store, party.id, found)}


def test_a_ticket_is_seen_by_its_parties_only(store: MemoryStore) -> None:
    assert seeing(store, CHILD) == {WUZE, WANYUE, LANGONG, HUAIYUE}
    assert seeing(store, ROOT) == {WANYUE, LANGONG, HUAIYUE}, "not by who received a part of it"


def test_what_may_not_be_seen_is_not_there(store: MemoryStore) -> None:
    with pytest.raises(UnknownTicket):
        privacy.seen_ticket(store, XICHUAN.id, CHILD)
    with pytest.raises(UnknownTicket):
        privacy.seen_ticket(store, WUZE.id, bytes(32))
    assert privacy.seen_ticket(store, WUZE.id, CHILD).party == WUZE.id
    with pytest.raises(UnknownIssuance):
        privacy.seen_issuance(store, WUZE.id, ID)
    with pytest.raises(UnknownIssuance):
        privacy.seen_issuance(store, WANYUE.id, bytes(16))
    for party in (LANGONG, HUAIYUE, WANYUE):
        assert privacy.seen_issuance(store, party.id, ID).id == ID


def test_only_its_holder_acts_on_a_ticket(store: MemoryStore) -> None:
    for party in (WANYUE, LANGONG, HUAIYUE):
        with pytest.raises(UnknownTicket):
            privacy.own_ticket(store, party.id, CHILD)
    with pytest.raises(UnknownTicket):
        privacy.own_ticket(store, WUZE.id, bytes(32))
    assert privacy.own_ticket(store, WUZE.id, CHILD).id == CHILD


def test_a_bank_sees_what_it_is_asked_for(store: MemoryStore) -> None:
    asked = FinanceRequest("r1", CHILD, WUZE.id, Fen(500), [LANWAN.id], "open", 0, 0)
    store.put(asked)
    assert seeing(store, CHILD) == {WUZE, WANYUE, LANGONG, HUAIYUE, LANWAN}
    assert not privacy.may_buy(store, NANHUAI.id, asked)
    store.put(replace(asked, state="closed"))
    assert LANWAN not in seeing(store, CHILD)


def test_afterwards_the_chosen_bank_alone_sees_it(store: MemoryStore) -> None:
    asked = FinanceRequest("r1", CHILD, WUZE.id, Fen(500), [LANWAN.id, NANHUAI.id], "chosen", 0, 0)
    store.put(asked)
    for party, state in ((LANWAN, "chosen"), (NANHUAI, "declined")):
        terms = (315, Fen(0), 1, Fen(1), Fen(499), 320, "holder", "2026-12-08", 0, "", state)
        store.put(Quote(f"q{party.id}", "r1", party.id, *terms))
    assert seeing(store, CHILD) & {LANWAN, NANHUAI} == {LANWAN}


def test_a_panel_member_sees_a_ticket_with_its_own_order(store: MemoryStore) -> None:
    store.put(Act(OFFER, "Freeze", {}, {}, REGISTRAR.id, "", CHILD, 0, 0))
    store.put(Seat(OFFER, 0, b"", "panel", CHENGHAI.id, "", bytes(32)))
    store.put(Act(LATER, "Offer", {}, {}, WUZE.id, "", CHILD, 0, 0))
    store.put(Seat(LATER, 0, b"", "party", XICHUAN.id, "", bytes(32)))
    assert privacy.sees_orders(store, CHENGHAI.id, CHILD)
    assert not privacy.sees_orders(store, XICHUAN.id, CHILD), "a seat on an offer shows no orders"
    assert seeing(store, CHILD) == {WUZE, WANYUE, LANGONG, HUAIYUE, CHENGHAI}
    assert privacy.is_panel(store, CHENGHAI.id)
    assert not privacy.is_panel(store, LANGONG.id)


def test_a_lock_is_seen_by_seller_bank_and_clearing_bank(store: MemoryStore) -> None:
    id_ = child_id(CHILD, LATER, 0)
    store.put(replace(ticket_of(WUZE, id_, CHILD), party=0, locked=True))
    lock = Lock(id_, CHILD, LANWAN.id, HUAIYUE.id, Fen(500), 0, bytes(32))
    store.put(lock)
    assert {one for one in EVERYBODY if privacy.sees_lock(store, one.id, lock)} == {WUZE, LANWAN, HUAIYUE}
    assert seeing(store, id_) == {WUZE, LANWAN, HUAIYUE, LANGONG}
    with pytest.raises(UnknownLock):
        privacy.seen_lock(store, NANHUAI.id, id_)
    with pytest.raises(UnknownLock):
        privacy.seen_lock(store, WUZE.id, bytes(32))
    assert privacy.seen_lock(store, WUZE.id, id_) == lock


def test_a_file_is_seen_by_who_pays(store: MemoryStore) -> None:
    subject = replace(store.need(Participant, WUZE.id), clearing_bank=NANHUAI.id)

    def seen() -> set[Party]:
        return {one for one in EVERYBODY if privacy.sees_profile(store, one.id, subject)}

    assert seen() == {WUZE, NANHUAI, HUAIYUE}, "Huai Yue clears the ticket it holds"
    other = issuance_of(CHENGHAI, b"\x08" * 16, LANWAN)
    store.put(other)
    assert LANWAN not in seen(), "it clears something, but nothing of this company"
    store.put(ticket_of(WUZE, other.id + bytes(16), None))
    assert LANWAN in seen()
    store.put(issuance_of(CHENGHAI, b"\x09" * 16, CHUHENG))
    assert CHUHENG not in seen(), "it clears something, but nothing of this company"


def paper(*parties: Party, kind: str = "undertaking") -> StoredDocument:
    return StoredDocument(PROMISE, kind, "text/html", b"", [one.id for one in parties], 0)


def test_an_undertaking_is_read_by_the_holders_behind_it(store: MemoryStore) -> None:
    def readers(document: StoredDocument) -> set[Party]:
        return {one for one in EVERYBODY if privacy.sees_document(store, one.id, document)}

    assert readers(paper(LANGONG)) == {LANGONG, WANYUE, WUZE}
    assert readers(paper(LANGONG, kind="finance-terms")) == {LANGONG}
    assert readers(paper(CHENGHAI)) == {CHENGHAI}, "another core's paper behind one's own hash"
    for other in (bytes(32), b"\xff" * 32):
        assert readers(replace(paper(LANGONG), hash=other)) == {LANGONG}, "another paper of the same core"


def test_who_is_offered_a_part_reads_it_once_it_is_laid_open(store: MemoryStore) -> None:
    store.put(Act(OFFER, "Offer", {}, {}, WUZE.id, "", CHILD, 0, 0))
    store.put(Leg(child_id(CHILD, OFFER, 0), OFFER, 0, XICHUAN.id, Fen(100), "awaiting", {}, 0, 0))
    first = Seat(OFFER, 0, b"", "party", WUZE.id, "", bytes(32))
    store.put(first)
    assert not privacy.sees_document(store, XICHUAN.id, paper(LANGONG)), "not signed by the sender yet"
    store.put(replace(first, done=True))
    assert privacy.sees_document(store, XICHUAN.id, paper(LANGONG))
    assert not privacy.sees_document(store, HEYI.id, paper(LANGONG))
