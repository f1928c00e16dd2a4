"""Lens: the card that wallets and explorers show (tokenURI).

given an id where nothing was ever written
    it should refuse
given a ticket
    it should be JSON with yuan, Shanghai's day, both companies and the status
given a code that is no code
    it should let no foreign byte out of its string
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.money import format_yuan
from tests.support.actors import (
    CHUHENG,
    LANGONG,
    LANWAN,
    WANYUE,
    Role,
    party,
)
from tests.support.lens import NOTHING, Lens
from tests.support.world import Reverted, World


def _attributes(card: dict[str, Any]) -> dict[str, str]:
    return {a["trait_type"]: a["value"] for a in card["attributes"]}


@pytest.fixture
def lens(world: World) -> Lens:
    return Lens(world)


def test_there_is_no_card_of_nothing(lens: Lens) -> None:
    with pytest.raises(Reverted, match="UnknownTicket"):
        lens("tokenURI", NOTHING)


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
