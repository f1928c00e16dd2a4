"""Typed data between Python, JSON and digests; that the contract computes the same is in tests/contracts.

given a number that is negative or one above what its type holds, bytes of another length, a list that is none
  it should be refused, in a digest and from JSON
given bytes or an address with spaces, without 0x, in other letters or of other kinds; a text instead of true or false
  it should be refused from JSON, with the value
given the largest and the smallest values
  it should take them, and bring them back from JSON as they were
given JSON for a wallet
  it should write numbers as decimal strings, bytes as 0x hex, and name every type it uses
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from ledger import typed
from ledger.typed import Domain

DOMAIN = Domain(31337, "0x" + "11" * 20, b"\x22" * 32)
SALT = b"\x03" * 32
LOCK: dict[str, Any] = {
    "ticket": b"\x01" * 32,
    "version": 2**16 - 1,
    "bank": 2**48 - 1,
    "value": 2**96 - 1,
    "terms": b"\x02" * 32,
    "clearingBank": 0,
    "expiry": 2**40 - 1,
    "selfCertified": True,
    "salt": SALT,
    "deadline": 0,
}
FUND: dict[str, Any] = {
    "bank": 7,
    "ref": SALT,
    "total": 42,
    "legs": [{"issuance": b"\x04" * 16, "amount": 40}, {"issuance": b"\x05" * 16, "amount": 2}],
    "salt": SALT,
    "deadline": 9,
}
WRONG = [
    ("version", 2**16),
    ("bank", 2**48),
    ("value", 2**96),
    ("value", -1),
    ("expiry", 2**40),
    ("ticket", b"\x01" * 31),
    ("ticket", b"\x01" * 33),
    ("salt", b""),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_does_not_fit_has_no_digest(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"does not fit|are needed"):
        typed.struct_hash("Lock", {**LOCK, field: value})


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_does_not_fit_is_not_read(field: str, value: object) -> None:
    text = "0x" + value.hex() if isinstance(value, bytes) else str(value)
    with pytest.raises(ValueError, match=r"does not fit|are needed"):
        typed.message_from_json("Lock", {**typed.message_to_json("Lock", LOCK), field: text})


@pytest.mark.parametrize(
    "value",
    [
        "11" * 32,
        "0X" + "11" * 32,
        "0x" + "11 " * 32,
        "0x" + "11" * 31 + " 1",
        "0x" + "11" * 31 + "  ",
        " 0x" + "11" * 32,
        "0x" + "11" * 32 + "\n",
        "0x" + "11" * 16 + "\n" + "11" * 16,
        "0x" + "1" * 63,
        "0x" + "１" * 64,
        "0x" + "1g" * 32,
        "0x0x" + "11" * 31,
        "0x",
        "",
        0x11,
        True,
        None,
        ["0x" + "11" * 32],
        b"\x11" * 32,
    ],
)
def test_bytes_are_read_as_they_are_written_or_not_at_all(value: object) -> None:
    given = typed.message_to_json("Lock", LOCK)
    assert typed.message_from_json("Lock", {**given, "terms": "0x" + "aB" * 32})["terms"] == b"\xab" * 32
    with pytest.raises((TypeError, ValueError), match=re.escape(repr(value)[:40])):
        typed.message_from_json("Lock", {**given, "terms": value})


@pytest.mark.parametrize("value", ["true", "false", 1, 0, "", None])
def test_true_is_not_a_text(value: object) -> None:
    given = typed.message_to_json("Lock", LOCK)
    with pytest.raises(TypeError, match=re.escape(repr(value))):
        typed.message_from_json("Lock", {**given, "selfCertified": value})


@pytest.mark.parametrize(
    "value", ["0x" + "12" * 19, "12" * 20, "0x" + "12 " * 20, "0x" + "1 2 " * 10, 18, None, b"\x12" * 20]
)
def test_an_address_is_a_whole_one(value: object) -> None:
    assert typed.message_from_json("Key", {"key": "0x" + "Ab" * 20, "right": 1})["key"] == "0x" + "Ab" * 20
    with pytest.raises((TypeError, ValueError), match=re.escape(repr(value)[:40])):
        typed.message_from_json("Key", {"key": value, "right": 1})


def test_a_long_value_is_not_said_in_full() -> None:
    with pytest.raises(
        ValueError, match=r"^'x{89}… is not 0x and 64 hexadecimal digits: 32 bytes are needed"
    ):
        typed.bytes_reader(32)("x" * 100_000)


@pytest.mark.parametrize("legs", ["", {}, None, 5])
def test_a_list_is_a_list(legs: object) -> None:
    with pytest.raises(TypeError, match="an array is needed"):
        typed.message_from_json("Fund", {**typed.message_to_json("Fund", FUND), "legs": legs})


def test_a_missing_field_is_missed() -> None:
    written = typed.message_to_json("Lock", LOCK)
    without = {name: value for name, value in LOCK.items() if name != "terms"}
    with pytest.raises(KeyError):
        typed.struct_hash("Lock", without)
    with pytest.raises(KeyError):
        typed.message_from_json("Lock", {name: written[name] for name in without})


@pytest.mark.parametrize(("kind", "message"), [("Lock", LOCK), ("Fund", FUND)])
def test_what_fits_comes_back_as_it_was(kind: str, message: dict[str, Any]) -> None:
    assert typed.message_from_json(kind, typed.message_to_json(kind, message)) == message
    assert len(typed.digest(DOMAIN, kind, message)) == 32


def test_json_for_a_wallet() -> None:
    made = typed.to_json(DOMAIN, "Fund", FUND)
    assert made["message"] == {
        "bank": "7",
        "ref": "0x" + "03" * 32,
        "total": "42",
        "legs": [
            {"issuance": "0x" + "04" * 16, "amount": "40"},
            {"issuance": "0x" + "05" * 16, "amount": "2"},
        ],
        "salt": "0x" + "03" * 32,
        "deadline": "9",
    }
    assert typed.message_to_json("Lock", LOCK)["selfCertified"] is True
    assert set(made["types"]) == {"EIP712Domain", "Fund", "FundLeg"}
    assert made["types"]["FundLeg"] == [
        {"name": "issuance", "type": "bytes16"},
        {"name": "amount", "type": "uint96"},
    ]
    assert made["primaryType"] == "Fund"
    assert (made["domain"]["chainId"], made["domain"]["salt"]) == (31337, "0x" + "22" * 32)


def test_a_type_names_those_it_uses_behind_it() -> None:
    assert typed.encode_type("Fund") == (
        "Fund(uint48 bank,bytes32 ref,uint96 total,FundLeg[] legs,bytes32 salt,uint40 deadline)"
        "FundLeg(bytes16 issuance,uint96 amount)"
    )


@pytest.mark.parametrize(
    "change", [{"bank": 8}, {"legs": FUND["legs"][::-1]}, {"salt": bytes(32)}, {"total": 43}]
)
def test_every_field_and_their_order_count(change: dict[str, Any]) -> None:
    assert typed.digest(DOMAIN, "Fund", {**FUND, **change}) != typed.digest(DOMAIN, "Fund", FUND)


@pytest.mark.parametrize(
    "other",
    [
        Domain(31338, DOMAIN.address, DOMAIN.salt),
        Domain(31337, "0x" + "12" * 20, DOMAIN.salt),
        Domain(31337, DOMAIN.address, bytes(32)),
    ],
)
def test_an_act_is_valid_in_one_deployment(other: Domain) -> None:
    assert typed.digest(other, "Fund", FUND) != typed.digest(DOMAIN, "Fund", FUND)


@pytest.mark.parametrize(
    "value", [1.5, 1.0, True, None, [1], "1_000", " 7", "+7", "-1", "１２", "1e3", "1.0", "", str(2**96)]
)
def test_json_of_no_whole_number_in_range_is_refused(value):
    child = {"to": "5", "value": "7", "trade": "0x" + "11" * 32, "salt": "0x" + "22" * 32}
    assert typed.message_from_json("Child", child)["value"] == 7
    with pytest.raises((TypeError, ValueError)):
        typed.message_from_json("Child", {**child, "value": value})
