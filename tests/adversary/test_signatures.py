"""Signatures that were good somewhere, some time or in another form.

given an act of another deployment, of another chain at the same address, or past its deadline
    it should be refused, and change nothing
given a signature that mathematics holds for as good as the one that was made
    it should be nobody's
given signatures that are cut off, or longer than they should be
    it should be refused by their length
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.chain.nodes.recipes import NodeOptions
from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, LANWAN, SOLE, SUHENG, WANYUE, WUZE
from tests.support.attempts import (
    HALF_ORDER,
    ORDER,
    CraftedKey,
    by,
    forged_offer,
    nothing_changes,
    receipt_draft,
    refusals,
    why,
)
from tests.support.expect import refused
from tests.support.mined import mined_world
from tests.support.node_evm import start_node
from tests.support.world import DAY, DUE, FACE, World, deploy, furnish

PART = FACE // 8


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def complete_acts(world: World, ticket: bytes) -> list[bytes]:
    """One complete act of each kind that this ledger takes now, in an order in which it takes them all."""
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    lock = world.lock_draft(WANYUE, ticket, LANWAN, PART, expiry=world.now + 30 * DAY)
    fund: dict[str, Any] = {"bank": HUAIYUE.id, "ref": world.salt(), "total": PART}
    receipt: dict[str, Any] = {"lock": lock.made, "bank": LANWAN.id, "value": PART, "ref": world.salt()}
    drafts = [
        world.draft("ChangeProfile", [WANYUE], party=WANYUE.id, profile=b"\1" * 32, sequence=0),
        world.issue_draft(CHENGHAI, SUHENG),
        lock,
        world.draft("Receipt", [HUAIYUE], registration=world.salt(), **receipt),
        world.draft("Fund", [HUAIYUE], legs=[{"issuance": ticket[:16], "amount": PART}], **fund),
        world.panel_draft("Freeze", ticket=ticket, order=b"\1" * 32, amount=1, end=DUE),
        world.panel_draft("Suspend", party=SUHENG.id, until=DUE, byPanel=True),
        world.panel_draft("Halt", core=LANGONG.id, halted=True),
        world.draft("WithdrawAll", [WANYUE], ticket=ticket, version=0),
        world.panel_draft("Close"),
    ]
    return [offer.transfer(offer.accept(WUZE)), *(draft.data for draft in drafts)]


def test_replayed_acts(world: World, ticket: bytes) -> None:
    """Each alone, right after it took effect, and all of them together once more."""
    acts = complete_acts(world, ticket)
    for act in acts:
        world.send(act).expect()
        with nothing_changes(world):
            assert not world.send(act).status
    with nothing_changes(world):
        assert "" not in refusals(world, *acts)
        _, results = world.relay(acts[::-1])
        assert not any(result.ok for result in results)


def test_acts_of_another_deployment(world: World) -> None:
    """The same people with the same keys on the same chain; tickets of both are known by the same rules."""
    other = furnish(deploy(world.evm))
    mine, theirs = world.issue(LANGONG, WANYUE), other.issue(LANGONG, WANYUE)
    assert mine != theirs
    acts = complete_acts(world, mine)
    with nothing_changes(other):
        assert set(refusals(other, *acts)) <= {"NotASigner", "UnknownTicket", "NotLocked"}
    relabelled = world.offer(WANYUE, theirs, [(WUZE, PART)], version=0)
    with nothing_changes(other), refused("NotASigner"):
        other.send(relabelled.transfer(relabelled.accept(WUZE))).expect()
    assert "" in refusals(world, acts[0])


def test_acts_of_another_chain_at_the_same_address(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A second network whose deployer had the same account and nonce; only chain id and salt differ."""
    folder = tmp_path_factory.mktemp("other chain")
    options = NodeOptions(chain_id=31_338)
    ticket = world.issue(LANGONG, WANYUE)
    with start_node("anvil", folder, options=options) as node, mined_world(node) as other:
        assert other.address == world.address
        acts = complete_acts(world, ticket)
        with nothing_changes(other):
            assert set(refusals(other, *acts)) <= {"NotASigner", "UnknownTicket", "NotLocked"}
        theirs = other.issue(LANGONG, WANYUE)
        for lie in ({"chain_id": 31_337}, {"salt": world.domain.salt}, {"address": "0x" + "11" * 20}):
            other.domain = replace(other.domain, **lie)
            with nothing_changes(other), refused("NotASigner"):
                other.transfer(WANYUE, theirs, (WUZE, PART))
            other.domain = replace(
                other.domain, chain_id=31_338, address=other.address, salt=other.view("domainSalt")
            )
        other.transfer(WANYUE, theirs, (WUZE, PART))


def test_expired_acts(world: World, ticket: bytes) -> None:
    """The deadline is the last second; one more, and nothing of it is worth anything."""
    last = world.now + 5 * DAY
    acts = complete_acts(world, ticket)
    world.until(last)
    with world.scratch():
        assert set(refusals(world, *acts)) == {""}
    world.advance(1)
    with nothing_changes(world):
        assert set(refusals(world, *acts)) == {"Expired"}


def test_malleable_signatures_with_a_high_s(world: World, ticket: bytes) -> None:
    """Keys crafted so that s lies exactly at the bound: the half order is good, one more is nobody's."""
    message = world.message("WithdrawAll", ticket=ticket, version=0)
    digest = world.draft("WithdrawAll", [], message=message).digest
    keys = {s: CraftedKey(f"s {s}", digest, s) for s in (HALF_ORDER, HALF_ORDER + 1, (1 << 255) - 1)}
    added = [{"key": key.address, "right": SOLE} for key in keys.values()]
    world.act("ChangeSigners", [WANYUE, *keys.values()], party=WANYUE.id, add=added, remove=[], sequence=0)
    for s in (HALF_ORDER + 1, (1 << 255) - 1):
        with nothing_changes(world), refused("BadSignature"):
            world.send(world.draft("WithdrawAll", [keys[s].crafted], message=message).data).expect()
        good = world.draft("WithdrawAll", [keys[s]], message=message)
        with world.scratch():
            world.send(good.data).expect()
    world.send(world.draft("WithdrawAll", [keys[HALF_ORDER].crafted], message=message).data).expect()


def other_half(signature: bytes) -> bytes:
    """The same key's other signature of the same digest: order - s, parity turned, as far as 64 bytes hold it."""
    word = int.from_bytes(signature[32:], "big")
    s, parity = word & (1 << 255) - 1, word >> 255
    return signature[:32] + ((ORDER - s) | (1 - parity) << 255).to_bytes(32, "big")


def turned(signature: bytes) -> bytes:
    """The wrong v: the same r and s with the other parity."""
    return signature[:32] + bytes([signature[32] ^ 0x80]) + signature[33:]


def test_malleable_signatures_with_the_wrong_v(world: World, ticket: bytes) -> None:
    for change in (other_half, turned):

        def rule(digest: bytes, change: Any = change) -> bytes:
            return bytes(change(WANYUE.sole.sign(digest)))

        def pair(digest: bytes, change: Any = change) -> bytes:
            return WANYUE.maker.sign(digest) + bytes(change(WANYUE.checker.sign(digest)))

        for signer in (by(rule), by(pair)):
            with nothing_changes(world):
                sent = world.send(forged_offer(world, WANYUE, ticket, SUHENG, PART, signer))
                assert why(sent) in ("NotASigner", "BadSignature")


def test_the_zero_address_signs_nothing_and_is_no_key(world: World, ticket: bytes) -> None:
    """What a failed recovery gives is never a signer, and nobody can make it one."""
    nobody = {"key": "0x" + "00" * 20, "right": SOLE}
    change: dict[str, Any] = {"party": WANYUE.id, "add": [nobody], "remove": [], "sequence": 0}
    for signature in (bytes(64), b"\xff" * 64, bytes(32) + b"\1" * 32):
        void = by(lambda _, s=signature: s)  # type: ignore[misc]
        tried = [
            forged_offer(world, WANYUE, ticket, SUHENG, PART, void),
            world.draft("ChangeSigners", [WANYUE, void], **change).data,
        ]
        with nothing_changes(world):
            assert set(refusals(world, *tried)) <= {"BadSignature", "NotASigner"}
    with nothing_changes(world), refused("NotASigner"):
        world.act("ChangeSigners", [WANYUE, WANYUE.sole], **change)


@pytest.mark.parametrize("length", [0, 1, 31, 32, 63, 65, 96, 127, 129, 192, 256])
def test_truncated_signatures(world: World, ticket: bytes, length: int) -> None:
    """65 bytes, as wallets give them, are for the gateway to shorten; 63 lack one."""

    def cut(digest: bytes) -> bytes:
        return (WANYUE.sole.sign(digest) + bytes([27]) + WANYUE.sole.sign(digest) * 4)[:length]

    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    tried = [
        forged_offer(world, WANYUE, ticket, SUHENG, PART, by(cut)),
        world.draft("WithdrawAll", [by(cut)], ticket=ticket, version=0).data,
        world.lock_draft(WANYUE, ticket, LANWAN, PART, signers=[by(cut), LANWAN]).data,
        receipt_draft(world, lock, by(cut)).data,
    ]
    with nothing_changes(world):
        assert refusals(world, *tried) == ["BadSignatureLength"] * 4


def test_fewer_or_more_signatures_than_are_due(world: World, ticket: bytes) -> None:
    fields: dict[str, Any] = {"ticket": ticket, "version": 0}
    lock: dict[str, Any] = {"holder": WANYUE, "ticket": ticket, "bank": LANWAN, "value": PART}
    tried = [
        world.draft("WithdrawAll", [], **fields),
        world.draft("WithdrawAll", [WANYUE, WANYUE], **fields),
        world.lock_draft(**lock, signers=[WANYUE]),
        world.lock_draft(**lock, signers=[WANYUE, LANWAN, LANWAN]),
        world.issue_draft(LANGONG, WANYUE, signers=[LANGONG]),
        world.panel_draft("Recover", party=WANYUE.id, keys=[], members=[]),
    ]
    with nothing_changes(world):
        assert refusals(world, *(draft.data for draft in tried)) == ["BadSignatureCount"] * len(tried)
