"""Lens: what auditors and explorers read.

given ids where nothing was ever written
    it should read zeros, status none, and refuse a card
given storage as the compiler lays it out
    it should give every struct and word exactly so, running recoveries and replacements included
given a ticket in each state of its life
    it should say the one word that fits first, the same as the book would
given orders, part funding and part payments
    it should say a payable that payOut accepts, and one fen more is refused
    it should say a free value that a lock accepts, and one fen more is refused
    it should hold nothing by orders that ended, and no more than is left
given a lock
    it should name bank, clearing bank, parent and expiry while it stands, and nothing afterwards
given a ticket's card
    it should be JSON with yuan, Shanghai's day, both companies and the status
    it should let no foreign byte out of its string
given the contract itself
    it should have nothing but views
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.money import format_yuan
from ledger.records import Issuance, Ticket
from ledger.tickets import status_of
from tests.support import abi
from tests.support.actors import (
    CHENGHAI,
    CHUHENG,
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    PANEL,
    THRESHOLD,
    WANYUE,
    WUZE,
    XICHUAN,
    Key,
    Role,
    party,
)
from tests.support.drafts import issuance_of
from tests.support.world import (
    CONTRACTUAL_DUE,
    DAY,
    DUE,
    FACE,
    TRANSFERABLE_UNTIL,
    Reverted,
    World,
    deploy,
)

NOTHING = bytes(31) + b"\7"
STATUSES = (
    "none",
    "withdrawn",
    "returned",
    "locked",
    "void",
    "spent",
    "paid",
    "partly paid",
    "due",
    "funded",
    "live",
)
"""In the order of `ILens.Status`."""


class Lens:
    """The deployed lens; views by name, structs as dicts."""

    def __init__(self, world: World) -> None:
        self.world = world
        (constructor,) = [e for e in abi.artifact("Lens")["abi"] if e["type"] == "constructor"]
        arguments = abi.encode(constructor["inputs"], [world.address])
        self.address = world.evm.deploy(abi.linked("Lens", {}) + arguments)

    def __call__(self, function: str, *values: Any) -> Any:
        outcome = self.world.evm.send(self.address, abi.calldata(function, *values, contract="Lens"))
        if not outcome.ok:
            raise abi.decode_error(outcome.output)
        (entry,) = [e for e in abi.artifact("Lens")["abi"] if e.get("name") == function]
        answers = abi.decode_output(function, outcome.output, contract="Lens")
        if len(entry["outputs"]) == 1:
            return _named(entry["outputs"][0], answers)
        return tuple(_named(o, a) for o, a in zip(entry["outputs"], answers, strict=True))

    def status(self, ticket: bytes) -> str:
        """The word; the number must say the same."""
        number, word = self("statusOf", ticket)
        assert STATUSES[number] == word
        assert self("ticket", ticket)["status"] == number
        return str(word)

    def card(self, ticket: bytes) -> dict[str, Any]:
        """The JSON of a ticket's card."""
        uri = self("tokenURI", ticket)
        head, body = uri.split(",", 1)
        assert head == "data:application/json;utf8"
        loaded: dict[str, Any] = json.loads(body)
        return loaded


def _named(output: dict[str, Any], value: Any) -> Any:
    if output["type"] == "tuple":
        return {c["name"]: _named(c, v) for c, v in zip(output["components"], value, strict=True)}
    if output["type"].startswith("tuple["):
        return [_named({**output, "type": "tuple"}, item) for item in value]
    return list(value) if isinstance(value, tuple) else value


def _attributes(card: dict[str, Any]) -> dict[str, str]:
    return {a["trait_type"]: a["value"] for a in card["attributes"]}


@pytest.fixture
def lens(world: World) -> Lens:
    return Lens(world)


# ---- nothing there


def test_nothing_reads_as_zeros(lens: Lens) -> None:
    assert lens.status(NOTHING) == "none"
    assert set(lens("holding", NOTHING).values()) == {0}
    facts = lens("issuance", issuance_of(NOTHING))
    assert not any(v for k, v in facts.items() if k != "replacement")
    assert not any(lens("signer", "0x" + "11" * 20).values())
    assert lens("words", [NOTHING]) == [0]
    assert lens("issuanceWords", [issuance_of(NOTHING)]) == [0]
    assert all(order["number"] == bytes(32) for order in lens("orders", NOTHING))


def test_an_unknown_company_is_nobody(lens: Lens) -> None:
    code, facts, recovery = lens("participant", 99)
    assert (code, facts["keys"], recovery["keys"], facts["roles"]) == ("", [], [], 0)
    assert lens("participantOf", "91340100MA9DEM9999") == 0
    assert lens("participantOf", "") == 0
    assert lens("participantOf", LANGONG.uscc + "X") == 0
    assert lens("opening", 99)[1:] == (0, False)


def test_there_is_no_card_of_nothing(lens: Lens) -> None:
    with pytest.raises(Reverted, match="UnknownTicket"):
        lens("tokenURI", NOTHING)


# ---- as the compiler lays it out


def test_it_reads_the_governance_and_the_panel(world: World, lens: Lens) -> None:
    world.panel("SetPolicy", months=9, **{"from": world.now + 40 * DAY})
    world.panel("Stop", stages=12, until=world.now + 3 * DAY)
    facts, predecessor = lens("governance")
    assert facts == world.read("governance")
    assert facts["stoppedStages"] == 12
    assert int(predecessor, 16) == 0
    members, threshold = lens("panel")
    assert (members, threshold) == ([p.id for p in PANEL], THRESHOLD)


def test_it_reads_a_panel_of_more_than_one_slot(world: World, lens: Lens) -> None:
    wide = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 14]
    sequence = world.read("governance")["sequence"]
    world.act("ChangePanel", PANEL[:THRESHOLD], members=wide, threshold=7, sequence=sequence)
    assert lens("panel") == (wide, 7)


def test_it_reads_participants_and_their_recovery(world: World, lens: Lens) -> None:
    world.panel("Suspend", party=WUZE.id, until=world.now + 90 * DAY, byPanel=True)
    new = Key("wuze again")
    keys = [{"key": new.address, "right": 3}]
    world.panel("Recover", HUAIYUE, new, party=WUZE.id, keys=keys)
    for who in (WUZE, LANGONG, HUAIYUE):
        code, facts, recovery = lens("participant", who.id)
        assert code == who.uscc
        assert facts == world.read("participants", who.id)
        assert recovery == world.read("recoveries", who.id)
        assert lens("participantOf", who.uscc) == who.id
    _, facts, recovery = lens("participant", WUZE.id)
    assert facts["suspendedByPanel"]
    assert recovery["keys"] == [new.address]
    for address in (new.address, WUZE.sole.address, WUZE.maker.address):
        word = world.signer(address)
        assert lens("signer", address) == {
            "party": word.party,
            "right": word.right,
            "roles": word.roles,
            "suspendedUntil": word.suspended_until,
            "pending": word.pending,
        }
    assert lens("signer", new.address)["pending"] == 3


def test_it_reads_limits_with_what_came_before(world: World, lens: Lens) -> None:
    world.issue(LANGONG, WANYUE)
    facts, used, halted = lens("opening", LANGONG.id)
    assert facts == world.read("openings", LANGONG.id)
    assert (used, halted) == (FACE, False)
    world.panel("Halt", core=LANGONG.id, halted=True)
    world.panel("Close")
    successor = deploy(world.evm, predecessor=world.address)
    successor.admit(LANGONG)
    successor.limit(LANGONG)
    facts, used, halted = Lens(successor)("opening", LANGONG.id)
    assert (facts["used"], facts["external_"]) == (0, False)
    assert (used, halted) == (FACE, True)
    assert Lens(successor)("governance")[1] == world.address


def test_it_reads_issuances_and_their_replacement(world: World, lens: Lens) -> None:
    root = world.issue(CHENGHAI, WANYUE)
    pubei = party("pubei", 15, "91340100MA9DEMB44X", Role.BANK | Role.CLEARING_BANK)
    world.admit(pubei, clearing_bank=LANWAN)
    world.fund((root, FACE // 4))
    world.until(DUE + 4 * DAY)
    world.report_overdue(root)
    world.panel("Waive", issuance=issuance_of(root))
    world.panel("ReplaceBank", CHENGHAI, pubei, issuance=issuance_of(root), bank=pubei.id)
    facts = lens("issuance", issuance_of(root))
    stored = world.read("settlements", issuance_of(root))
    assert {k: facts[k] for k in stored} == stored
    assert facts["replacement"] == world.read("replacements", issuance_of(root))
    assert facts["replacement"]["bank"] == pubei.id
    word = world.issuance(root)
    expected = (CHENGHAI.id, HUAIYUE.id, FACE, TRANSFERABLE_UNTIL, 10**word.minimum, False, False)
    named = ("debtor", "clearingBank", "face", "transferableUntil", "minimum", "funded", "isVoid")
    assert tuple(facts[k] for k in named) == expected
    assert facts["waivedUntil"] == world.now + 30 * DAY


def test_it_gives_raw_words_in_the_order_asked(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    child, other = world.transfer(WANYUE, root, (WUZE, 3_000_000), (XICHUAN, 4_000_000))
    ids = [other, NOTHING, root, child]
    assert lens("words", ids) == [world.read("tickets", i) for i in ids]
    second = world.issue(CHENGHAI, WANYUE)
    both = [issuance_of(second), issuance_of(root)]
    assert lens("issuanceWords", both) == [world.read("issuances", i) for i in both]
    assert lens("words", []) == []


# ---- status


def test_the_status_through_a_life(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    assert lens.status(root) == "live"
    offer = world.offer(WANYUE, root, [(WUZE, 1_000_000)])
    world.withdraw(WANYUE, offer, 0)
    assert lens.status(offer.child(0)) == "withdrawn"
    lock = world.lock(WANYUE, root, LANWAN, 2_000_000)
    assert lens.status(lock) == "locked"
    world.cancel_lock(lock, WANYUE, LANWAN)
    assert lens.status(lock) == "returned"
    (child,) = world.transfer(WANYUE, root, (WUZE, FACE))
    assert (lens.status(root), lens.status(child)) == ("spent", "live")
    world.fund((root, FACE // 2))
    assert lens.status(child) == "live"
    world.until(DUE)
    assert lens.status(child) == "due"
    world.pay_out((child, FACE // 2))
    assert lens.status(child) == "partly paid"
    world.fund((root, FACE - FACE // 2))
    world.pay_out((child, FACE - FACE // 2))
    assert lens.status(child) == "paid"


def test_funded_before_due_and_due_afterwards(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    world.fund((root, FACE))
    assert lens.status(root) == "funded"
    world.until(DUE)
    assert lens.status(root) == "due"


def test_void_comes_before_spent(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    (child,) = world.transfer(WANYUE, root, (WUZE, FACE))
    world.void(LANGONG, WUZE, child)
    assert (lens.status(root), lens.status(child)) == ("void", "void")
    assert lens("holding", child)["free"] == 0
    world.until(DUE)
    assert lens("holding", child)["payableNow"] == 0


def test_the_book_says_the_same_words(world: World, lens: Lens) -> None:
    """Every combination of the facts that decide, as far as the chain can show it."""
    root = world.issue(LANGONG, WANYUE)
    lock = world.lock(WANYUE, root, LANWAN, 2_000_000)
    (child,) = world.transfer(WANYUE, root, (WUZE, FACE - 2_000_000))
    seen = set()
    for step in (
        lambda: None,
        lambda: world.cancel_lock(lock, WANYUE, LANWAN),
        lambda: world.fund((root, FACE // 2)),
        lambda: world.until(DUE),
        lambda: world.pay_out((child, 1_000)),
        lambda: world.fund((root, FACE - FACE // 2)),
        lambda: world.pay_out((child, FACE - 2_001_000), (root, 2_000_000)),
    ):
        step()
        for id in (root, lock, child, NOTHING):
            said = lens.status(id)
            seen.add(said)
            assert said == status_of(*_records(world, id), world.now)
    assert seen == {"none", "live", "locked", "spent", "returned", "due", "partly paid", "paid"}


def _records(world: World, id: bytes) -> tuple[Ticket | None, Issuance | None]:
    """Ticket and issuance as the book has them, from the chain's words."""
    word, iw = world.ticket(id), world.issuance(id)
    if world.read("tickets", id) == 0:
        return None, None
    stored = world.read("settlements", issuance_of(id))
    issuance = Issuance(
        id=issuance_of(id),
        number=1,
        digest=b"",
        debtor=iw.debtor,
        supplier=WANYUE.id,
        clearing_bank=iw.clearing_bank,
        face=iw.face,
        contractual_due=CONTRACTUAL_DUE,
        due=stored["due"],
        transferable_until=iw.transferable_until,
        grace=stored["grace"],
        depth=10,
        minimum=iw.minimum,
        interest=0,
        undertaking=b"",
        issued_at=0,
        paid=stored["paid"],
        funded=bool(iw.flags & iw.FUNDED),
        void=bool(iw.flags & iw.VOID),
    )
    ticket = Ticket(
        id=id,
        issuance=issuance_of(id),
        parent=None,
        party=word.party,
        value=word.value,
        depth=word.depth,
        path="",
        tier=1,
        created_at=0,
        locked=bool(word.flags & word.LOCKED),
        withdrawn=bool(word.flags & word.WITHDRAWN),
        returned=bool(word.flags & word.RETURNED),
        taken=world.read("taken", id),
    )
    return ticket, issuance


# ---- amounts


def _payable_is_exact(world: World, lens: Lens, ticket: bytes) -> int:
    """payOut accepts what the lens says and refuses one fen more; how much it is."""
    most = lens("holding", ticket)["payableNow"]
    with world.scratch(), pytest.raises(Reverted, match="BeyondPayable"):
        world.pay_out((ticket, most + 1))
    if most:
        with world.scratch():
            world.pay_out((ticket, most))
    return int(most)


@pytest.mark.parametrize("paid", [1, 12_345_677, FACE // 3, FACE - 1, FACE])
@pytest.mark.parametrize("frozen", [0, 1, 7_777_777, FACE])
def test_the_payable_is_what_pay_out_accepts(world: World, lens: Lens, paid: int, frozen: int) -> None:
    root = world.issue(LANGONG, WANYUE)
    (child,) = world.transfer(WANYUE, root, (WUZE, 33_333_333))
    world.fund((root, paid))
    world.until(DUE)
    first = _payable_is_exact(world, lens, child) // 3
    if first:
        world.pay_out((child, first))
    if frozen:
        world.freeze(child, b"\1" * 32, frozen)
    _payable_is_exact(world, lens, child)
    _payable_is_exact(world, lens, root)
    there = lens("holding", child)
    assert there["held"] == min(frozen, 33_333_333 - first)
    assert (there["taken"], there["party"], there["value"]) == (first, WUZE.id, 33_333_333)


def test_nothing_is_payable_before_due_unless_fully_funded(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    world.fund((root, FACE - 1))
    assert lens("holding", root)["payableNow"] == 0
    with world.scratch(), pytest.raises(Reverted, match="NotYetDue"):
        world.pay_out((root, 1))
    world.fund((root, 1))
    assert _payable_is_exact(world, lens, root) == FACE


def test_orders_that_ended_hold_nothing(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    world.freeze(root, b"\1" * 32, 5_000_000, end=world.now + 2 * DAY)
    world.freeze(root, b"\2" * 32, 2_000_000, end=world.now + 4 * DAY)
    assert lens("holding", root)["held"] == 7_000_000
    assert lens("orders", root) == world.read("orders", root)
    world.advance(2 * DAY)
    assert lens("holding", root)["held"] == 2_000_000
    assert lens("ticket", root)["orderSequence"] == 2
    world.unfreeze(root, b"\2" * 32)
    assert lens("holding", root)["held"] == 0
    assert [o["number"] for o in lens("orders", root)] == [b"\1" * 32, *3 * [bytes(32)]]


@pytest.mark.parametrize("frozen", [0, 30_000_000])
def test_the_free_value_is_what_a_lock_accepts(world: World, lens: Lens, frozen: int) -> None:
    root = world.issue(LANGONG, WANYUE)
    if frozen:
        world.freeze(root, b"\1" * 32, frozen)
    free = lens("holding", root)["free"]
    assert free == FACE - frozen
    with world.scratch(), pytest.raises(Reverted, match="NotEnough"):
        world.lock(WANYUE, root, LANWAN, free + 1)
    world.lock(WANYUE, root, LANWAN, free)
    assert lens("holding", root)["free"] == 0


def test_nothing_is_free_once_it_can_move_no_more(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    other = world.issue(LANGONG, WANYUE)
    world.fund((other, FACE))
    assert lens("holding", other)["free"] == 0
    world.until(TRANSFERABLE_UNTIL - 1)
    assert lens("holding", root)["free"] == FACE
    world.advance(1)
    assert lens("holding", root)["free"] == 0


# ---- a ticket in words


def test_a_lock_names_its_banks_and_its_parent(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    (child,) = world.transfer(WANYUE, root, (WUZE, 9_000_000))
    lock = world.lock(WUZE, child, NANHUAI, 4_000_000)
    there = lens("ticket", lock)
    assert there == {
        "id": lock,
        "issuance": issuance_of(root),
        "status": STATUSES.index("locked"),
        "party": 0,
        "value": 4_000_000,
        "taken": 0,
        "version": 0,
        "depth": 8,
        "locked": True,
        "withdrawn": False,
        "returned": False,
        "ordered": False,
        "paidInPart": False,
        "bank": NANHUAI.id,
        "clearingBank": HUAIYUE.id,
        "parent": child,
        "expiry": world.now + 5 * DAY,
        "orderSequence": 0,
    }
    assert lens("holding", lock)["free"] == lens("holding", lock)["payableNow"] == 0
    world.release(lock)
    there = lens("ticket", lock)
    assert (there["party"], there["locked"], there["value"]) == (NANHUAI.id, False, 4_000_000)
    assert not any(
        (there["bank"], there["clearingBank"], there["expiry"], int.from_bytes(there["parent"], "big"))
    )


def test_a_ticket_says_its_flags_and_counters(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    world.withdraw_all(WANYUE, root)
    world.freeze(root, b"\1" * 32, 1_000)
    world.fund((root, FACE))
    world.pay_out((root, 5_000))
    there = lens("ticket", root)
    named = ("version", "depth", "ordered", "paidInPart", "taken", "orderSequence")
    assert tuple(there[k] for k in named) == (1, 10, True, True, 5_000, 1)


# ---- the card


def test_a_card_says_what_people_want_to_know(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE, 42_000_000)
    card = lens.card(root)
    assert card["name"] == f"金票 · Gold Ticket {root.hex()[:8]}-00000000"
    assert _attributes(card) == {
        "ticket": "0x" + root.hex(),
        "value (yuan)": "420,000.00",
        "status": "live",
        "due date": "2027-05-24",
        "debtor USCC": LANGONG.uscc,
        "holder USCC": WANYUE.uscc,
    }
    assert card["description"] == (
        f"应收账款电子凭证（金票）：{LANGONG.uscc} 承诺于 2027-05-24 向持有人付款 420,000.00 元。状态：有效。"
        f" A part of a receivable: {LANGONG.uscc} undertakes to pay its holder 420,000.00 yuan on 2027-05-24."
        " Status: live."
    )
    (child,) = world.transfer(WANYUE, root, (CHUHENG, 12_345_605))
    card = lens.card(child)
    assert card["name"].endswith(f"{child.hex()[:8]}-{child.hex()[32:40]}")
    assert _attributes(card)["value (yuan)"] == "123,456.05"
    assert _attributes(card)["holder USCC"] == CHUHENG.uscc


@pytest.mark.parametrize("fen", [10_000, 99_999, 100_000, 1_000_001, 100_000_000, 12_345_678_999])
def test_yuan_stand_as_people_write_them(world: World, lens: Lens, fen: int) -> None:
    assert _attributes(lens.card(world.issue(LANGONG, WANYUE, fen)))["value (yuan)"] == format_yuan(fen)


def test_a_lock_has_no_holder_and_a_withdrawn_issue_no_debtor(world: World, lens: Lens) -> None:
    root = world.issue(LANGONG, WANYUE)
    lock = world.lock(WANYUE, root, LANWAN, 2_000_000)
    assert "holder USCC" not in _attributes(lens.card(lock))
    assert _attributes(lens.card(lock))["status"] == "locked"
    assert "融资锁定" in lens.card(lock)["description"]
    made = world.issue_draft(LANGONG, WANYUE)
    withdrawal = world.message("WithdrawIssue", issue=made.digest)
    world.send(world.draft("WithdrawIssue", [LANGONG], issue=made.message, message=withdrawal).data).expect()
    assert _attributes(lens.card(made.made)) == {
        "ticket": "0x" + made.made.hex(),
        "value (yuan)": "0.00",
        "status": "withdrawn",
    }


def test_no_foreign_byte_breaks_out_of_the_card(world: World, lens: Lens) -> None:
    """The ledger checks a code's length only: registrar and bank answer for the rest."""
    evil = party("evil", 15, '"},{"a":"#%\\\n\t9}]}', Role.SUPPLIER)
    assert len(evil.uscc.encode()) == 18
    world.admit(evil)
    root = world.issue(LANGONG, evil)
    assert _attributes(lens.card(root))["holder USCC"] == evil.uscc
    uri = lens("tokenURI", root)
    assert not set("#%\n\t") & set(uri)


def test_it_has_no_power(world: World, lens: Lens) -> None:
    functions = [e for e in abi.artifact("Lens")["abi"] if e["type"] == "function"]
    assert {e["stateMutability"] for e in functions} == {"view"}
    assert lens("goldTicket") == world.address
