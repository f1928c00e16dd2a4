"""Keys that were stolen, removed, lent or admitted twice, and people who sign where others should.

given one key of a company that signs with two
    it should move nothing, in any place and any combination
given a key that was removed
    it should sign nothing any more, and what it signed before should be worth nothing
given a key that one participant has
    it should be no other's, whoever agrees
given a suspended participant
    it should be paid all the same
given a thief against a recovery, and a panel below its threshold
    it should end as the rules say, to the second
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.actors import (
    CHECKER,
    CHENGHAI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    MAKER,
    NANHUAI,
    PANEL,
    REGISTRAR,
    SOLE,
    SUHENG,
    WANYUE,
    WUZE,
    Key,
    Party,
    Role,
    party,
)
from tests.support.attempts import by, forged_offer, nothing_changes, refusals, why
from tests.support.drafts import Draft, Signer
from tests.support.expect import refused
from tests.support.world import DAY, DUE, FACE, World

PART = FACE // 8
TWO = party("two persons", 15, "91340100MA9DEM333A", Role.SUPPLIER, pair=True)
"""A supplier under the two-person rule: a maker and a checker, no sole key."""


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def admit_two(world: World) -> None:
    keys = [{"key": TWO.maker.address, "right": MAKER}, {"key": TWO.checker.address, "right": CHECKER}]
    world.admit(TWO, keys=keys, signers=[REGISTRAR, LANWAN, TWO.maker, TWO.checker])


def alone(key: Key) -> list[Callable[[bytes], bytes]]:
    """What one key can make of a digest, with the keys of an accomplice beside it."""
    return [
        key.sign,
        lambda d: key.sign(d) * 2,
        lambda d: key.sign(d) + SUHENG.checker.sign(d),
        lambda d: SUHENG.maker.sign(d) + key.sign(d),
        lambda d: key.sign(d) + bytes(64),
        lambda d: bytes(64) + key.sign(d),
        lambda d: key.sign(d) * 3,
        lambda d: key.sign(d) + SUHENG.sole.sign(d),
    ]


@pytest.mark.parametrize("stolen", [TWO.maker, TWO.checker], ids=["maker", "checker"])
def test_one_key_under_two_person_policy_moves_nothing(world: World, stolen: Key) -> None:
    """Suheng and the core help as they can; the company's second person does not."""
    admit_two(world)
    mine = world.issue(LANGONG, TWO)
    lock = world.lock(TWO, mine, LANWAN, PART)
    theirs = world.issue(LANGONG, SUHENG)
    for rule in alone(stolen):
        thief = by(rule)
        incoming = world.offer(SUHENG, theirs, [(TWO, PART)])
        acts = [draft.data for draft in drafts_of(world, mine, lock, thief, stolen)]
        acts += [
            forged_offer(world, TWO, mine, SUHENG, PART, thief),
            incoming.transfer(incoming.accept(TWO, signer=thief)),
        ]
        with nothing_changes(world):
            errors = refusals(world, *acts)
        assert set(errors) <= {
            "WrongRight",
            "MixedParties",
            "BadSignatureLength",
            "BadSignature",
            "NotASigner",
        }
    world.transfer(TWO, mine, (SUHENG, PART))


def drafts_of(world: World, ticket: bytes, lock: bytes, thief: Signer, key: Key) -> list[Draft]:
    """Every act in which the company has a place, the others' places truly signed."""
    sole = [{"key": Key("thief").address, "right": SOLE}]
    change: dict[str, Any] = {"party": TWO.id, "add": sole, "remove": [], "sequence": 0}
    void: dict[str, Any] = {"issuance": ticket[:16], "tickets": [ticket], "issue": world.issues[ticket[:16]]}
    return [
        world.draft("ChangeSigners", [thief, Key("thief")], **change),
        world.draft("ChangeProfile", [thief], party=TWO.id, profile=b"\1" * 32, sequence=0),
        world.issue_draft(LANGONG, TWO, signers=[LANGONG, thief]),
        world.draft("Void", [LANGONG, thief], **void),
        world.draft("Withdraw", [thief], ticket=ticket, offer=b"\1" * 32, indexes=[0]),
        world.draft("WithdrawAll", [thief], ticket=ticket, version=0),
        world.lock_draft(TWO, ticket, LANWAN, PART, signers=[thief, LANWAN]),
        world.draft("CancelLock", [thief, LANWAN], lock=lock),
    ]


def test_a_maker_signs_twice(world: World, ticket: bytes) -> None:
    """Maker and checker are distinct keys: neither of them stands in both places, nor in the other's."""
    for first, second in (
        (WANYUE.maker, WANYUE.maker),
        (WANYUE.checker, WANYUE.checker),
        (WANYUE.checker, WANYUE.maker),
        (WANYUE.maker, WANYUE.sole),
        (WANYUE.sole, WANYUE.checker),
    ):

        def rule(digest: bytes, first: Key = first, second: Key = second) -> bytes:
            return first.sign(digest) + second.sign(digest)

        with refused("WrongRight"):
            world.act("WithdrawAll", [by(rule)], ticket=ticket, version=0)
        with refused("WrongRight"):
            world.send(forged_offer(world, WANYUE, ticket, SUHENG, PART, by(rule))).expect()


def test_maker_and_checker_of_two_companies(world: World, ticket: bytes) -> None:
    def mixed(digest: bytes) -> bytes:
        return WANYUE.maker.sign(digest) + SUHENG.checker.sign(digest)

    with refused("MixedParties", maker=WANYUE.id, checker=SUHENG.id):
        world.act("WithdrawAll", [by(mixed)], ticket=ticket, version=0)


def test_what_a_removed_signer_signed_before_is_worth_nothing(world: World, ticket: bytes) -> None:
    """All of its outstanding acts end with it, alone or as half of a pair; the company's others stand."""
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    other = world.offer(WANYUE, ticket, [(WUZE, PART)], pair=True)
    acts = [
        offer.transfer(offer.accept(WUZE, signer=WUZE)),
        world.lock_draft(WANYUE, ticket, LANWAN, PART).data,
        world.draft("WithdrawAll", [WANYUE], ticket=ticket, version=0).data,
        world.draft("ChangeProfile", [WANYUE], party=WANYUE.id, profile=b"\1" * 32, sequence=1).data,
    ]
    remove = {"party": WANYUE.id, "add": [], "remove": [WANYUE.sole.address], "sequence": 0}
    world.act("ChangeSigners", [WANYUE], **remove)
    with nothing_changes(world):
        assert refusals(world, *acts) == ["NotASigner"] * 4
    world.send(other.transfer(other.accept(WUZE, signer=WUZE))).expect()


def test_a_removed_receivers_acceptance_is_worth_nothing(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(SUHENG, PART)])
    accepted = offer.transfer(offer.accept(SUHENG))
    remove = {"party": SUHENG.id, "add": [], "remove": [SUHENG.sole.address], "sequence": 0}
    world.act("ChangeSigners", [SUHENG], **remove)
    with nothing_changes(world), refused("NotASigner", key=SUHENG.sole.address):
        world.send(accepted).expect()


def test_a_key_is_admitted_twice(world: World) -> None:
    """By another participant, by the same in two rights, with the owner's consent; also after it was removed."""
    key = {"key": WANYUE.sole.address, "right": SOLE}
    own = Key("two rights")
    both = [{"key": own.address, "right": MAKER}, {"key": own.address, "right": CHECKER}]
    other = party("other", 15, "91340100MA9DEM333A", Role.SUPPLIER)
    change: dict[str, Any] = {"add": [key], "remove": []}
    tried = [
        world.admit_draft(other, keys=[key], signers=[REGISTRAR, LANWAN, WANYUE.sole]).data,
        world.admit_draft(other, keys=both, signers=[REGISTRAR, LANWAN, own, own]).data,
        world.draft("ChangeSigners", [SUHENG, WANYUE.sole], party=SUHENG.id, sequence=0, **change).data,
        world.draft("ChangeSigners", [WANYUE, WANYUE.sole], party=WANYUE.id, sequence=0, **change).data,
    ]
    with nothing_changes(world):
        assert refusals(world, *tried) == ["KeyTaken"] * 4
    remove = {"party": WANYUE.id, "add": [], "remove": [WANYUE.sole.address], "sequence": 0}
    world.act("ChangeSigners", [WANYUE], **remove)
    with nothing_changes(world):
        assert refusals(world, tried[0], tried[2]) == ["KeyTaken"] * 2


def test_a_removed_add_signer_act_is_replayed(world: World) -> None:
    """The thief's key came in by an act of the company, and went; the act is never good again."""
    thief = Key("once trusted")
    change: dict[str, Any] = {
        "party": WANYUE.id,
        "add": [{"key": thief.address, "right": SOLE}],
        "remove": [],
    }
    coming = world.draft("ChangeSigners", [WANYUE, thief], sequence=0, **change)
    world.send(coming.data).expect()
    going = {"party": WANYUE.id, "add": [], "remove": [thief.address], "sequence": 1}
    world.act("ChangeSigners", [WANYUE], **going)
    with nothing_changes(world):
        assert refusals(world, coming.data, coming.data) == ["StaleSequence"] * 2
        _, results = world.relay([coming.data, coming.data])
        assert [result.ok for result in results] == [False, False]
    assert world.signer(thief.address).right == 0


def test_an_add_signer_act_signed_before_a_removal_and_relayed_after(world: World) -> None:
    """Both bind one number: whoever is mined first takes it."""
    thief = Key("outstanding")
    change: dict[str, Any] = {
        "party": WANYUE.id,
        "add": [{"key": thief.address, "right": SOLE}],
        "remove": [],
    }
    outstanding = world.draft("ChangeSigners", [WANYUE, thief], sequence=0, **change)
    remove = {"party": WANYUE.id, "add": [], "remove": [WANYUE.sole.address], "sequence": 0}
    world.act("ChangeSigners", [WANYUE], **remove)
    with nothing_changes(world):
        assert refusals(world, outstanding.data) == ["StaleSequence"]


def test_a_suspended_participant_is_still_paid(world: World, ticket: bytes) -> None:
    """And its lock still ends as it would have: suspension stops offering, accepting, issuing, nothing else."""
    lock = world.lock(WANYUE, ticket, LANWAN, PART, expiry=world.now + 30 * DAY)
    world.panel("Suspend", party=WANYUE.id, until=DUE + 300 * DAY, byPanel=True)
    world.panel("Suspend", party=LANGONG.id, until=DUE + 300 * DAY, byPanel=True)
    with refused("Suspended", party=WANYUE.id):
        world.transfer(WANYUE, ticket, (WUZE, PART))
    world.release(lock)
    world.until(DUE)
    world.fund((ticket, FACE))
    world.pay_out((ticket, FACE - PART), (lock, PART))
    assert world.read("taken", ticket) == FACE - PART


def start_recovery(world: World, who: Party, new: Key) -> bytes:
    named = [{"key": new.address, "right": SOLE}]
    made = world.panel_draft("Recover", HUAIYUE, new, party=who.id, keys=named)
    world.send(made.data).expect()
    return made.digest


def test_a_veto_in_the_last_second(world: World) -> None:
    """Until somebody completes: one second before it may be completed, and in that very second if mined first."""
    new = Key("the thief's")
    digest = start_recovery(world, WANYUE, new)
    complete = world.draft("CompleteRecovery", [new], party=WANYUE.id, recovery=digest, deadline=DUE)
    veto = world.draft("VetoRecovery", [WANYUE.checker], party=WANYUE.id, recovery=digest, deadline=DUE)
    ready = world.now + 14 * DAY
    world.until(ready - 1)
    with refused("TooEarly", readyAt=ready, nowAt=ready - 1):
        world.send(complete.data).expect()
    for last in (ready - 1, ready):
        with world.scratch():
            world.until(last)
            world.send(veto.data).expect()
            world.until(ready + DAY)
            assert why(world.send(complete.data)) == "NoRecovery"
            assert world.signer(new.address).right == 0
    world.until(ready)
    world.send(complete.data).expect()
    assert why(world.send(veto.data)) == "NoRecovery"


def test_a_veto_against_a_new_clearing_bank_in_the_last_second(world: World, ticket: bytes) -> None:
    """Nanhuai is no clearing bank, so Huaiyue's own issuance goes to a second one; the old bank may keep it."""
    second = party("second", 15, "91330100MA9DEMB44Q", Role.BANK | Role.CLEARING_BANK)
    world.admit(second, LANWAN)
    with refused("MissingRole"):
        world.panel("ReplaceBank", LANGONG, NANHUAI, issuance=ticket[:16], bank=NANHUAI.id)
    made = world.panel_draft("ReplaceBank", LANGONG, second, issuance=ticket[:16], bank=second.id)
    world.send(made.data).expect()
    world.advance(14 * DAY - 1)
    named = {"issuance": ticket[:16], "replacement": made.digest}
    with refused("TooEarly"):
        world.act("CompleteReplacement", [second], **named)
    with refused("WrongParty"):
        world.act("VetoReplacement", [LANGONG], **named)
    world.act("VetoReplacement", [HUAIYUE], **named)
    world.advance(1)
    with refused("NoReplacement"):
        world.act("CompleteReplacement", [second], **named)
    assert world.issuance(ticket).clearing_bank == HUAIYUE.id


def test_a_panel_below_its_threshold(world: World, ticket: bytes) -> None:
    """Two of three that are needed; one of them twice; an outsider beside them; out of order."""
    panels: list[tuple[list[Signer], str]] = [
        ([], "PanelTooSmall"),
        ([REGISTRAR, LANWAN], "PanelTooSmall"),
        ([REGISTRAR, LANWAN, LANWAN], "NotAscending"),
        ([LANWAN, LANWAN, LANWAN], "NotAscending"),
        ([REGISTRAR, LANWAN, CHENGHAI], "NotOnPanel"),
        ([NANHUAI, LANWAN, REGISTRAR], "NotAscending"),
        ([REGISTRAR, LANWAN, by(lambda d: NANHUAI.maker.sign(d) * 2)], "WrongRight"),
        ([*PANEL, PANEL[-1]], "TooMany"),
    ]
    for signers, error in panels:
        drafts = [
            world.draft("Close", signers, sequence=0),
            world.draft("Stop", signers, stages=31, until=world.now + DAY, sequence=0),
            world.draft("ChangePanel", signers, members=[2], threshold=1, sequence=0),
            world.draft("Halt", signers, core=LANGONG.id, halted=True, sequence=1),
            world.draft("Waive", signers, issuance=ticket[:16], sequence=0),
            world.draft("Freeze", signers, ticket=ticket, order=b"\1" * 32, amount=1, end=DUE, sequence=0),
            world.draft("Suspend", signers, party=WANYUE.id, until=DUE, byPanel=True, sequence=0),
        ]
        with nothing_changes(world):
            assert refusals(world, *(draft.data for draft in drafts)) == [error] * len(drafts)
    world.act("Close", PANEL, sequence=0)
