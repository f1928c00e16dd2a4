"""RELAY: any mix of complete acts in one transaction, each by itself, each with exactly its gas.

given a caller that is a contract
    it should refuse it, for relay and for each act
given a relay inside a relay
    it should refuse the inner one and go on
given too little gas for an item's declared gas
    it should revert as a whole, and never let an item fail for want of gas that was declared
given an item that declares too little
    it should refuse that item alone
given one item that is refused
    it should say why and carry out the others
given a mix of all kinds of acts
    it should carry them out in order
given another chain
    it should refuse every act
given acts sent twice, in any order
    it should change nothing the second time
given somebody without keys
    it should let them send any complete act, by relay or directly
"""

from __future__ import annotations

import pytest

from tests.support.abi import calldata
from tests.support.actors import (
    HUAIYUE,
    LANGONG,
    LANWAN,
    SUHENG,
    WANYUE,
    WUZE,
    XICHUAN,
    Role,
    party,
)
from tests.support.expect import expect_refusal, refused
from tests.support.world import DAY, DUE, FACE, World

PART = FACE // 8
NEWCOMER = party("newcomer", 15, "91340100MA9DEM333A", Role.SUPPLIER)


@pytest.fixture
def ticket(world: World) -> bytes:
    return world.issue(LANGONG, WANYUE)


def split(world: World, ticket: bytes, value: int = PART) -> bytes:
    offer = world.offer(WANYUE, ticket, [(WUZE, value)])
    return offer.transfer(offer.accept(WUZE))


def forwarder(world: World) -> str:
    """A contract that passes its calldata on to the ledger, and the ledger's answer back."""
    runtime = bytes.fromhex(
        "3660006000 37"  # calldatacopy(0, 0, calldatasize)
        "60006000366000 6000"  # out size, out, in size, in, value
        f"73{world.address[2:]} 5af1"  # call(gas, ledger, ...)
        "3d60006000 3e"  # returndatacopy(0, 0, returndatasize)
        "6033 57"  # if it went well, jump
        "3d6000 fd"  # revert(0, returndatasize)
        "5b 3d6000 f3"  # return(0, returndatasize)
    )
    creation = bytes.fromhex(f"60{len(runtime):02x}600c60003960{len(runtime):02x}6000f3")
    return world.evm.deploy(creation + runtime)


def test_a_contract_may_not_call(world: World, ticket: bytes) -> None:
    contract = forwarder(world)
    for data in (split(world, ticket), world.relay_data([split(world, ticket)])):
        outcome = world.evm.send(contract, data)
        assert not outcome.ok
        expect_refusal(outcome.output, "NotPlainAccount", caller=contract)
    assert world.evm.send(contract, calldata("separator")).output == world.domain.separator


def test_a_relay_inside_a_relay(world: World, ticket: bytes) -> None:
    inner = world.relay_data([split(world, ticket)])
    receipt, results = world.relay([inner, split(world, ticket)])
    expect_refusal(results[0].refusal, "NotPlainAccount", caller=world.address)
    assert results[1].ok
    assert receipt.one("Refused")["position"] == 0


def test_another_chain(world: World, ticket: bytes) -> None:
    elsewhere = world.cold(chain_id=1)
    with refused("WrongChain", expected=31_337, found=1):
        elsewhere.send(split(world, ticket)).expect()
    with refused("WrongChain"):
        elsewhere.send(calldata("returnLock", ticket)).expect()


def test_garbage_is_one_refused_item(world: World, ticket: bytes) -> None:
    _, results = world.relay([b"", b"\1", b"\xff" * 100, split(world, ticket)])
    assert [result.ok for result in results] == [False, False, False, True]


def least_gas(world: World, data: bytes) -> int:
    """The least declared gas with which an item takes effect."""
    low, high = 1, 300_000
    while low < high:
        middle = (low + high) // 2
        _, (result,) = world.cold().relay([(data, middle)])
        low, high = (low, middle) if result.ok else (middle + 1, high)
    return low


def test_an_item_that_declares_too_little(world: World, ticket: bytes) -> None:
    first, second = split(world, ticket), split(world, ticket)
    needed = least_gas(world, first)
    _, results = world.cold().relay([(first, needed - 1), (second, needed)])
    assert [result.ok for result in results] == [False, True]
    expect_refusal(results[0].refusal, "ActOutOfGas", declared=needed - 1)


def test_exactly_its_gas_or_nothing_at_all(world: World, ticket: bytes) -> None:
    """Whatever gas the transaction brings, no item fails for want of what it declared."""
    calls = [split(world, ticket) for _ in range(3)]
    needed = least_gas(world, calls[0])
    data = world.relay_data([(call, needed) for call in calls])
    ample = world.cold().send(data).gas_used
    seen = set()
    for gas in range(ample - 3 * 40_000, ample + 40_000, 4_001):
        receipt = world.cold().send(data, gas=gas)
        if receipt.status:
            assert receipt.all("Refused") == []
            seen.add("done")
        else:
            seen.add(receipt.refusal.name if receipt.refusal else "")
    assert seen >= {"done", "TooLittleGas"}
    with refused("TooLittleGas"):
        world.cold().send(world.relay_data([(calls[0], 10_000_000)]), gas=1_000_000).expect()


def test_gas_near_the_edge(world: World, ticket: bytes) -> None:
    data = split(world, ticket)
    needed = least_gas(world, data)
    relay = world.relay_data([(data, needed)])
    low, high = 21_000, 1_000_000
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if world.cold().send(relay, gas=middle).status else (middle + 1, high)
    for gas in range(low - 800, low + 800, 31):
        receipt = world.cold().send(relay, gas=gas)
        assert not receipt.status or receipt.all("Transferred")


def test_one_refused_item_spoils_no_other(world: World, ticket: bytes) -> None:
    forged = world.offer(SUHENG, ticket, [(WUZE, PART)])
    calls = [split(world, ticket), forged.transfer(forged.accept(WUZE)), split(world, ticket)]
    receipt, results = world.relay(calls)
    assert [result.ok for result in results] == [True, False, True]
    expect_refusal(results[1].refusal, "NotHolder", party=SUHENG.id)
    event = receipt.one("Refused")
    assert event["position"] == 1
    expect_refusal(event["reason"], "NotHolder", party=SUHENG.id)
    assert world.ticket(ticket).value == 6 * PART


def test_a_life_in_one_relay(world: World) -> None:
    """Admit, limit, issue, pass on, lock, release, fund, pay out: each signed before the one before it was mined."""
    admit = world.admit_draft(NEWCOMER)
    fields = {"core": LANGONG.id, "amount": 10 * FACE, "expiry": world.now + DAY, "sequence": 1}
    limit = world.draft("SetLimit", [HUAIYUE], **fields)
    issue = world.issue_draft(LANGONG, NEWCOMER)
    offer = world.offer(NEWCOMER, issue.made, [(WUZE, PART), (XICHUAN, PART)])
    transfer = offer.transfer(offer.accept(WUZE), offer.accept(XICHUAN))
    lock = world.lock_draft(WUZE, offer.child(0), LANWAN, PART)
    known = {"lock": lock.made, "bank": LANWAN.id, "value": PART, "ref": world.salt()}
    release = world.draft("Receipt", [HUAIYUE], registration=world.salt(), **known)
    legs = [{"issuance": issue.made[:16], "amount": FACE}]
    fund = world.draft("Fund", [HUAIYUE], bank=HUAIYUE.id, ref=world.salt(), total=FACE, legs=legs)
    lines = [{"ticket": lock.made, "amount": PART, "paidAt": world.now}]
    pay = world.draft("PayOut", [HUAIYUE], bank=HUAIYUE.id, ref=world.salt(), lines=lines)
    acts = [admit.data, limit.data, issue.data, transfer, lock.data, release.data, fund.data, pay.data]
    receipt, results = world.relay(acts)
    assert [result.refusal for result in results] == [None] * len(acts)
    assert world.ticket(lock.made).party == LANWAN.id
    assert world.read("taken", lock.made) == PART
    assert receipt.all("Refused") == []


def test_in_the_wrong_order_what_comes_too_early_is_refused(world: World) -> None:
    issue = world.issue_draft(LANGONG, WANYUE)
    early = split(world, issue.made)
    _, results = world.relay([early, issue.data, early, early])
    assert [result.ok for result in results] == [False, True, True, False]
    expect_refusal(results[0].refusal, "UnknownTicket", ticket=issue.made)
    expect_refusal(results[3].refusal, "AlreadyDone")


def test_replayed_acts_do_nothing(world: World, ticket: bytes) -> None:
    world.until(DUE - 10 * DAY)
    lock = world.lock_draft(WANYUE, ticket, LANWAN, PART)
    known = {"lock": lock.made, "bank": LANWAN.id, "value": PART, "ref": world.salt()}
    release = world.draft("Receipt", [HUAIYUE], registration=world.salt(), **known)
    legs = [{"issuance": ticket[:16], "amount": PART}]
    acts = [
        world.admit_draft(NEWCOMER).data,
        world.issue_draft(LANGONG, SUHENG, transferableUntil=DUE - DAY).data,
        split(world, ticket),
        lock.data,
        release.data,
        world.draft("Fund", [HUAIYUE], bank=HUAIYUE.id, ref=world.salt(), total=PART, legs=legs).data,
        world.panel_draft("Halt", core=LANGONG.id, halted=True).data,
        world.panel_draft("Freeze", ticket=ticket, order=b"\7" * 32, amount=1, end=DUE).data,
        world.panel_draft("Suspend", party=WANYUE.id, until=DUE, byPanel=True).data,
        world.draft("WithdrawAll", [WANYUE], ticket=ticket, version=0).data,
    ]
    _, results = world.relay(acts)
    assert [result.refusal for result in results] == [None] * len(acts)
    before = world.evm.touched(world.address)
    for again in (acts, acts[::-1]):
        _, results = world.relay(again)
        assert [result.ok for result in results] == [False] * len(acts)
    after = world.evm.touched(world.address)
    assert {slot: word for slot, word in after.items() if word != before.get(slot, 0)} == {}


def test_who_sends_has_no_meaning(world: World, ticket: bytes) -> None:
    stranger = "0x" + "99" * 20
    world.send(split(world, ticket), caller=stranger).expect()
    world.send(world.relay_data([split(world, ticket)]), caller=stranger).expect()
    assert world.ticket(ticket).value == 6 * PART


def test_an_empty_relay(world: World) -> None:
    receipt, results = world.relay([])
    assert (results, receipt.logs) == ([], ())
