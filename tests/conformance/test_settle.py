"""SETTLE on this network: funding, pay-outs, overdue, another clearing bank. What needs time falls due in seconds.

given an issuance that falls due in seconds and is not funded
    it should be reported by anyone from then on, and halt its core until the panel waives or it is funded in full
given one that is funded in part
    it should pay each ticket its part after due, never more, and the rest when the rest is there
given a replacement of the clearing bank
    it should need core, bank and panel, and end by the old one's veto
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.contracts.test_settle import (  # noqa: F401
    test_a_line_twice_in_one_act,
    test_a_reference_is_spent_once,
    test_amounts_that_do_not_fit,
    test_only_the_named_clearing_bank_funds,
    test_only_the_named_clearing_bank_pays_out,
    ticket,
)
from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, LANWAN, QIANCHAO, SUHENG, WANYUE, WUZE
from tests.support.expect import refused
from tests.support.world import FACE, World

SOON = 16
"""Seconds until due: a few blocks on the slowest network."""


def soon(world: World, **more: Any) -> dict[str, Any]:
    """Terms of an issuance that falls due in seconds, without days of grace."""
    due = world.now + SOON
    return {"contractualDue": due, "due": due, "transferableUntil": due - 2, "grace": 0, "minimum": 0, **more}


def test_part_payments_after_due(world: World) -> None:
    terms = soon(world)
    ticket = world.issue(LANGONG, WANYUE, **terms)  # noqa: F811
    [child] = world.transfer(WANYUE, ticket, (WUZE, FACE // 4))
    world.fund((ticket, FACE // 2))
    with refused("NotYetDue"):
        world.pay_out((child, 1))
    world.until(terms["due"] + 3)
    paid = world.pay_out((child, FACE // 8), (ticket, 3 * FACE // 8))
    assert len(paid.all("PaidOut")) == 2
    with refused("BeyondPayable"):
        world.pay_out((child, 1))
    world.fund((ticket, FACE - FACE // 2))
    world.pay_out((child, FACE // 8), (ticket, 3 * FACE // 8))


def test_overdue_halts_until_waived_or_cured(world: World) -> None:
    terms = soon(world)
    first = world.issue(CHENGHAI, SUHENG, **terms)
    second = world.issue(CHENGHAI, SUHENG, **terms)
    with refused("NotOverdue"):
        world.report_overdue(first)
    world.until(terms["due"] + 3)
    world.report_overdue(first)
    world.report_overdue(second)
    with refused("CoreHalted"):
        world.issue(CHENGHAI, SUHENG)
    world.panel("Waive", issuance=first[:16])
    with refused("CoreHalted"):
        world.issue(CHENGHAI, SUHENG)
    world.fund((second, FACE))
    world.issue(CHENGHAI, SUHENG)
    world.fund((first, FACE))


def test_the_old_bank_vetoes_its_replacement(world: World) -> None:
    there = (
        world.signer(QIANCHAO.sole.address).party or world.admit(QIANCHAO, LANWAN).one("Admitted")["party"]
    )
    bank = replace(QIANCHAO, id=there)
    ticket = world.issue(LANGONG, WANYUE)  # noqa: F811
    named = {"issuance": ticket[:16], "bank": bank.id}
    with refused("PanelTooSmall"):
        world.panel("ReplaceBank", LANGONG, bank, members=[HUAIYUE], **named)
    made = world.panel_draft("ReplaceBank", LANGONG, bank, **named)
    world.send(made.data).expect()
    ended = {"issuance": ticket[:16], "replacement": made.digest}
    with refused("TooEarly"):
        world.act("CompleteReplacement", [bank], **ended)
    world.act("VetoReplacement", [HUAIYUE], **ended)
    with refused("NoReplacement"):
        world.act("CompleteReplacement", [bank], **ended)
