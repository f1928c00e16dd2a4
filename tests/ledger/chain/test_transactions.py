"""Legacy transactions by hand, and what they cost.

rlp: it should equal eth-rlp's encoding at each boundary of length
Transaction
├── given any fields: its bytes and hash should equal eth-account's
└── given a key that is not held: NotFound
gas_price: 0, 1 wei or twice the base fee and some wei, by the engine's policy; a network without base fee costs nothing
relay_gas
├── given acts refused, starved of gas, large or many: the batch as a whole should never revert
└── given good acts: it should not ask for much more than is used
"""

import pytest
import rlp as reference
from eth_account import Account

from ledger.chain.codec import encode_relay
from ledger.chain.engine import Engine, FeePolicy
from ledger.chain.transactions import Transaction, gas_price, intrinsic_gas, relay_gas, rlp
from ledger.errors import NotFound
from ledger.ids import keccak256
from ledger.ports import Call
from ledger.signatures import HeldKeys, address_of
from tests.support.actors import HEYI, LANGONG, SUHENG, WANYUE, WUZE, XICHUAN
from tests.support.world import FACE, ready_world

KEY = keccak256(b"relayer")
TO = address_of(keccak256(b"ledger"))
VALUES = [
    0,
    1,
    127,
    128,
    255,
    256,
    2**64,
    b"",
    b"\0",
    b"\x7f",
    b"\x80",
    bytes(55),
    bytes(56),
    bytes(255),
    bytes(70_000),
]


@pytest.mark.parametrize("value", [*VALUES, [], VALUES, [bytes(60)]], ids=lambda value: str(value)[:12])
def test_rlp_should_equal_the_reference(value):
    assert rlp(value) == reference.encode(value)


@pytest.mark.parametrize("chain_id", [1, 31_337, 2**40])
@pytest.mark.parametrize("to", [TO, ""])
@pytest.mark.parametrize(("nonce", "price"), [(0, 0), (1, 1), (200, 2 * 10**9)])
def test_a_transaction_should_equal_eth_accounts(chain_id, to, nonce, price):
    raw = Transaction(nonce, price, 3_000_000, to, b"\x01\x02" * 500).signed(
        HeldKeys(KEY), address_of(KEY), chain_id
    )
    fields = {"nonce": nonce, "gasPrice": price, "gas": 3_000_000, "to": to, "value": 0, "chainId": chain_id}
    theirs = Account.sign_transaction({**fields, "data": b"\x01\x02" * 500}, KEY)
    assert raw.raw == bytes(theirs.raw_transaction)
    assert raw.hash == bytes(theirs.hash)
    assert (raw.sender, raw.nonce) == (address_of(KEY), nonce)


def test_given_a_key_that_is_not_held_it_should_be_not_found():
    with pytest.raises(NotFound):
        Transaction(0, 0, 21_000, TO, b"").signed(HeldKeys(), address_of(KEY), 1)


class Head:
    """A node with this base fee; None for a network that has none."""

    def __init__(self, fee):
        self._block = {} if fee is None else {"baseFeePerGas": hex(fee)}

    def call(self, *_):
        return self._block


@pytest.mark.parametrize(
    ("policy", "base_fee", "price"),
    [
        (FeePolicy.ZERO, 7, 0),
        (FeePolicy.ONE_WEI, 7, 1),
        (FeePolicy.BASE_FEE, 7, 10_014),
        (FeePolicy.BASE_FEE, 10**9, 2 * 10**9 + 10_000),
        (FeePolicy.BASE_FEE, 0, 0),
        (FeePolicy.BASE_FEE, None, 0),
    ],
)
def test_the_price_should_follow_the_policy(policy, base_fee, price):
    engine = Engine(name="test", urls=("http://node",), chain_id=1, fee=policy)
    assert gas_price(Head(base_fee), engine) == price


def test_zero_bytes_should_cost_less():
    assert intrinsic_gas(b"\0\0\x01") == 21_000 + 2 * 4 + 16


@pytest.fixture(scope="module")
def world():
    return ready_world()


def splits(world, count, children=1):
    """As many good transfers out of as many issuances; 皖岳铸锻 is the holder of each."""
    receivers = [WUZE, XICHUAN, HEYI, SUHENG]
    data = []
    for i in range(count):
        ticket = world.issue(LANGONG, WANYUE)
        offer = world.offer(WANYUE, ticket, [(receivers[(i + k) % 4], FACE // 100) for k in range(children)])
        accepting = receivers if children > 1 else [receivers[i % 4]]
        data.append(offer.transfer(*(offer.accept(to) for to in accepting)))
    return data


def relayed(world, calls):
    """The receipt of the relay with exactly the gas that it is said to need."""
    data = encode_relay(calls)
    limit = relay_gas(calls, data)
    receipt = world.cold().send(data, gas=limit)
    return receipt, limit


def needed(world, data):
    return world.cold().send(data).gas_used - intrinsic_gas(data)


CASES = {
    "nothing": lambda world: [],
    "a hundred items that are no act": lambda world: [Call(5_000, b"noise")] * 100,
    "items without gas": lambda world: [Call(0, data) for data in splits(world, 20)],
    "starved items": lambda world: [Call(40_000, data) for data in splits(world, 20)],
    "one large starved item": lambda world: [Call(800_000, splits(world, 1, 50)[0])],
    "the same act many times": lambda world: [Call(120_000, splits(world, 1)[0])] * 40,
    "a small one behind a large one": lambda world: [
        Call(30_000, b""),
        Call(9_000_000, bytes(60_000)),
        Call(1, b""),
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_given_bad_items_the_batch_should_never_revert(world, case):
    with world.scratch():
        calls = CASES[case](world)
        receipt, _ = relayed(world, calls)
        assert receipt.status, receipt.refusal


@pytest.mark.parametrize(("count", "children"), [(1, 1), (50, 1), (1, 50), (4, 50)])
def test_given_good_items_it_should_not_ask_for_much_more_than_is_used(world, count, children):
    with world.scratch():
        calls = [
            Call(needed(world, data) * 102 // 100 + 3_000, data) for data in splits(world, count, children)
        ]
        receipt, limit = relayed(world, calls)
        assert receipt.status
        assert not receipt.all("Refused")
        assert limit < receipt.gas_used * 1.4
