"""Chapter: another core pays in part and late: overdue, halted, cured by the rest."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.clock import parse_instant, utc_text
from scripts.story.cast import CHENGHAI, HUAIYUE, YONGTUO
from scripts.story.issue import open_tickets
from scripts.story.limits import YUAN
from scripts.story.payables import bring_in, examples, keys_of
from scripts.story.story import Story

OWED = "CH-2026-0416"
LATER = "CH-2026-0422"
FIRST_PART = 100_000 * YUAN


def begin(story: Story) -> None:
    """At the story's beginning: 澄海 opens one ticket for 甬拓, due on the same day as the others."""
    payables = [p for p in examples(story, "payables-chenghai.csv", CHENGHAI) if p.order_no != LATER]
    bring_in(story, CHENGHAI, payables)
    [story.late] = open_tickets(story, CHENGHAI, keys_of(payables, OWED))
    story.voice.say(
        f"{story.signers(CHENGHAI)} 为 {story.voice.name(YONGTUO)} 开立 {story.late['number']}，"
        f"{story.voice.yuan(story.late['face'])}。",
        f"{story.signers(CHENGHAI)} open {story.late['number']} for {story.voice.name(YONGTUO)}, "
        f"{story.voice.yuan(story.late['face'])}.",
    )


def tell(story: Story) -> None:
    """A third on the day, nothing for the grace days, then a halt, then the rest."""
    voice, stage = story.voice, story.stage
    voice.chapter("逾期、暂停与恢复", "Overdue, halted, cured")
    number, holder = story.late["number"], story.maker(YONGTUO)
    pay_in(story, FIRST_PART, "A")
    voice.say(
        f"付款日，{voice.name(CHENGHAI)} 只到账 {voice.yuan(FIRST_PART)}，"
        f"{voice.name(YONGTUO)} 先按比例收到这一部分。",
        f"On the payment date {voice.name(CHENGHAI)} pays {voice.yuan(FIRST_PART)} only; "
        f"{voice.name(YONGTUO)} has its share of it.",
    )
    stage.advance_to(parse_instant(story.late["overdue_from"]) + 1)
    act = holder.post("/settle/overdue", {"issuance": story.late["id"]})
    story.final(act, YONGTUO)
    voice.no(
        f"{voice.day(stage.now)}：宽限期已过，{voice.name(YONGTUO)} 报告 {number} 逾期，"
        f"{voice.name(CHENGHAI)} 暂停开立。",
        f"{voice.day(stage.now)}: the grace days are over, {voice.name(YONGTUO)} reports {number} as overdue; "
        f"{voice.name(CHENGHAI)} is halted.",
    )
    keys = try_to_open(story)
    pay_in(story, int(story.late["face"]) - FIRST_PART, "B")
    voice.yes(
        f"{voice.name(CHENGHAI)} 补足余款，逾期自动解除，{voice.name(YONGTUO)} 全额收款。",
        f"{voice.name(CHENGHAI)} pays the rest; that lifts the halt, and {voice.name(YONGTUO)} is paid in full.",
    )
    [story.fresh] = open_tickets(story, CHENGHAI, keys)
    voice.yes(
        f"恢复开立：{story.fresh['number']}，{voice.yuan(story.fresh['face'])}。",
        f"It may open again: {story.fresh['number']}, {voice.yuan(story.fresh['face'])}.",
    )


def pay_in(story: Story, amount: int, serial: str) -> None:
    """Money of the core arrives, and the holder is paid what is payable then."""
    clerk, stage = story.maker(HUAIYUE), story.stage
    day = date.fromisoformat(story.late["payment_date"])
    leg = {"issuance": story.late["id"], "amount": str(amount)}
    ref = f"HY{day:%Y%m%d}-CH-{serial}"
    story.carry(clerk.post("/settle/fundings", {"ref": ref, "legs": [leg]}), HUAIYUE)
    ticket = clerk.get(f"/tickets/{story.late['ticket']}")
    line: dict[str, Any] = {
        "ticket": ticket["id"],
        "amount": ticket["payable"],
        "paid_at": utc_text(stage.now - 30),
    }
    story.carry_all(clerk.post("/settle/pay-outs", {"ref": ref, "paid": [line]})["acts"], HUAIYUE)


def try_to_open(story: Story) -> list[dict[str, str]]:
    """The halted core tries to open another ticket; the payable's key."""
    later = [p for p in examples(story, "payables-chenghai.csv", CHENGHAI) if p.order_no == LATER]
    bring_in(story, CHENGHAI, later)
    keys = keys_of(later, LATER)
    refusal = story.refused(lambda: story.maker(CHENGHAI).post("/issuances", {"payables": keys}))
    story.voice.no(
        f"再开立被拒 [{refusal.code}] {story.voice.problem(refusal.problem)}",
        f"A new issuance is refused [{refusal.code}] {story.voice.problem(refusal.problem)}",
    )
    return keys
