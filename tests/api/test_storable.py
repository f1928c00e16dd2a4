"""Text that no database keeps.

given a NUL or half a surrogate pair
  when it comes in a body, however deep, in a name, a path, a query or a cursor: it should be refused and named
  when it is only written, as the six characters of its escape: it should be left alone
"""

from __future__ import annotations

from typing import Any

import pytest

from api.pages import encode
from api.storable import unstorable
from tests.api.office import Office, child, problem
from tests.support.actors import HUAIYUE, LANGONG, WANYUE, WUZE

HALF = "\ud83d"


@pytest.mark.parametrize("text", ["a\0b", "\0", HALF, "银行" + HALF])
def test_it_is_found_wherever_it_stands(text: str) -> None:
    value = {"a": [{"b": "fine"}, {"b": text}], "c": 1, text: None}
    assert list(unstorable(value)) == [(("a", 1, "b"), text), ((), text)]


@pytest.mark.parametrize("text", ["", "银行", "\\u0000", "😀", "a\nb"])
def test_other_text_is_left_alone(text: str) -> None:
    assert list(unstorable({"a": [text]})) == []


def test_in_a_body(office: Office) -> None:
    root = office.issued(LANGONG, WANYUE)
    body: dict[str, Any] = {"ticket": "0x" + root.id.hex(), "children": [child(WANYUE, WUZE, 10_000_000)]}
    body["children"][0]["trade"]["invoice"]["number"] = "263\0"
    found = problem(office.post(WANYUE, "/offers", body), 422, "invalid-request")
    [error] = found["errors"]
    assert error["field"] == "children.0.trade.invoice.number"
    assert "NUL" in error["problem"]
    assert error["way_out"] == "type it again"


def test_in_a_message_for_experts(office: Office) -> None:
    body = {"kind": "Suspend", "message": {"party": "7\0"}}
    [error] = problem(office.post(HUAIYUE, "/acts", body), 422, "invalid-request")["errors"]
    assert error["field"] == "message.party"
    body = {"kind": "Suspend", "message": {"\0": "7"}}
    problem(office.post(HUAIYUE, "/acts", body), 422, "invalid-request")


def test_in_the_key_of_a_payable(office: Office) -> None:
    key = {"supplier": WANYUE.uscc, "invoice": "263\0"}
    found = problem(office.post(LANGONG, "/issuances", {"payables": [key]}), 422, "invalid-request")
    assert found["errors"][0]["field"] == "payables.0.invoice"


def test_in_a_query(office: Office) -> None:
    found = problem(office.get(WANYUE, "/acts", kind="a\0b"), 422, "invalid-request")
    assert found["errors"][0]["field"] == "query kind"


def test_in_a_path(office: Office) -> None:
    problem(office.get(WANYUE, "/finance/requests/a%00b"), 422, "invalid-request")
    problem(office.get(WANYUE, "/participants/%00"), 422, "invalid-request")


def test_in_a_cursor(office: Office) -> None:
    cursor = encode(("a\0b", "c", "d"))
    problem(office.get(LANGONG, "/payables", cursor=cursor), 422, "invalid-cursor")
