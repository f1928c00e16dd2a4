"""Signatures of 64 bytes.

├── given a digest of a wrong length, a key of zeros or above the order: it should refuse without showing the key
├── given a signature of a wrong length, with a high s, or of no point: it should refuse
├── given any key and digest: it should agree with eth-account on address and signature, and recover the signer
├── given many: those recovered ahead should be those recovered one by one; a spoilt one should spoil no other
├── given a wallet's 65 bytes: `compact` should make the same 64
└── given HeldKeys: it should sign for those it holds alone and show none
"""

import pytest
from eth_account import Account

from ledger import signatures
from ledger.errors import NotFound
from ledger.ids import keccak256
from ledger.signatures import ORDER, HeldKeys, InvalidKey, InvalidSignature

KEYS = [keccak256(bytes([i])) for i in range(20)]
DIGEST = keccak256("金票".encode())


@pytest.mark.parametrize("key", [b"", b"\x01" * 31, bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32])
def test_given_no_key_it_should_refuse_without_showing_it(key):
    with pytest.raises(InvalidKey) as caught:
        signatures.address_of(key)
    assert key.hex()[:8] not in str(caught.value) or not key


def test_given_a_digest_of_another_length_it_should_refuse():
    for length in (31, 33):
        with pytest.raises(ValueError, match=f"a digest has 32 bytes, not {length}"):
            signatures.sign_digest(KEYS[0], bytes(length))


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_given_another_length_it_should_refuse(length):
    with pytest.raises(InvalidSignature, match=f"has {length} bytes, not 64"):
        signatures.recover(DIGEST, bytes(length))


def test_given_a_high_s_it_should_refuse_though_the_curve_would_take_it():
    r = signatures.sign_digest(KEYS[0], DIGEST)[:32]
    with pytest.raises(InvalidSignature, match="low-s"):
        signatures.recover(DIGEST, r + (signatures.HALF_ORDER + 1).to_bytes(32, "big"))


def test_given_65_bytes_with_a_high_s_compact_should_refuse():
    r, s, parity = signatures.split_signature(signatures.sign_digest(KEYS[0], DIGEST))
    high = r.to_bytes(32, "big") + (ORDER - s).to_bytes(32, "big") + bytes([28 - parity])
    with pytest.raises(InvalidSignature, match="low-s"):
        signatures.compact(high)


def test_given_zeros_it_should_refuse():
    with pytest.raises(InvalidSignature):
        signatures.recover(DIGEST, bytes(64))


def test_given_an_x_that_is_on_no_point_it_should_refuse():
    with pytest.raises(InvalidSignature, match="belongs to no key"):
        signatures.recover(DIGEST, (5).to_bytes(32, "big") + (1).to_bytes(32, "big"))


@pytest.mark.parametrize("key", KEYS)
def test_it_should_agree_with_eth_account(key):
    account = Account.from_key(key)
    theirs = account.unsafe_sign_hash(DIGEST).signature
    ours = signatures.sign_digest(key, DIGEST)
    assert signatures.address_of(key) == account.address
    assert signatures.compact(bytes(theirs)) == ours
    assert signatures.compact(ours) == ours
    assert signatures.recover(DIGEST, ours) == account.address


@pytest.mark.parametrize("v", [2, 26, 29, 255])
def test_given_an_odd_last_byte_compact_should_refuse(v):
    r_s = bytes(Account.from_key(KEYS[0]).unsafe_sign_hash(DIGEST).signature)[:64]
    with pytest.raises(InvalidSignature, match="27 or 28"):
        signatures.compact(r_s + bytes([v]))


def test_a_new_key_should_be_a_key():
    assert signatures.address_of(signatures.new_key()).startswith("0x")


def test_held_keys_should_sign_for_their_own_and_show_none():
    held = HeldKeys(*KEYS[:2])
    mine = signatures.address_of(KEYS[1])
    assert signatures.recover(DIGEST, held.sign(mine, DIGEST)) == mine
    assert held.addresses == tuple(signatures.address_of(key) for key in KEYS[:2])
    assert KEYS[0].hex() not in repr(held)
    with pytest.raises(NotFound):
        held.sign(signatures.address_of(KEYS[3]), DIGEST)


def test_many_recovered_ahead_are_those_recovered_one_by_one():
    pairs = [(keccak256(key), signatures.sign_digest(key, keccak256(key))) for key in KEYS]
    spoilt = (DIGEST, b"\0" * 64)
    signatures.recover.cache_clear()
    signatures.recover_many([*pairs, spoilt, (b"short", pairs[0][1])])
    assert signatures.recover.cache_info().currsize == len(pairs)
    for key, pair in zip(KEYS, pairs, strict=True):
        assert signatures.recover(*pair) == Account.from_key(key).address
    assert signatures.recover.cache_info().hits == len(pairs)
    with pytest.raises(InvalidSignature):
        signatures.recover(*spoilt)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("r", "s"), [(0, 1), (1, 0), (ORDER, 1), (ORDER + 1, 1), (1, signatures.HALF_ORDER + 1)]
)
def test_given_r_or_s_out_of_range_it_should_refuse(r, s):
    with pytest.raises(InvalidSignature, match="outside the range"):
        signatures.split_signature(word(r) + word(s))
    with pytest.raises(InvalidSignature, match="outside the range"):
        signatures.compact(word(r) + word(s) + b"\x1b")


@pytest.mark.parametrize(("r", "s"), [(1, 1), (ORDER - 1, signatures.HALF_ORDER)])
def test_given_the_ends_of_the_range_it_should_take_both_apart(r, s):
    assert signatures.split_signature(word(r) + word(s)) == (r, s, 0)
    assert signatures.split_signature(word(r) + word(s | 1 << 255)) == (r, s, 1)


@pytest.mark.parametrize(("v", "parity"), [(0, 0), (1, 1), (27, 0), (28, 1)])
def test_given_a_wallets_last_byte_it_should_carry_the_parity(v, parity):
    r_s = word(5) + word(0x0777)
    assert signatures.compact(r_s + bytes([v])) == word(5) + word(0x0777 | parity << 255)


@pytest.mark.parametrize("key", [1, ORDER - 1])
def test_given_the_first_and_the_last_key_it_should_sign(key):
    assert signatures.recover(DIGEST, signatures.sign_digest(word(key), DIGEST)) == signatures.address_of(
        word(key)
    )


def test_a_new_key_should_be_neither_0_nor_the_order(monkeypatch):
    for chance, expected in ((0, 1), (-1, ORDER - 1)):
        monkeypatch.setattr(signatures.secrets, "randbelow", lambda end, chance=chance: chance % end)
        assert signatures.new_key() == word(expected)
