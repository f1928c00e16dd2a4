"""TRANSFER as the ledger sees it.

given an offer that the contract would refuse
  it should be refused here with the same code, before anybody signs
    past its deadline · stage stopped · holder or receiver suspended · old version · no such ticket
    funded · void · too late · depth used up · nobody in it · to its holder, its debtor or a bank
    a child too small · more than is free · too little left
given value on offer or held by an order
  it should not be offered again
given trade evidence
  it should be refused without contract, invoice or a day; with too small an invoice or other parties
  it should be kept beside the act, bound to it by a salted commitment, and shown to its two parties only
given an offer without a word on time
  it should stand until the end of the 5th working day, never longer than the ticket can be passed on
given accepted children, withdrawals and a version raise
  it should give the contract's words, with numbers from lineage
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger import transfer
from ledger.clock import end_of_day
from ledger.ids import InvalidUscc, commitment, keccak256, parse_hex
from ledger.kinds import kind
from ledger.money import Fen
from ledger.records import Act, Issuance, Reservation, Ticket
from ledger.tickets import UnknownTicket, number_of
from ledger.trade_evidence import BadTradeEvidence, Trade, TradeInvoice, commit, file, visible
from ledger.transfer import ChildDraft
from tests.support.actors import (
    CHANGLI,
    CHUHENG,
    HEYI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    REGISTRAR,
    WANYUE,
    WUZE,
    XICHUAN,
    Party,
)
from tests.support.mirror import mirrored
from tests.support.world import DAY, FACE, TRANSFERABLE_UNTIL, at

YUAN = 100
CONTRACT = "WZ-2026-118"


@pytest.fixture
def mirror(world_of_both):
    with mirrored(world_of_both) as made:
        yield made


@pytest.fixture
def root(mirror):
    return mirror.world.issue(LANGONG, WANYUE)


def invoice(value: int, seller: Party = WUZE, buyer: Party = WANYUE) -> TradeInvoice:
    return TradeInvoice("", "26342000000000048213", Fen(value), seller.uscc, buyer.uscc)


def child(to: Party, value: int) -> ChildDraft:
    return ChildDraft(to.id, Fen(value), Trade(CONTRACT, invoice(value, to)))


def refusal(mirror, root, *children, signer=WANYUE, **fields) -> str:
    """The code with which check and contract refuse an offer whose receivers all accept."""
    listed = children or ((WUZE, 1_000 * YUAN),)
    offer = mirror.world.offer(signer, root, listed, **fields)
    receivers = {to.id: to for to, _ in listed}
    data = offer.transfer(*(offer.accept(to) for to in receivers.values()))
    return mirror.agree_on("Offer", offer.message, data)


# ---- refused


def test_an_offer_past_its_deadline_is_refused(mirror, root):
    assert refusal(mirror, root, deadline=mirror.now - 1) == "expired"


def test_while_the_panel_has_stopped_transfers_nothing_is_offered(mirror, root):
    mirror.world.panel("Stop", stages=8, until=mirror.now + 7 * DAY)
    assert refusal(mirror, root) == "stage-stopped"


@pytest.mark.parametrize("who", [WANYUE, WUZE], ids=["holder", "receiver"])
def test_a_suspended_participant_neither_offers_nor_receives(mirror, root, who):
    fields = {"party": who.id, "until": mirror.now + DAY, "byPanel": False}
    sequence = mirror.world.sequence("Suspend", fields)
    mirror.world.act("Suspend", [REGISTRAR], **fields, sequence=sequence)
    assert refusal(mirror, root) == "suspended"


def test_an_old_version_is_refused(mirror, root):
    assert refusal(mirror, root, version=1) == "stale-version"


def test_an_unknown_or_ownerless_ticket_can_t_be_offered(mirror, root):
    assert refusal(mirror, keccak256(b"nowhere")) == "unknown-ticket"
    lock = mirror.world.lock(WANYUE, root, LANWAN, 20_000 * YUAN)
    assert refusal(mirror, lock) == "unknown-ticket"


def test_a_funded_issuance_is_passed_on_no_more(mirror, root):
    mirror.world.fund((root, FACE))
    assert refusal(mirror, root) == "fully-funded"


def test_a_void_issuance_is_passed_on_no_more(mirror, root):
    mirror.world.void(LANGONG, WANYUE, root)
    assert refusal(mirror, root) == "issuance-void"


def test_near_the_due_date_it_is_too_late(mirror, root):
    mirror.world.until(TRANSFERABLE_UNTIL)
    assert refusal(mirror, root) == "no-longer-transferable"


def test_a_ticket_paid_in_part_makes_no_children(mirror, root):
    word = mirror.store.need(Ticket, root)
    mirror.store.put(replace(word, taken=Fen(1_000)))
    message = mirror.world.offer(WANYUE, root, [(WUZE, 1_000_00)]).message
    assert mirror.check("Offer", message) == "paid-in-part"
    mirror.store.put(word)


def test_depth_is_used_up(mirror):
    ticket = mirror.world.issue(LANGONG, WANYUE, depth=0)
    assert refusal(mirror, ticket) == "depth-exhausted"


@pytest.mark.parametrize("to", [WANYUE, LANGONG, LANWAN], ids=["holder", "debtor", "bank"])
def test_some_never_receive(mirror, root, to):
    assert refusal(mirror, root, (to, 1_000 * YUAN)) == "not-a-receiver"


def test_values_must_fit(mirror, root):
    assert refusal(mirror, root, (WUZE, 100 * YUAN - 1)) == "below-minimum"
    assert refusal(mirror, root, (WUZE, FACE + 1)) == "not-enough"
    assert refusal(mirror, root, (WUZE, FACE - 1)) == "remainder-below-minimum"
    assert refusal(mirror, root, (WUZE, FACE)) == ""


def test_the_smallest_part_may_go_and_may_stay(mirror, root):
    smallest = 100 * YUAN
    assert refusal(mirror, root, (WUZE, smallest)) == ""
    assert refusal(mirror, root, (WUZE, FACE - smallest)) == ""
    assert refusal(mirror, root, (WUZE, FACE - smallest + 1)) == "remainder-below-minimum"


def test_to_the_last_second_it_is_passed_on(mirror, root):
    mirror.world.until(TRANSFERABLE_UNTIL - 1)
    assert refusal(mirror, root) == ""


def test_with_a_depth_of_one_it_goes_once(mirror):
    ticket = mirror.world.issue(LANGONG, WANYUE, depth=1)
    assert refusal(mirror, ticket) == ""
    (part,) = mirror.world.transfer(WANYUE, ticket, (WUZE, 1_000 * YUAN))
    assert refusal(mirror, part, (XICHUAN, 1_000 * YUAN), signer=WUZE) == "depth-exhausted"


def test_children_count_together(mirror, root):
    half = FACE // 2
    message = mirror.world.offer(WANYUE, root, [(WUZE, half), (XICHUAN, half + 100_00)]).message
    assert mirror.check("Offer", message) == "not-enough"


def test_an_offer_has_between_one_and_a_hundred_children(mirror, root):
    empty = mirror.world.offer(WANYUE, root, [])
    assert mirror.check("Offer", empty.message) == "bad-children"
    many = mirror.world.offer(WANYUE, root, [(WUZE, 100 * YUAN)] * 101)
    assert mirror.check("Offer", many.message) == "bad-children"
    most = mirror.world.offer(WANYUE, root, [(WUZE, 100 * YUAN)] * 100)
    assert mirror.check("Offer", most.message) == ""


def test_value_on_offer_is_not_offered_again(mirror, root):
    mirror.store.put(Reservation(b"1" * 32, root, Fen(FACE - 5_000 * YUAN), mirror.now + DAY))
    message = mirror.world.offer(WANYUE, root, [(WUZE, 6_000 * YUAN)]).message
    assert mirror.check("Offer", message) == "not-enough"
    message = mirror.world.offer(WANYUE, root, [(WUZE, 5_000 * YUAN)]).message
    assert mirror.check("Offer", message) == ""


def test_value_held_by_an_order_is_not_offered(mirror, root):
    mirror.world.freeze(root, b"(2026)01-118".ljust(32, b"\0"), FACE - 500 * YUAN)
    assert refusal(mirror, root, (WUZE, 501 * YUAN)) == "not-enough"
    assert refusal(mirror, root, (WUZE, 500 * YUAN)) == ""


def test_withdrawing_is_refused_where_the_contract_refuses(mirror, root):
    offer = mirror.world.offer(WANYUE, root, [(WUZE, 1_000 * YUAN)])
    of = {"ticket": root, "offer": offer.digest}
    assert mirror.agree("Withdraw", [WANYUE], **of, indexes=[0], deadline=mirror.now - 1) == "expired"
    assert mirror.agree("Withdraw", [WANYUE], **of, indexes=list(range(101))) == "too-many"
    assert mirror.agree("Withdraw", [WANYUE], **of, indexes=list(range(100))) == ""
    assert mirror.agree("Withdraw", [WANYUE], **of, indexes=[0]) == ""
    assert mirror.agree("WithdrawAll", [WANYUE], ticket=root, version=3) == "stale-version"
    assert mirror.agree("WithdrawAll", [WANYUE], ticket=root, version=0, deadline=1) == "expired"
    nearly = replace(mirror.store.need(Ticket, root), version=2**16 - 2)
    mirror.store.put(nearly)
    message = mirror.world.message("WithdrawAll", ticket=root, version=nearly.version)
    assert mirror.check("WithdrawAll", message) == ""
    last = replace(nearly, version=2**16 - 1)
    mirror.store.put(last)
    message = mirror.world.message("WithdrawAll", ticket=root, version=last.version)
    assert mirror.check("WithdrawAll", message) == "versions-exhausted"
    mirror.store.put(replace(last, version=0))


# ---- trade evidence


@pytest.mark.parametrize(
    ("trade", "says"),
    [
        (Trade(" "), "contract number"),
        (Trade(CONTRACT), "within how many days"),
        (Trade(CONTRACT, owed_days=31), "within how many days"),
        (Trade(CONTRACT, owed_days=-1), "within how many days"),
        (Trade(CONTRACT, replace(invoice(1_000_00), number="")), "no number"),
        (Trade(CONTRACT, invoice(999_99)), "999.99"),
        (Trade(CONTRACT, invoice(1_000_00, XICHUAN)), "seller"),
        (Trade(CONTRACT, invoice(1_000_00, CHUHENG)), "seller"),
        (Trade(CONTRACT, invoice(1_000_00, WUZE, XICHUAN)), "buyer"),
        (Trade(CONTRACT, invoice(1_000_00, WUZE, WUZE)), "buyer"),
    ],
)
def test_evidence_that_does_not_carry_the_transfer(mirror, root, trade, says):
    with pytest.raises(BadTradeEvidence, match=says):
        transfer.offer(mirror.store, root, [ChildDraft(WUZE.id, Fen(1_000_00), trade)], mirror.now)


@pytest.mark.parametrize("days", [1, 30])
def test_an_invoice_may_be_owed_for_thirty_days(mirror, root, days):
    owed = ChildDraft(WUZE.id, Fen(1_000_00), Trade(CONTRACT, owed_days=days))
    _, extra = transfer.offer(mirror.store, root, [owed], mirror.now)
    assert extra["trades"][0]["owed_until"] == mirror.now + days * DAY


def test_an_invoice_may_cover_more_than_is_passed_on(mirror, root):
    part = ChildDraft(WUZE.id, Fen(1_000_00), Trade(CONTRACT, invoice(1_000_01)))
    _, extra = transfer.offer(mirror.store, root, [part], mirror.now)
    assert extra["trades"][0]["owed_until"] == 0, "nothing is owed"


def test_a_mistyped_uscc_is_told(mirror, root):
    trade = Trade(CONTRACT, replace(invoice(1_000_00), seller=WUZE.uscc[:-1] + "9"))
    with pytest.raises(InvalidUscc):
        transfer.offer(mirror.store, root, [ChildDraft(WUZE.id, Fen(1_000_00), trade)], mirror.now)


def test_the_commitment_binds_the_plain_evidence(mirror, root):
    children = [child(WUZE, 1_000_00), child(XICHUAN, 2_000_00)]
    message, extra = transfer.offer(mirror.store, root, children, mirror.now)
    kind("Offer").check(message, mirror.store, mirror.now)
    kept = extra["trades"][0]
    assert kept["trade"]["contract"] == CONTRACT
    assert kept["trade"]["invoice"]["amount"] == "100000"
    first, second = (parse_hex(item["salt"]) for item in extra["trades"])
    committed = message["children"][0]["trade"]
    assert commit(children[0].trade, first) == committed
    assert commit(children[0].trade, second) != committed
    assert commit(children[1].trade, first) != committed
    again, _ = transfer.offer(mirror.store, root, children, mirror.now)
    assert again["children"][0]["trade"] != message["children"][0]["trade"], "salted"


def test_a_commitment_is_over_one_writing_of_the_evidence():
    salt = bytes(range(32))
    amount = '"amount":100000,"buyer":"91340100MA9DEM01XQ","code":"","number":"26342000000000048213"'
    text = f'{{"contract":"芜-118","invoice":{{{amount},"seller":"91340200MA9DEM116C"}},"owed_days":0}}'
    assert commit(Trade("芜-118", invoice(1_000_00)), salt) == commitment(salt, text)


def test_evidence_of_an_offer_that_was_drafted_elsewhere_is_filed_with_its_contract(mirror, root):
    message, _ = transfer.offer(mirror.store, root, [child(WUZE, 1_000_00), child(HEYI, 1)], mirror.now)
    act = Act(b"a" * 32, "Offer", message, {}, WANYUE.id, "wang", root, mirror.now, message["deadline"])
    with pytest.raises(BadTradeEvidence, match="contract number"):
        file(mirror.store, act, 0, invoice(1_000_00))
    first, second = file(mirror.store, act, 0, invoice(1_000_00), CONTRACT)["trades"]
    assert second is None
    assert (first["trade"]["contract"], first["salt"], first["owed_until"]) == (CONTRACT, "0x", 0)
    assert first["filed"]["invoice"]["amount"] == "100000"


def test_what_was_filed_with_the_offer_is_not_filed_again(mirror, root):
    message, extra = transfer.offer(mirror.store, root, [child(WUZE, 1_000_00)], mirror.now)
    act = Act(b"a" * 32, "Offer", message, extra, WANYUE.id, "wang", root, mirror.now, message["deadline"])
    assert file(mirror.store, act, 0, invoice(2_000_00)) == extra


def test_a_receiver_sees_its_own_evidence_only(mirror, root):
    children = [child(WUZE, 1_000_00), child(XICHUAN, 2_000_00)]
    message, extra = transfer.offer(mirror.store, root, children, mirror.now)
    seen = visible(extra, message, XICHUAN.id, WANYUE.id)["trades"]
    assert seen[0] is None
    assert seen[1]["trade"]["invoice"]["seller"] == XICHUAN.uscc
    assert visible(extra, message, WANYUE.id, WANYUE.id) == extra


def test_owed_evidence_has_a_day_and_can_be_filed(mirror, root):
    owed = ChildDraft(WUZE.id, Fen(1_000_00), Trade(CONTRACT, owed_days=10))
    message, extra = transfer.offer(mirror.store, root, [owed], mirror.now)
    assert extra["trades"][0]["owed_until"] == mirror.now + 10 * DAY
    act = Act(b"a" * 32, "Offer", message, extra, WANYUE.id, "wang", root, mirror.now, message["deadline"])
    with pytest.raises(BadTradeEvidence, match="less than"):
        file(mirror.store, act, 0, invoice(999_99))
    for place in (5, 1, -1):
        with pytest.raises(BadTradeEvidence, match=f"child {place}"):
            file(mirror.store, act, place, invoice(1_000_00))
    with pytest.raises(BadTradeEvidence, match="seller"):
        file(mirror.store, act, 0, invoice(1_000_00, XICHUAN))
    with pytest.raises(BadTradeEvidence, match="buyer"):
        file(mirror.store, act, 0, invoice(1_000_00, WUZE, XICHUAN))
    filed = file(mirror.store, act, 0, invoice(1_000_00))["trades"][0]
    assert filed["filed"]["invoice"]["number"] == "26342000000000048213"
    assert commit(owed.trade, parse_hex(filed["salt"])) == message["children"][0]["trade"]
    assert filed["trade"] == extra["trades"][0]["trade"], "what was signed stays as it was"


# ---- messages


def test_an_offer_stands_for_five_working_days(mirror, root):
    message, _ = transfer.offer(mirror.store, root, [child(WUZE, 1_000_00)], at(2026, 11, 23, 10))
    assert message["deadline"] == end_of_day(date(2026, 11, 30)) - 1


def test_an_offer_ends_when_the_ticket_can_t_be_passed_on(mirror, root):
    now = TRANSFERABLE_UNTIL - DAY
    message, _ = transfer.offer(mirror.store, root, [child(WUZE, 1_000_00)], now)
    assert message["deadline"] == TRANSFERABLE_UNTIL - 1
    message, _ = transfer.offer(mirror.store, root, [child(WUZE, 1_000_00)], now, deadline=now + 60)
    assert message["deadline"] == now + 60


def test_only_an_owned_ticket_gets_messages(mirror):
    with pytest.raises(UnknownTicket):
        transfer.offer(mirror.store, keccak256(b"nowhere"), [child(WUZE, 1_000_00)], mirror.now)
    with pytest.raises(UnknownTicket):
        transfer.withdraw_all(mirror.store, keccak256(b"nowhere"), mirror.now)
    nowhere = transfer.withdraw(keccak256(b"nowhere"), b"o" * 32, [0], mirror.now)
    with pytest.raises(UnknownTicket):
        kind("Withdraw").check(nowhere, mirror.store, mirror.now)


def test_holder_signs_the_offer_each_receiver_its_child(mirror, root):
    children = [child(WUZE, 1_000_00), child(XICHUAN, 2_000_00)]
    message, _ = transfer.offer(mirror.store, root, children, mirror.now)
    first, *legs = kind("Offer").dues(message, mirror.store)
    assert (first.kind, first.party, first.primary, first.leg) == ("party", WANYUE.id, "Offer", None)
    assert [(due.party, due.primary, due.leg) for due in legs] == [
        (WUZE.id, "Accept", 0),
        (XICHUAN.id, "Accept", 1),
    ]
    assert kind("Offer").subject(message) == root


def test_the_holder_withdraws(mirror, root):
    message = transfer.withdraw(root, b"o" * 32, [2, 0, 2], mirror.now)
    assert message["indexes"] == [0, 2]
    (due,) = kind("Withdraw").dues(message, mirror.store)
    assert due.party == WANYUE.id
    all_ = transfer.withdraw_all(mirror.store, root, mirror.now)
    assert all_["version"] == 0
    assert kind("WithdrawAll").dues(all_, mirror.store)[0].party == WANYUE.id


def test_each_withdrawal_has_a_salt_of_its_own_unless_one_is_given(mirror, root):
    def made(salt=None):
        return [
            transfer.withdraw(root, b"o" * 32, [0], mirror.now, salt)["salt"],
            transfer.withdraw_all(mirror.store, root, mirror.now, salt)["salt"],
        ]

    assert {len(salt) for salt in made()} == {32}
    assert len({*made(), *made()}) == 4
    assert made(b"s" * 32) == [b"s" * 32] * 2


# ---- events


def test_children_get_value_depth_tier_and_number(mirror, root):
    world, store = mirror.world, mirror.store
    first, second = world.transfer(WANYUE, root, (WUZE, 300_000_00), (XICHUAN, 200_000_00))
    (grandchild,) = world.transfer(XICHUAN, second, (CHANGLI, 50_000_00))
    assert store.need(Ticket, root).value == FACE - 500_000_00
    word = store.need(Ticket, grandchild)
    assert (word.party, word.value, word.tier, word.depth) == (CHANGLI.id, 50_000_00, 3, 8)
    issuance = store.need(Issuance, word.issuance)
    numbers = [number_of(issuance, store.need(Ticket, id_)) for id_ in (root, first, second, grandchild)]
    assert numbers == ["GT-000001", "GT-000001-1", "GT-000001-2", "GT-000001-2-1"]


def test_what_was_withdrawn_leaves_a_tombstone(mirror, root):
    world, store = mirror.world, mirror.store
    offer = world.offer(WANYUE, root, [(WUZE, 1_000_00), (HEYI, 2_000_00)])
    world.withdraw(WANYUE, offer, 0)
    world.withdraw(WANYUE, offer, 0)
    gone = store.need(Ticket, offer.child(0))
    assert (gone.withdrawn, gone.party, gone.value) == (True, 0, 0)
    world.send(offer.transfer(offer.accept(HEYI))).expect()
    assert store.need(Ticket, offer.child(1)).path == "2"


def test_a_version_raise_ends_outstanding_offers(mirror, root):
    offer = mirror.world.offer(WANYUE, root, [(WUZE, 1_000_00)])
    mirror.world.withdraw_all(WANYUE, root)
    assert mirror.store.need(Ticket, root).version == 1
    data = offer.transfer(offer.accept(WUZE))
    assert mirror.agree_on("Offer", offer.message, data) == "stale-version"


def test_the_clearing_bank_may_be_no_receiver_either(mirror, root):
    assert refusal(mirror, root, (HUAIYUE, 1_000_00)) == "not-a-receiver"
