"""An act's fields on their way between people, book and digest.

given a field that is missing, or a value that no digest can be made of
  it should be refused, and say which act it is
given a good message
  it should come back from its JSON as it was, also for an act that nobody signs
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import Invalid
from ledger.messages import message_json, message_of, require_encodable
from ledger.records import Act

FUND: dict[str, Any] = {
    "bank": 7,
    "ref": b"\x01" * 32,
    "total": 42,
    "legs": [{"issuance": b"\x02" * 16, "amount": 42}],
    "salt": b"\x03" * 32,
    "deadline": 1_800_000_000,
}


def kept(kind: str, message: dict[str, Any]) -> Act:
    return Act(b"\x0a" * 32, kind, message_json(kind, message), {}, 7, "", b"\x0b" * 32, 0, 0)


def test_a_missing_field_is_named() -> None:
    message = {name: value for name, value in FUND.items() if name not in ("ref", "total")}
    with pytest.raises(Invalid, match=r"Fund needs ref, total\.") as refused:
        require_encodable("Fund", message)
    assert refused.value.evidence == {"kind": "Fund", "missing": ["ref", "total"]}


@pytest.mark.parametrize(
    "change",
    [
        {"bank": 2**48},
        {"bank": -1},
        {"ref": b"\x01" * 31},
        {"ref": None},
        {"total": "42"},
        {"legs": 5},
        {"legs": [{"issuance": b"\x02" * 16}]},
        {"legs": [7]},
    ],
    ids=str,
)
def test_a_value_that_can_t_be_signed_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="A field of Fund has a value that can't be signed"):
        require_encodable("Fund", {**FUND, **change})


@pytest.mark.parametrize("address", [None, 5], ids=str)
def test_an_address_that_is_no_text_is_refused(address: object) -> None:
    message = {"party": 7, "add": [], "remove": [address], "sequence": 0, "salt": bytes(32), "deadline": 1}
    with pytest.raises(Invalid, match="can't be signed"):
        require_encodable("ChangeSigners", message)


def test_a_text_that_is_none_is_refused() -> None:
    message = {
        **{"uscc": 5, "roles": 2, "clearingBank": 1, "profile": bytes(32), "keys": []},
        **{"registrar": 1, "bank": 2, "salt": bytes(32), "deadline": 1},
    }
    with pytest.raises(Invalid, match="can't be signed"):
        require_encodable("Admit", message)


def test_what_is_good_comes_back_as_it_was() -> None:
    require_encodable("Fund", FUND)
    assert message_of(kept("Fund", FUND)) == FUND


def test_an_act_that_nobody_signs() -> None:
    message = {"lock": b"\x04" * 32, "salt": b"\x05" * 32}
    require_encodable("ReturnLock", message)
    assert message_json("ReturnLock", message)["lock"] == "0x" + "04" * 32
    assert message_of(kept("ReturnLock", message)) == message
