"""Names of companies, tickets and invoices.

parse_uscc, given a code that is short, misspelt or mistyped
  it should refuse, name the value and say which
given the code of each participant of the story, as typed by people
  it should give the bare code
ids, given an issue digest, an offer and an index
  it should give what the contract gives (abi.encode, keccak)
  it should keep the issuance in the upper half
fingerprint, given fields that would read alike when joined
  it should keep them apart
"""

import hashlib
import hmac

import pytest
from eth_abi import encode
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from ledger.ids import (
    InvalidId,
    InvalidUscc,
    child_id,
    commitment,
    fingerprint,
    issuance_id,
    keccak256,
    new_salt,
    parse_hex,
    parse_ticket_id,
    parse_uscc,
    root_id,
    root_of,
    ticket_number,
    to_hex,
)

LANGONG, CHENGHAI, WANYUE = "91340100MA9DEM0A3H", "91330200MA9DEM0B1D", "91340100MA9DEM01XQ"
STORY = [
    *(LANGONG, CHENGHAI, WANYUE, "91320500MA9DEM0285", "91330200MA9DEM036L", "91340200MA9DEM116C"),
    *("91320200MA9DEM124Y", "91330400MA9DEM1328", "91341100MA9DEM212W", "91320400MA9DEM220J"),
    *("91310000MA9DEMB1XM", "91330100MA9DEMB283", "91340100MA9DEMB362"),
]
word = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "18 characters"),
        (LANGONG[:-1], "18 characters"),
        (LANGONG + "1", "18 characters"),
        ("91340100MA9DEM0A3I", "cannot have"),
        ("9134O100MA9DEM0A3H", "cannot have"),
        ("９1340100MA9DEM0A3H", "cannot have"),
        ("91340100MA9DEM0A3J", "check digit"),
        ("91340100MA9DEM0B3H", "check digit"),
    ],
)
def test_a_wrong_uscc_is_refused_with_its_fault(text, why):
    with pytest.raises(InvalidUscc, match=why) as refused:
        parse_uscc(text)
    assert refused.value.evidence == {"value": text}


@pytest.mark.parametrize("code", STORY)
def test_each_participant_of_the_story_has_a_valid_code(code):
    assert parse_uscc(code) == code


def test_a_code_may_be_typed_with_spaces_and_small_letters():
    assert parse_uscc("91340100 ma9dem0a3h ") == LANGONG


def test_a_check_digit_of_zero_is_valid():
    assert parse_uscc("913401000000000060") == "913401000000000060"


@pytest.mark.parametrize("text", ["", "0x", "00" * 32, "0x" + "0" * 63, "0x" + "g" * 64, "0x" + "００" * 32])
def test_a_broken_ticket_id_is_refused(text):
    with pytest.raises(InvalidId, match="64 hexadecimal digits"):
        parse_ticket_id(text)


def test_every_digit_in_either_case_is_hexadecimal():
    assert parse_hex("0x0123456789abcdefABCDEF", 11).hex() == "0123456789abcdefabcdef"


@given(word)
def test_hex_round_trip(value):
    assert parse_hex(to_hex(value)) == value


@given(word)
def test_a_root_carries_the_upper_half_of_the_issue_digest(digest):
    root = root_id(digest)
    assert int.from_bytes(root, "big") == int.from_bytes(digest, "big") >> 128 << 128
    assert issuance_id(root) == digest[:16]
    assert root_of(issuance_id(root)) == root


@given(word, word, st.integers(min_value=0, max_value=2**256 - 1))
def test_a_child_has_the_id_that_the_contract_computes(parent, offer, index):
    hashed = keccak(encode(["bytes32", "bytes32", "uint256"], [parent, offer, index]))
    assert child_id(parent, offer, index) == parent[:16] + hashed[16:]
    assert issuance_id(child_id(parent, offer, index)) == issuance_id(parent)


@pytest.mark.parametrize("value", [b"", bytes(31), bytes(33)])
def test_ids_are_of_32_bytes(value):
    for broken in (
        lambda: root_id(value),
        lambda: child_id(value, bytes(32), 0),
        lambda: child_id(bytes(32), value, 0),
    ):
        with pytest.raises(ValueError, match="not 32"):
            broken()


def test_a_number_for_people_follows_the_lineage():
    assert ticket_number(123) == "GT-000123"
    assert ticket_number(123, [2, 1]) == "GT-000123-2-1"
    assert ticket_number(1_234_567) == "GT-1234567"
    with pytest.raises(ValueError, match="count from 1"):
        ticket_number(0)
    with pytest.raises(ValueError, match="count from 1"):
        ticket_number(1, [0])


def test_a_fingerprint_is_the_hmac_of_length_prefixed_fields():
    key = bytes(range(32))
    content = b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (WANYUE.encode(), LANGONG.encode(), b"", b"26342000000000000001")
    )
    expected = hmac.new(key, content, hashlib.sha256).digest()
    assert fingerprint(key, WANYUE, LANGONG, "", "26342000000000000001") == expected


def test_fields_that_read_alike_when_joined_stay_apart():
    key = bytes(32)
    assert fingerprint(key, "S", "B", "12", "3") != fingerprint(key, "S", "B", "1", "23")
    assert fingerprint(key, "S", "B", "12", "3") != fingerprint(key, "B", "S", "12", "3")
    assert fingerprint(key, "S", "B", "12", "3") != fingerprint(bytes([1]) * 32, "S", "B", "12", "3")


def test_a_short_consortium_key_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        fingerprint(b"secret", "S", "B", "", "1")
    with pytest.raises(ValueError, match="32 bytes"):
        fingerprint(bytes(31), "S", "B", "", "1")
    assert len(fingerprint(bytes(33), "S", "B", "", "1")) == 32, "a longer one is a good one"


def test_a_commitment_depends_on_its_salt_and_on_each_value():
    salt = bytes(32)
    assert commitment(salt, "ab", "c") == keccak256(salt + b"\0\0\0\2ab\0\0\0\1c")
    assert commitment(salt, "ab", "c") != commitment(salt, "a", "bc")
    assert commitment(salt, "ab") != commitment(bytes([1]) * 32, "ab")
    with pytest.raises(ValueError, match="not 32"):
        commitment(b"short", "ab")


def test_keccak_and_salt():
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert len(new_salt()) == 32
    assert new_salt() != new_salt()
