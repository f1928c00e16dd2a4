"""The packed words, the ids and the slots: what everybody who reads storage relies on.

given a ticket, an issuance, a signer and a lock
    it should find each field where its documented layout says
given an id that nobody wrote
    it should read as 0
given the child id rule
    it should keep the issuance in the upper half and bind parent, offer and place in the lower
given `load`
    it should give raw words in the order asked
given the size limit of a contract
    it should hold for every artifact
"""

from __future__ import annotations

from tests.support import abi, layout
from tests.support.actors import HUAIYUE, LANGONG, LANWAN, SOLE, WANYUE, WUZE, Role
from tests.support.drafts import child_of, issuance_of
from tests.support.layout import Issuance, Signer, Ticket, joined
from tests.support.world import DAY, FACE, MINIMUM, TRANSFERABLE_UNTIL, World


def test_unknown_id_reads_as_nothing(world: World) -> None:
    assert world.read("tickets", b"\1" * 32) == 0
    assert world.read("issuances", b"\1" * 16) == 0


def test_ticket_word(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE, depth=7)
    assert world.ticket(ticket) == Ticket(WANYUE.id, FACE, 0, 7, 0, 0)
    world.withdraw_all(WANYUE, ticket)
    world.freeze(ticket, b"\7" * 32, 1)
    word = joined((WANYUE.id, 48), (FACE, 96), (1, 16), (7, 8), (Ticket.ORDERED, 8))
    assert world.read("tickets", ticket) == word


def test_locked_word_and_lock_word(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE, depth=7)
    expiry = world.now + DAY
    lock = world.lock(WANYUE, ticket, LANWAN, 3_000_000, expiry=expiry)
    assert world.ticket(lock) == Ticket(0, 3_000_000, 0, 6, Ticket.LOCKED, expiry)
    parent = int.from_bytes(ticket[16:], "big")
    assert world.read("locks", lock) == joined((LANWAN.id, 48), (HUAIYUE.id, 48), (parent, 128))
    world.advance(DAY)
    world.return_lock(lock)
    assert world.ticket(lock) == Ticket(0, 0, 0, 0, Ticket.RETURNED, 0)
    assert world.read("locks", lock) == 0


def test_issuance_word(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    expected = Issuance(LANGONG.id, TRANSFERABLE_UNTIL, MINIMUM, 0, FACE, HUAIYUE.id)
    assert world.issuance(ticket) == expected
    world.fund((ticket, FACE))
    assert world.issuance(ticket).flags == Issuance.FUNDED


def test_signer_word(world: World) -> None:
    assert world.signer(WANYUE.sole.address) == Signer(WANYUE.id, SOLE, int(Role.SUPPLIER), 0, 0)
    until = world.now + DAY
    world.panel("Suspend", party=WANYUE.id, until=until, byPanel=True)
    assert world.signer(WANYUE.sole.address).suspended_until == until


def test_child_ids_are_known_before_mining(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    offer = world.offer(WANYUE, ticket, [(WUZE, FACE // 2), (WUZE, FACE // 4)])
    world.send(offer.transfer(offer.accept(WUZE))).expect()
    for index, child in enumerate(offer.children):
        assert child == child_of(ticket, offer.digest, index)
        assert child[:16] == issuance_of(ticket)
        assert world.ticket(child).party == WUZE.id


def test_load_gives_raw_words_in_order(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    places = [layout.place("tickets", ticket), layout.place("issuances", issuance_of(ticket))]
    slots = [place.slot.to_bytes(32, "big") for place in places]
    words = world.view("load", slots)
    assert [int.from_bytes(word, "big") for word in words] == [
        world.read("tickets", ticket),
        world.read("issuances", issuance_of(ticket)),
    ]
    assert world.view("load", []) == ()


def test_the_domain_is_of_this_deployment_alone(world: World) -> None:
    assert world.view("separator") == world.domain.separator == world.read("separator")
    other = world.cold()
    assert other.domain == world.domain


def test_every_contract_fits(world: World) -> None:
    sizes = {name: abi.artifact(name)["deployedSize"] for name in [*abi.library_names(), "GoldTicket"]}
    assert {name: size for name, size in sizes.items() if size > 24_576} == {}
