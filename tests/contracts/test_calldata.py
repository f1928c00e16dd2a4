"""Calldata that no honest encoder writes: parts of it are read by hand, so each word is tried.

given numbers with bits beyond their type, signed as such by holder and receiver
    it should make nothing of them
given calldata that is cut off, or an offset or a length that leads astray
    it should change nothing
given an act whose words were changed anywhere
    it should change nothing
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.ids import keccak256
from ledger.typed import type_hash
from tests.support.actors import HUAIYUE, LANGONG, SUHENG, WANYUE, WUZE
from tests.support.expect import expect_refusal
from tests.support.layout import Slots
from tests.support.world import FACE, World

PART = FACE // 8
DIRT = 1 << 200


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def word(value: int | bytes) -> bytes:
    return value.ljust(32, b"\0") if isinstance(value, bytes) else value.to_bytes(32, "big")


def hashed(kind: str, *words: int | bytes) -> bytes:
    return keccak256(type_hash(kind) + b"".join(word(w) for w in words))


def split(world: World, ticket: bytes) -> bytes:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (SUHENG, PART)])
    return offer.transfer(offer.accept(WUZE))


def storage(world: World) -> Slots:
    return {slot: value for slot, value in world.evm.touched(world.address).items() if value}


def dirty_split(world: World, ticket: bytes, **dirty: int) -> bytes:
    """A transfer of one child in which words carry more than their type holds, consistently signed by both."""
    numbers = {"version": 0, "deadline": world.now + 1, "to": WUZE.id, "value": PART, "index": 0}
    given = {name: value + dirty.get(name, 0) for name, value in numbers.items()}
    salt, trade, child_salt = world.salt(), world.salt(), world.salt()
    children = keccak256(hashed("Child", given["to"], given["value"], trade, child_salt))
    separator = world.domain.separator
    struct = hashed("Offer", ticket, given["version"], children, salt, given["deadline"])
    offer = keccak256(b"\x19\x01" + separator + struct)
    parts = keccak256(hashed("Part", given["index"], given["value"], trade))
    accepted = hashed("Accept", offer, WANYUE.id, given["to"], parts)
    signatures = [
        WANYUE.sole.sign(offer),
        WUZE.sole.sign(keccak256(b"\x19\x01" + separator + accepted)),
    ]
    words: list[Any] = [0x20, ticket, given["version"], salt, given["deadline"], 0xE0, 0x100, 0x160, 0]
    words += [64, signatures[0][:32], signatures[0][32:], 1, 0x20]
    words += [given["to"], 0x60, 0x100, 1, given["index"], given["value"], trade, child_salt]
    words += [64, signatures[1][:32], signatures[1][32:]]
    honest = world.offer(WANYUE, ticket, [(WUZE, PART)])
    selector = honest.transfer(honest.accept(WUZE))[:4]
    return bytes(selector + b"".join(word(w) for w in words))


def test_the_layout_written_here_is_the_right_one(world: World, ticket: bytes) -> None:
    world.send(dirty_split(world, ticket)).expect()
    assert world.ticket(ticket).value == FACE - PART


@pytest.mark.parametrize("name", ["version", "deadline", "to", "value", "index"])
@pytest.mark.parametrize("bits", [48, 96, 128, 200, 255])
def test_numbers_beyond_their_type(world: World, ticket: bytes, name: str, bits: int) -> None:
    data = dirty_split(world, ticket, **{name: 1 << bits})
    before = storage(world)
    assert not world.send(data).status
    assert storage(world) == before


@pytest.mark.parametrize("field", ["debtor", "face", "due", "grace", "depth", "interest", "deadline"])
def test_numbers_beyond_their_type_in_an_issue_act(world: World, field: str) -> None:
    made = world.issue_draft(LANGONG, WANYUE)
    order = list(made.message)
    at = 4 + 64 + 32 * order.index(field)
    value = int.from_bytes(made.data[at : at + 32], "big")
    changed = made.data[:at] + word(value + DIRT) + made.data[at + 32 :]
    assert not world.send(changed).status


def test_numbers_beyond_their_type_in_a_funding(world: World, ticket: bytes) -> None:
    legs = [{"issuance": ticket[:16], "amount": PART}]
    made = world.draft("Fund", [HUAIYUE], bank=HUAIYUE.id, ref=world.salt(), total=PART, legs=legs)
    for clean, dirt in ((word(PART), word(PART + DIRT)), (word(ticket[:16]), ticket[:16] + b"\1" * 16)):
        assert clean in made.data
        assert not world.send(made.data.replace(clean, dirt)).status
    world.send(made.data).expect()


def test_cut_off_anywhere(world: World, ticket: bytes) -> None:
    data = split(world, ticket)
    before = storage(world)
    for end in range(0, len(data), 28):
        assert not world.send(data[:end]).status
    assert storage(world) == before
    world.send(data).expect()


@pytest.mark.parametrize("value", [0, 1, 32, 100, 101, 1 << 32, 1 << 64, (1 << 256) - 32, (1 << 256) - 1])
def test_each_word_replaced(world: World, ticket: bytes, value: int) -> None:
    """Offsets and lengths too: whatever is read then is not what was signed, or is the very same act."""
    data = split(world, ticket)
    honest = world.ticket(ticket)
    for at in range(4, len(data), 32):
        changed = data[:at] + word(value) + data[at + 32 :]
        with world.scratch():
            receipt = world.send(changed, gas=3_000_000)
            if receipt.status:
                assert [event["value"] for event in receipt.all("Transferred")] == [PART]
                assert world.ticket(ticket).value == honest.value - PART


def test_relay_of_offsets_that_lead_astray(world: World, ticket: bytes) -> None:
    data = world.relay_data([split(world, ticket)])
    for at in range(4, 4 + 32 * 6, 32):
        for value in (0, 1 << 40, 1 << 255, (1 << 256) - 1):
            with world.scratch():
                receipt = world.send(data[:at] + word(value) + data[at + 32 :], gas=5_000_000)
                assert receipt.all("Transferred") or world.ticket(ticket).value == FACE


def test_an_item_of_nothing_but_a_selector(world: World, ticket: bytes) -> None:
    _, (result,) = world.relay([split(world, ticket)[:4]])
    assert not result.ok
    _, (empty,) = world.relay([b""])
    expect_refusal(empty.refusal, "ActOutOfGas")
