"""What the plain case saves must not change what holds in every other.

given calldata with words behind an act's arguments, where libraries find what the core puts there
    it should take neither domain nor predecessor from them
given a library that is called by anybody but the core
    it should do nothing
given an acceptance without children, or the same acceptance twice
    it should make nothing of it
given a suspension that has passed
    it should let who was suspended offer and receive
given an item of a relay whose gas has bits beyond its type
    it should be one refused item
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.ids import keccak256
from tests.support.actors import HUAIYUE, LANGONG, REGISTRAR, SUHENG, WANYUE, WUZE
from tests.support.drafts import draft
from tests.support.expect import expect_refusal, refused
from tests.support.world import DAY, FACE, World

PART = FACE // 8


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def test_words_behind_the_arguments_say_nothing(world: World, ticket: bytes) -> None:
    legs = [{"issuance": ticket[:16], "amount": PART}]
    message = world.message("Fund", bank=HUAIYUE.id, ref=world.salt(), total=PART, legs=legs)
    foreign = replace(world.domain, chain_id=1)
    forged = draft(foreign, "Fund", message, [HUAIYUE])
    for behind in (foreign.separator * 2, foreign.separator + bytes(32), bytes(32) + foreign.separator):
        with refused("NotASigner"):
            world.send(forged.data + behind).expect()
    world.send(draft(world.domain, "Fund", message, [HUAIYUE]).data + foreign.separator * 2).expect()


def test_a_library_serves_the_core_alone(world: World, ticket: bytes) -> None:
    legs = [{"issuance": ticket[:16], "amount": PART}]
    made = world.draft("Fund", [HUAIYUE], bank=HUAIYUE.id, ref=world.salt(), total=PART, legs=legs)
    library = world.libraries["SettleLib"]
    # in a selector of a library a struct stands by its name
    selector = keccak256(b"fund(Fund,bytes[])")[:4]
    outcome = world.evm.send(library, selector + made.data[4:] + world.domain.separator + bytes(32))
    assert not outcome.ok
    assert outcome.output == b""
    assert not any(world.evm.touched(library).values())


def test_an_acceptance_without_children(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    none = offer.accept(WUZE, indexes=[])
    with refused("BadChildren", found=0):
        world.send(offer.transfer(none)).expect()
    world.send(offer.transfer(none, offer.accept(WUZE), none)).expect()
    assert world.ticket(ticket).value == FACE - PART


def test_an_acceptance_twice(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (SUHENG, PART)])
    with refused("DuplicateIndex", index=0):
        world.send(offer.transfer(offer.accept(WUZE), offer.accept(WUZE))).expect()


def test_a_suspension_that_has_passed(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    until = world.now + DAY
    for who in (WANYUE, WUZE):
        fields = {"party": who.id, "until": until, "byPanel": False}
        sequence = world.sequence("Suspend", fields)
        world.act("Suspend", [REGISTRAR], sequence=sequence, **fields)
    with refused("Suspended", party=WANYUE.id):
        world.send(offer.transfer(offer.accept(WUZE))).expect()
    world.until(until)
    world.send(offer.transfer(offer.accept(WUZE))).expect()
    assert world.ticket(offer.child(0)).party == WUZE.id


def test_dirt_above_an_items_gas(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    data = world.relay_data([offer.transfer(offer.accept(WUZE)), b"\xff" * 8])
    word = 4 + 32 * 4 + int.from_bytes(data[4 + 32 * 3 : 4 + 32 * 4], "big") - 64
    assert int.from_bytes(data[word : word + 32], "big") == 3_000_000
    dirty = data[:word] + (b"\1" + data[word + 1 : word + 32]) + data[word + 32 :]
    receipt = world.send(dirty).expect()
    assert receipt.one("Refused")["position"] == 1
    expect_refusal(receipt.one("Refused")["reason"], "ActOutOfGas", declared=3_000_000)
    assert world.ticket(ticket).value == FACE - PART
