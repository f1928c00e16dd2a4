"""What a thief, the operator, a bank, a core or a griefing relayer would try; each test is named after the attempt.

given the operator with all its keys (registrar, relayers, deployer, one seat on the panel)
    it should move nothing, admit nobody alone, and not keep the panel from suspending
given a thief with a removed, a pending or a foreign key, or with signatures that belong to nobody
    it should sign nothing
given a relayer that arranges complete acts as it likes
    it should change their order and moment, never what they do
given calldata that says the same thing twice, or in another way
    it should do it once
given a bank or a core that bends a lock, a payment or an overdue mark
    it should find the sums unchanged
given somebody who does not answer any more
    it should not block a recovery or a replacement for good
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import Any

import pytest

from ledger.ids import keccak256
from tests.support import abi, layout
from tests.support.abi import calldata
from tests.support.actors import (
    CHECKER,
    HUAIYUE,
    LANGONG,
    LANWAN,
    MAKER,
    NANHUAI,
    PANEL,
    QIANCHAO,
    REGISTRAR,
    SOLE,
    SUHENG,
    WANYUE,
    WUZE,
    XICHUAN,
    Key,
    Party,
    Role,
    party,
)
from tests.support.drafts import Draft, Signer
from tests.support.expect import expect_refusal, refused
from tests.support.layout import Slots
from tests.support.rebuild import Rebuilt
from tests.support.world import DAY, DUE, FACE, GRACE, TRANSFERABLE_UNTIL, Receipt, World

PART = FACE // 8
NEWCOMER = party("newcomer", 15, "91340100MA9DEM333A", Role.SUPPLIER)
ORDER_N = (0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141).to_bytes(32, "big")


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def storage(world: World) -> Slots:
    """Every word that is not 0."""
    return {slot: word for slot, word in world.evm.touched(world.address).items() if word}


def why(receipt: Receipt) -> str:
    """The error that refused a transaction; "" when it took effect."""
    return receipt.refusal.name if receipt.refusal else ""


def split(world: World, ticket: bytes, value: int = PART) -> bytes:
    offer = world.offer(WANYUE, ticket, [(WUZE, value)])
    return offer.transfer(offer.accept(WUZE))


def receipt_draft(world: World, lock: bytes, value: int = PART, bank: Party = LANWAN) -> Draft:
    known: dict[str, Any] = {
        "lock": lock,
        "bank": bank.id,
        "value": value,
        "ref": world.salt(),
        "registration": world.salt(),
    }
    return world.draft("Receipt", [HUAIYUE], **known)


def recovery(world: World, who: Party, *keys: tuple[Key, int]) -> bytes:
    """Starts a recovery of `who` to these keys; its digest."""
    listed = [{"key": key.address, "right": right} for key, right in keys]
    first: list[Signer] = [LANWAN if who is HUAIYUE else HUAIYUE, *(key for key, _ in keys)]
    made = world.panel_draft("Recover", *first, party=who.id, keys=listed)
    world.send(made.data).expect()
    return made.digest


# ---- the operator


def test_all_keys_of_the_operator_move_nothing(world: World, ticket: bytes) -> None:
    """One seat of four stands for the panel; the registrar signs in every other place."""
    seat, end = [REGISTRAR], world.now + DAY
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    invoice = [{"fingerprint": world.salt(), "total": FACE, "amount": FACE}]
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)], signature=REGISTRAR.sign(b"\1" * 32))
    leg = [{"issuance": ticket[:16], "amount": FACE}]
    line = [{"ticket": ticket, "amount": 1, "paidAt": world.now}]
    void: dict[str, Any] = {"issuance": ticket[:16], "tickets": [ticket]}
    new = Key("the operator's own")
    added = [{"key": new.address, "right": SOLE}]
    tried = [
        world.admit_draft(NEWCOMER, signers=[REGISTRAR, REGISTRAR, *_keys(NEWCOMER)]),
        world.draft("ChangeSigners", [REGISTRAR, new], party=WANYUE.id, add=added, remove=[], sequence=0),
        world.panel_draft("Recover", REGISTRAR, new, party=WANYUE.id, keys=added, members=seat),
        world.draft("ChangePanel", seat, members=[1], threshold=1, sequence=0),
        world.panel_draft("Stop", stages=31, until=end, members=seat),
        world.panel_draft("Close", members=seat),
        world.draft("SetLimit", seat, core=LANGONG.id, amount=0, expiry=end, sequence=1),
        world.panel_draft("Halt", core=LANGONG.id, halted=True, members=seat),
        world.issue_draft(LANGONG, WANYUE, signers=[REGISTRAR, REGISTRAR], invoices=invoice),
        world.draft("Void", [REGISTRAR, REGISTRAR], world.issues[ticket[:16]], **void),
        world.draft("Withdraw", seat, ticket=ticket, offer=offer.digest, indexes=[0]),
        world.draft("WithdrawAll", seat, ticket=ticket, version=0),
        world.lock_draft(WANYUE, ticket, LANWAN, PART, signers=[REGISTRAR, REGISTRAR]),
        world.draft("CancelLock", [REGISTRAR, REGISTRAR], lock=lock),
        world.draft("Fund", seat, bank=HUAIYUE.id, ref=world.salt(), total=FACE, legs=leg),
        world.draft("PayOut", seat, bank=HUAIYUE.id, ref=world.salt(), lines=line),
        world.panel_draft("Waive", issuance=ticket[:16], members=seat),
        world.panel_draft("Freeze", ticket=ticket, order=b"\1" * 32, amount=1, end=end, members=seat),
        world.panel_draft("Suspend", party=WANYUE.id, until=DUE, byPanel=True, members=seat),
    ]
    calls = [made.data for made in tried] + [offer.transfer(offer.accept(WUZE))]
    before = storage(world)
    _, results = world.relay([*calls, calldata("returnLock", lock), calldata("reportOverdue", ticket[:16])])
    assert [result.ok for result in results] == [False] * len(results)
    assert storage(world) == before


def _keys(who: Party) -> list[Key]:
    return [who.maker, who.checker, who.sole]


def test_a_registrar_that_is_a_bank_admits_nobody_alone(world: World) -> None:
    both = party("both", 15, "91330100MA9DEMB55R", Role.REGISTRAR | Role.BANK)
    world.admit(both)
    sham = party("sham", 16, "91340100MA9DEM333A", Role.BANK | Role.CLEARING_BANK)
    fields = {"registrar": both.id, "bank": both.id}
    alone = world.admit_draft(sham, LANWAN, signers=[both, both, *_keys(sham)], **fields)
    with refused("NotIndependent", party=both.id):
        world.send(alone.data).expect()
    others = {"registrar": both.id, "bank": LANWAN.id}
    world.send(world.admit_draft(sham, LANWAN, signers=[both, LANWAN, *_keys(sham)], **others).data).expect()


def test_a_registrar_lifts_nothing_to_make_the_panels_suspension_stale(world: World) -> None:
    """Where nothing is suspended there is nothing to lift, so the sequence stays for the panel's act."""
    until = world.now + 300 * DAY
    waiting = world.panel_draft("Suspend", party=WANYUE.id, until=until, byPanel=True)
    lift = {"party": WANYUE.id, "until": 0, "byPanel": False, "sequence": 0}
    with refused("NotSuspended", party=WANYUE.id):
        world.act("Suspend", [REGISTRAR], **lift)
    world.send(waiting.data).expect()
    assert world.signer(WANYUE.sole.address).suspended_until == until


def test_a_registrar_delays_the_panels_suspension_twice_at_most(world: World) -> None:
    """Its own suspension and the lifting of it each take a number; then 30 free days run."""
    sequence = itertools.count()
    one = {"party": WANYUE.id, "byPanel": False}
    world.act("Suspend", [REGISTRAR], until=world.now + 1, sequence=next(sequence), **one)
    world.act("Suspend", [REGISTRAR], until=0, sequence=next(sequence), **one)
    with refused("NotSuspended"):
        world.act("Suspend", [REGISTRAR], until=0, sequence=next(sequence), **one)
    with refused("TooEarly"):
        world.act("Suspend", [REGISTRAR], until=world.now + DAY, sequence=2, **one)


def test_a_bank_that_renews_the_limit_does_not_escape_a_halt(world: World) -> None:
    """Limit and halt share a number; the panel stops the stage of limits, which a halt does not see."""
    halt = world.panel_draft("Halt", core=LANGONG.id, halted=True)
    world.limit(LANGONG)
    with refused("StaleSequence"):
        world.send(halt.data).expect()
    world.panel("Stop", stages=2, until=world.now + DAY)
    halt = world.panel_draft("Halt", core=LANGONG.id, halted=True)
    with refused("StageStopped"):
        world.limit(LANGONG)
    world.send(halt.data).expect()
    with refused("CoreHalted"):
        world.issue(LANGONG, WANYUE)


# ---- the thief's keys and signatures


@pytest.mark.parametrize(
    "signature",
    [
        bytes(64),
        bytes(31) + b"\1" + bytes(32),
        bytes(32) + bytes(31) + b"\1",
        ORDER_N + bytes(31) + b"\1",
        bytes(31) + b"\1" + ORDER_N,
        b"\xff" * 64,
    ],
    ids=["zeros", "s is 0", "r is 0", "r is the order", "s is the order", "ones"],
)
def test_signatures_of_nobody(world: World, ticket: bytes, signature: bytes) -> None:
    """The zero address is what a failed recovery gives; it is nobody's key."""
    before = storage(world)
    for twice in (signature, signature * 2):
        sent = world.send(world.draft("WithdrawAll", [twice], ticket=ticket, version=0).data)
        assert why(sent) in ("BadSignature", "NotASigner")
    assert storage(world) == before
    assert world.read("signers", "0x" + "00" * 20) == 0


def test_a_removed_key_signs_nothing_alone_or_in_a_pair(world: World, ticket: bytes) -> None:
    remove = [WANYUE.maker.address, WANYUE.sole.address]
    new = Key("wanyue new maker")
    added = [{"key": new.address, "right": MAKER}]
    world.act("ChangeSigners", [WANYUE, new], party=WANYUE.id, add=added, remove=remove, sequence=0)
    digest = world.offer(WANYUE, ticket, [(WUZE, PART)]).digest
    for signature in (
        WANYUE.sole.sign(digest),
        WANYUE.maker.sign(digest) + WANYUE.checker.sign(digest),
        new.sign(digest) + WANYUE.maker.sign(digest),
        new.sign(digest) + new.sign(digest),
        WANYUE.checker.sign(digest) + new.sign(digest),
    ):
        made = world.draft("WithdrawAll", [signature], ticket=ticket, version=0)
        sent = world.send(made.data)
        assert why(sent) in ("NotASigner", "WrongRight")


def test_a_removed_or_foreign_key_vetoes_nothing(world: World) -> None:
    fields = {"party": WANYUE.id, "add": [], "remove": [WANYUE.maker.address], "sequence": 0}
    world.act("ChangeSigners", [WANYUE], **fields)
    new = Key("rescue")
    digest = recovery(world, WANYUE, (new, SOLE))
    for thief in (WANYUE.maker, new):
        with refused("NotASigner", key=thief.address):
            world.act("VetoRecovery", [thief], party=WANYUE.id, recovery=digest)
    with refused("WrongParty", found=SUHENG.id):
        world.act("VetoRecovery", [SUHENG.sole], party=WANYUE.id, recovery=digest)
    world.act("VetoRecovery", [WANYUE.checker], party=WANYUE.id, recovery=digest)


def test_a_pending_key_is_not_added_by_the_thief_before_the_recovery_ends(world: World) -> None:
    new = Key("rescue")
    digest = recovery(world, WANYUE, (new, SOLE))
    fields = {"party": WANYUE.id, "add": [{"key": new.address, "right": MAKER}], "remove": []}
    with refused("KeyTaken"):
        world.act("ChangeSigners", [WANYUE, new], sequence=1, **fields)
    world.until(world.now + 14 * DAY)
    world.act("CompleteRecovery", [new], party=WANYUE.id, recovery=digest)
    assert world.signer(new.address).right == SOLE


def test_a_thief_that_fills_all_16_places_does_not_stop_a_recovery(world: World) -> None:
    digest = recovery(world, WANYUE, *((Key(f"rescue {i}"), SOLE) for i in range(16)))
    crowd = [Key(f"thief {i}") for i in range(13)]
    added = [{"key": key.address, "right": CHECKER} for key in crowd]
    world.act("ChangeSigners", [WANYUE, *crowd], party=WANYUE.id, add=added, remove=[], sequence=1)
    world.until(world.now + 14 * DAY)
    world.act("CompleteRecovery", [Key("rescue 7")], party=WANYUE.id, recovery=digest)
    who = world.read("participants", WANYUE.id)
    assert (len(who["keys"]), who["makers"], who["checkers"], who["soles"]) == (16, 0, 0, 16)
    assert [world.signer(key.address).right for key in (*crowd, *_keys(WANYUE))] == [0] * 16


def test_a_suspension_is_not_shaken_off_by_changing_keys(world: World, ticket: bytes) -> None:
    """Removed and added again in one act, added later, or recovered: suspended like its participant."""
    digest = recovery(world, WANYUE, (Key("rescue"), SOLE))
    until = world.now + 300 * DAY
    world.panel("Suspend", party=WANYUE.id, until=until, byPanel=True)
    sole, late = WANYUE.sole, Key("late")
    added = [{"key": sole.address, "right": SOLE}, {"key": late.address, "right": SOLE}]
    fields = {"party": WANYUE.id, "add": added, "remove": [sole.address], "sequence": 1}
    world.act("ChangeSigners", [WANYUE, sole, late], **fields)
    for key in (sole, late):
        offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
        offer.signature = key.sign(offer.digest)
        with refused("Suspended"):
            world.send(offer.transfer(offer.accept(WUZE))).expect()
    world.until(world.now + 14 * DAY)
    world.act("CompleteRecovery", [Key("rescue")], party=WANYUE.id, recovery=digest)
    assert world.signer(Key("rescue").address).suspended_until == until


def test_one_seat_signs_twice_with_its_sole_key_and_its_pair(world: World) -> None:
    made = world.message("Close", sequence=0)
    digest = world.draft("Close", [], message=made).digest
    twice = [LANWAN.sign(digest, pair=False), LANWAN.sign(digest, pair=True)]
    with refused("NotAscending", position=1):
        world.send(world.draft("Close", [*twice, NANHUAI], message=made).data).expect()
    half = world.draft("Close", [REGISTRAR, LANWAN, NANHUAI.maker.sign(digest)], message=made)
    with refused("WrongRight"):
        world.send(half.data).expect()


# ---- the relayer


def test_a_relayer_calls_views_and_nonsense_as_items(world: World, ticket: bytes) -> None:
    """The contract calling itself may do no more than anybody; large answers are not carried."""
    before = storage(world)
    slots = [bytes(32)] * 500
    calls = [calldata("load", slots), calldata("separator"), calldata("closed"), b"\0" * 4, b""]
    calls += [calldata("relay", []), calldata("returnLock", ticket), calldata("openingOf", bytes(32))]
    receipt, results = world.relay(calls)
    assert [result.ok for result in results] == [True, True, True, False, False, False, False, True]
    assert {event.name for event in receipt.logs} == {"Refused"}
    assert storage(world) == before


def test_libraries_do_nothing_when_called_themselves(world: World) -> None:
    for name, address in world.libraries.items():
        code = bytes.fromhex(abi.artifact(name)["deployedBytecode"][2:].replace("_", "0").replace("$", "0"))
        for entry in abi.artifact(name)["abi"]:
            if entry["type"] == "function":
                kinds = [i["internalType"].removeprefix("struct ") for i in entry["inputs"]]
                selector = keccak256(f"{entry['name']}({','.join(kinds)})".encode())[:4]
                assert selector in code, entry["name"]
                assert not world.evm.send(address, selector + bytes(640)).ok


def test_an_item_that_points_outside_the_calldata(world: World, ticket: bytes) -> None:
    good = world.relay_data([split(world, ticket)])
    before = storage(world)
    for place, value in itertools.product((68, 100, 132, 164), (0, 1 << 255, (1 << 256) - 32, len(good))):
        bent = good[:place] + value.to_bytes(32, "big") + good[place + 32 :]
        sent = world.cold().send(bent, gas=3_000_000)
        assert not sent.all("Transferred") or place == 100
    assert storage(world) == before


def test_a_relayer_cannot_drop_a_part_of_what_a_receiver_signed(world: World, ticket: bytes) -> None:
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (WUZE, 2 * PART)])
    whole = offer.accept(WUZE)
    for bent in (
        {**whole, "legs": whole["legs"][:1]},
        {**whole, "legs": whole["legs"][::-1]},
        {**offer.accept(WUZE, [0]), "signatures": whole["signatures"]},
    ):
        with refused("NotASigner"):
            world.send(offer.transfer(bent)).expect()
    world.send(offer.transfer(whole)).expect()


def test_two_acceptances_over_the_same_bytes(world: World, ticket: bytes) -> None:
    """Both heads point at one body: a child is given twice, whatever the offsets say."""
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    data = offer.transfer(offer.accept(WUZE))
    head = 4 + 32
    array = head + int.from_bytes(data[head + 192 : head + 224], "big")
    body = data[array + 64 :]
    offset = (64).to_bytes(32, "big")
    twice = data[:array] + (2).to_bytes(32, "big") + offset + offset + body
    with refused("DuplicateIndex", index=0):
        world.send(twice).expect()
    moved = data[:array] + (1).to_bytes(32, "big") + offset + bytes(32) + body
    world.send(moved).expect()
    assert world.ticket(offer.child(0)).value == PART


def test_a_child_hash_of_zero_is_a_child_that_nobody_opens(world: World, ticket: bytes) -> None:
    """It only fills its place: counts, order and the other children stay as they were signed."""
    offer = world.offer(WANYUE, ticket, [(WUZE, PART), (SUHENG, PART)])
    good = offer.transfer(offer.accept(WUZE))
    hidden = world.offer(WANYUE, ticket, [(WUZE, PART)])
    head = 4 + 32
    others = head + int.from_bytes(good[head + 128 : head + 160], "big")
    assert good[others : others + 32] == (1).to_bytes(32, "big")
    zeroed = good[: others + 32] + bytes(32) + good[others + 64 :]
    sent = world.send(zeroed)
    assert why(sent) in ("NotASigner", "BadSignature")
    extra = hidden.transfer(hidden.accept(WUZE))
    grown = extra[:others] + (1).to_bytes(32, "big") + bytes(32) + extra[others + 32 :]
    assert not world.send(grown).status


@pytest.mark.parametrize("place", [128, 160, 192])
@pytest.mark.parametrize("value", [0, 1 << 255, (1 << 256) - 1, (1 << 256) - 32, (1 << 256) - 224])
def test_offsets_that_wrap_around(world: World, ticket: bytes, place: int, value: int) -> None:
    """Past the end everything reads as 0: no others, no signatures, no acceptances. The first is what was signed."""
    offer = world.offer(WANYUE, ticket, [(WUZE, PART)])
    good = offer.transfer(offer.accept(WUZE))
    at = 4 + 32 + place
    if world.send(good[:at] + value.to_bytes(32, "big") + good[at + 32 :]).status:
        assert (place, world.ticket(offer.child(0)).value) == (128, PART)
    else:
        assert world.ticket(ticket).value == FACE


def test_acts_in_every_order_never_make_more(world: World, ticket: bytes) -> None:
    """Transfer, lock, withdrawal, funding and payout, signed at once and relayed in every order."""
    world.until(TRANSFERABLE_UNTIL - 2 * DAY)
    offer = world.offer(WANYUE, ticket, [(WUZE, 5 * PART), (XICHUAN, 5 * PART)])
    lock = world.lock_draft(WANYUE, ticket, LANWAN, 4 * PART, expiry=TRANSFERABLE_UNTIL - 1)
    line = [{"ticket": ticket, "amount": FACE - PART, "paidAt": world.now}]
    leg = [{"issuance": ticket[:16], "amount": FACE}]
    acts = [
        offer.transfer(offer.accept(WUZE), offer.accept(XICHUAN)),
        lock.data,
        receipt_draft(world, lock.made, 4 * PART).data,
        world.draft("Fund", [HUAIYUE], bank=HUAIYUE.id, ref=world.salt(), total=FACE, legs=leg).data,
        world.draft("PayOut", [HUAIYUE], bank=HUAIYUE.id, ref=world.salt(), lines=line).data,
        calldata("returnLock", lock.made),
    ]
    known = [ticket, lock.made, *offer.children]
    ends = set()
    for order in itertools.permutations(acts):
        with world.scratch():
            world.relay(order)
            values = tuple(world.ticket(id).value for id in known)
            taken = [world.read("taken", id) for id in known]
            assert sum(values) == FACE
            assert sum(taken) <= world.read("settlements", ticket[:16])["paid"]
            assert all(part <= value for part, value in zip(taken, values, strict=True))
            ends.add((values, tuple(taken), world.ticket(lock.made).party))
    assert len(ends) > 3


# ---- banks and cores


def test_a_lock_after_the_clearing_bank_went_and_came_back(world: World, ticket: bytes) -> None:
    """Replaced, a standing lock only returns; named again, its own clearing bank may release it."""
    world.admit(QIANCHAO, LANWAN)
    world.advance(DAY)
    expiry = world.now + 60 * DAY
    kept = world.lock(WANYUE, ticket, LANWAN, PART, expiry=expiry)
    gone = world.lock(WANYUE, ticket, LANWAN, PART, expiry=expiry)
    replace(world, ticket, QIANCHAO)
    with refused("ClearingBankReplaced"):
        world.release(kept)
    with refused("WrongParty"):
        world.release(gone, QIANCHAO)
    with refused("ClearingBankReplaced"):
        world.lock(WANYUE, ticket, LANWAN, PART)
    replace(world, ticket, HUAIYUE)
    world.release(kept)
    world.until(expiry)
    world.return_lock(gone)
    assert (world.ticket(kept).party, world.ticket(ticket).value) == (LANWAN.id, FACE - PART)


def replace(world: World, ticket: bytes, bank: Party) -> None:
    made = world.panel_draft("ReplaceBank", LANGONG, bank, issuance=ticket[:16], bank=bank.id)
    world.send(made.data).expect()
    world.advance(14 * DAY)
    world.act("CompleteReplacement", [bank], issuance=ticket[:16], replacement=made.digest)


@pytest.mark.parametrize("seed", range(6))
def test_payments_in_any_order_and_any_parts_never_exceed_what_came(world: World, seed: int) -> None:
    """Odd values, funding in parts, orders that come and go, lines for whatever is payable or more."""
    dice = random.Random(seed)
    face = 1_000_003
    root = world.issue(LANGONG, WANYUE, face, minimum=0)
    parts = sorted(dice.sample(range(1, face), 5))
    children = [(WUZE, b - a) for a, b in itertools.pairwise([0, *parts])]
    words = [root, *world.transfer(WANYUE, root, *children)]
    world.until(DUE)
    paid = 0
    while paid < face:
        amount = min(face - paid, dice.randint(1, face // 3))
        world.fund((root, amount))
        paid += amount
        frozen = dice.choice(words)
        world.freeze(frozen, bytes([dice.randint(1, 255)]) * 32, dice.randint(1, face), world.now + DAY)
        dice.shuffle(words)
        for word in words:
            share = world.ticket(word).value * paid // face
            most = max(share - world.read("taken", word), 0)
            for claim in (most + 1, dice.randint(1, most + 1), most):
                world.send(payment(world, word, claim).data)
        assert_paid(world, words, paid)
        world.advance(DAY)
    for word in words:
        left = world.ticket(word).value - world.read("taken", word)
        if left:
            world.pay_out((word, left))
    assert [world.read("taken", word) for word in words] == [world.ticket(word).value for word in words]
    assert world.read("openings", LANGONG.id)["used"] == 0


def payment(world: World, ticket: bytes, amount: int) -> Draft:
    lines = [{"ticket": ticket, "amount": amount, "paidAt": world.now}] * 2
    return world.draft("PayOut", [HUAIYUE], bank=HUAIYUE.id, ref=world.salt(), lines=lines)


def assert_paid(world: World, words: Sequence[bytes], paid: int) -> None:
    taken = [world.read("taken", word) for word in words]
    assert sum(taken) <= paid
    for word, part in zip(words, taken, strict=True):
        assert part <= world.ticket(word).value


def test_an_ended_order_holds_nothing_though_the_ticket_is_marked(world: World, ticket: bytes) -> None:
    order = b"\5" * 32
    world.freeze(ticket, order, FACE, end=world.now + DAY)
    with refused("NotEnough", free=0):
        world.transfer(WANYUE, ticket, (WUZE, PART))
    world.advance(DAY)
    assert world.ticket(ticket).flags == layout.Ticket.ORDERED
    world.transfer(WANYUE, ticket, (WUZE, PART))
    world.freeze(ticket, order, PART)
    world.unfreeze(ticket, order)
    assert world.ticket(ticket).flags == 0


def test_reports_and_waivers_in_circles_leave_no_mark(world: World, ticket: bytes) -> None:
    """The counter of overdue issuances is back at 0 however often both were said."""
    second = world.issue(LANGONG, SUHENG)
    world.until(DUE + GRACE)
    for _ in range(3):
        for one in (ticket, second):
            world.report_overdue(one)
            with refused("AlreadyReported"):
                world.report_overdue(one)
        assert world.read("openings", LANGONG.id)["overdue"] == 2
        for _ in range(2):
            world.panel("Waive", issuance=ticket[:16])
        world.panel("Waive", issuance=second[:16])
        assert world.read("openings", LANGONG.id)["overdue"] == 0
        world.advance(30 * DAY)
    world.report_overdue(ticket)
    world.fund((ticket, FACE))
    world.report_overdue(second)
    world.void(LANGONG, SUHENG, second)
    assert world.read("openings", LANGONG.id)["overdue"] == 0
    assert world.read("openings", LANGONG.id)["used"] == 0


def test_a_core_with_a_locked_or_returned_part_does_not_void_around_it(world: World, ticket: bytes) -> None:
    lock = world.lock(WANYUE, ticket, LANWAN, PART)
    withdrawn = world.offer(WANYUE, ticket, [(WUZE, PART)])
    world.withdraw(WANYUE, withdrawn, 0)
    with refused("NotWhole", sum=FACE - PART):
        world.void(LANGONG, WANYUE, ticket)
    with refused("NotHolder", ticket=lock):
        world.void(LANGONG, WANYUE, ticket, lock)
    world.advance(5 * DAY)
    world.return_lock(lock)
    for tombstone in (lock, withdrawn.child(0)):
        with refused("NotHolder", party=WANYUE.id):
            world.void(LANGONG, WANYUE, ticket, tombstone)
    world.void(LANGONG, WANYUE, ticket)


# ---- somebody who does not answer any more


def test_new_keys_that_are_lost_too_do_not_end_a_participant(world: World) -> None:
    """Nobody completes and nobody can veto: 14 days after it was ready, a recovery makes way for another."""
    lost, found = Key("lost again"), Key("found")
    first = recovery(world, WANYUE, (lost, SOLE))
    world.advance(28 * DAY - 1)
    with refused("RecoveryRunning"):
        recovery(world, WANYUE, (found, SOLE))
    world.advance(1)
    second = recovery(world, WANYUE, (found, SOLE))
    assert world.signer(lost.address).pending == 0
    with refused("NoRecovery"):
        world.act("CompleteRecovery", [lost], party=WANYUE.id, recovery=first)
    with refused("TooEarly"):
        world.act("CompleteRecovery", [found], party=WANYUE.id, recovery=second)
    world.advance(14 * DAY)
    with refused("NotASigner"):
        world.act("CompleteRecovery", [lost], party=WANYUE.id, recovery=second)
    world.act("CompleteRecovery", [found], party=WANYUE.id, recovery=second)
    assert world.read("participants", WANYUE.id)["soles"] == 1


def test_a_key_of_the_recovery_before_takes_part_again(world: World) -> None:
    again = Key("again")
    recovery(world, WANYUE, (again, SOLE), (Key("lost"), SOLE))
    world.advance(28 * DAY)
    second = recovery(world, WANYUE, (again, MAKER), (Key("other"), CHECKER))
    world.act("VetoRecovery", [WANYUE.maker], party=WANYUE.id, recovery=second)
    assert [world.signer(Key(n).address).pending for n in ("again", "lost", "other")] == [0, 0, 0]
    rebuilt = Rebuilt(world.evm.chain_id, world.address)
    rebuilt.apply(world.history)
    assert rebuilt.slots() == storage(world)


def test_a_new_clearing_bank_that_never_completes_does_not_block_another(world: World, ticket: bytes) -> None:
    world.admit(QIANCHAO, LANWAN)
    third = party("third", 16, "91330100MA9DEMB66X", Role.BANK | Role.CLEARING_BANK)
    world.admit(third, LANWAN)
    fields: dict[str, Any] = {"issuance": ticket[:16]}
    first = world.panel_draft("ReplaceBank", LANGONG, QIANCHAO, bank=QIANCHAO.id, **fields)
    world.send(first.data).expect()
    world.advance(28 * DAY - 1)
    with refused("ReplacementRunning"):
        world.panel("ReplaceBank", LANGONG, third, bank=third.id, **fields)
    world.advance(1)
    second = world.panel_draft("ReplaceBank", LANGONG, third, bank=third.id, **fields)
    world.send(second.data).expect()
    with refused("NoReplacement"):
        world.act("CompleteReplacement", [QIANCHAO], replacement=first.digest, **fields)
    world.advance(14 * DAY)
    world.act("CompleteReplacement", [third], replacement=second.digest, **fields)
    assert world.issuance(ticket).clearing_bank == third.id


def test_a_recovery_of_the_clearing_bank_is_confirmed_by_another_bank(world: World) -> None:
    new = Key("huaiyue new")
    listed = [{"key": new.address, "right": SOLE}]
    with refused("WrongParty", expected=LANWAN.id):
        world.panel("Recover", HUAIYUE, new, party=HUAIYUE.id, keys=listed)
    digest = recovery(world, HUAIYUE, (new, SOLE))
    world.advance(14 * DAY)
    world.act("CompleteRecovery", [new], party=HUAIYUE.id, recovery=digest)


def test_a_stranger_on_the_panel_changes_nothing_below_its_threshold(world: World) -> None:
    """The panel makes itself smaller than its own seats, then two suppliers and a bank decide."""
    members = [LANWAN.id, WANYUE.id, SUHENG.id]
    world.act("ChangePanel", PANEL[:3], members=members, threshold=3, sequence=0)
    for few in ([LANWAN, WANYUE], PANEL[:3]):
        sent = world.send(world.panel_draft("Close", members=few).data)
        assert why(sent) in ("PanelTooSmall", "NotOnPanel")
    world.panel("Close", members=[LANWAN, WANYUE, SUHENG])


def test_what_a_relay_refuses_it_says(world: World, ticket: bytes) -> None:
    receipt, results = world.relay([calldata("returnLock", ticket), split(world, ticket)])
    expect_refusal(results[0].refusal, "NotLocked", lock=ticket)
    assert (results[1].ok, receipt.one("Refused")["position"]) == (True, 0)
