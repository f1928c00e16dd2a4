"""Chapter: the payment date. The core funds, the bank pays line by line, one line comes back and is paid later."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from ledger.clearing import PAID_AT, REASON, REFERENCE, RESULT
from ledger.clock import DAY, shanghai_text, start_of_day
from scripts.story.cast import HUAIYUE, LANGONG, WANYUE, by_uscc
from scripts.story.story import Story

OFFICE_HOURS = 9 * 3600
CLOSED = ("账户已销户", "account closed")
NEW_ACCOUNT = "6222000099008807"


def tell(story: Story) -> None:
    """Five days ahead, the payment date, the line that comes back."""
    voice, stage = story.voice, story.stage
    voice.chapter("到期清分兑付", "The payment date")
    day = date.fromisoformat(story.issuances[0]["payment_date"])
    stage.advance_to(start_of_day(day) - 5 * DAY + OFFICE_HOURS)
    what_falls_due(story, day)
    stage.advance_to(start_of_day(day) + OFFICE_HOURS)
    fund(story, day)
    returned = pay(story, day, "01", {WANYUE.uscc: CLOSED})
    voice.no(
        f"退汇：{returned[0]['number']} {returned[0]['holder']['name']} {voice.yuan(returned[0]['amount'])}，"
        f"“{returned[0]['reason']}”。",
        f"Returned: {returned[0]['number']}, {voice.name(WANYUE)}, {voice.yuan(returned[0]['amount'])}: "
        f"“{returned[0]['reason']}”.",
    )
    correct_account(story)
    pay(story, day, "02", {})


def what_falls_due(story: Story, day: date) -> None:
    """The core's maturity list, and the clearing list ahead of the money."""
    voice = story.voice
    due = story.maker(LANGONG).get("/settle/maturities", date=day.isoformat())
    body = {"date": day.isoformat(), "core": LANGONG.id, "as_if_funded": True}
    ahead = story.maker(HUAIYUE).post("/settle/clearing-lists", body)
    voice.say(
        f"付款日前五天（{voice.day(story.stage.now)}）：{voice.name(LANGONG)} 应备款 {len(due['maturities'])} 笔，"
        f"共 {voice.yuan(due['open'])}；清分表预列 {len(ahead['lines'])} 行。",
        f"Five days ahead ({voice.day(story.stage.now)}): {voice.name(LANGONG)} has {len(due['maturities'])} "
        f"issuances to fund, {voice.yuan(due['open'])}; the clearing list has {len(ahead['lines'])} lines.",
    )


def fund(story: Story, day: date) -> None:
    """One payment of the core for all its issuances of the day."""
    voice = story.voice
    due = story.maker(LANGONG).get("/settle/maturities", date=day.isoformat())["maturities"]
    legs = [{"issuance": one["issuance"], "amount": one["open"]} for one in due]
    act = story.maker(HUAIYUE).post("/settle/fundings", {"ref": f"HY{day:%Y%m%d}-LG", "legs": legs})
    story.carry(act, HUAIYUE)
    story.acts["fund"] = act["id"]
    total = voice.yuan(act["message"]["total"])
    voice.say(
        f"{voice.day(story.stage.now)}：{voice.name(LANGONG)} 一笔付款 {total}，覆盖 {len(legs)} 笔开立；"
        f"{story.signers(HUAIYUE)} 确认到账。",
        f"{voice.day(story.stage.now)}: one payment of {voice.name(LANGONG)}, {total}, for {len(legs)} issuances, "
        f"confirmed by {story.signers(HUAIYUE)}.",
    )


def pay(story: Story, day: date, serial: str, returns: Mapping[str, tuple[str, str]]) -> list[Any]:
    """The clearing list goes out, the bank's file comes back; `returns`: reason by USCC. Returned lines."""
    voice, clerk = story.voice, story.maker(HUAIYUE)
    listed = clerk.post("/settle/clearing-lists", {"date": day.isoformat()})
    filled = fill_in(story, clerk.get(f"/settle/clearing-lists/{listed['hash']}/file"), returns)
    form = {"clearing_list": listed["hash"], "ref": f"HY{day:%Y%m%d}-{serial}"}
    file = ("paid.csv", filled, "text/csv")
    made = clerk.post("/settle/pay-outs/files", files={"file": file}, data=form)
    story.carry_all(made["acts"], HUAIYUE)
    rows = [
        [
            line["number"],
            voice.name(by_uscc(line["uscc"])),
            "…" + line["account"]["number"][-4:],
            voice.amount(line["payable"]),
        ]
        for line in listed["lines"]
    ]
    voice.table(
        [
            ("清分表", "clearing list"),
            ("收款人", "payee"),
            ("账号", "account"),
            ("金额(元)", "amount (yuan)"),
        ],
        rows,
        2,
    )
    came_back = sum(int(line["amount"]) for line in made["returned"])
    voice.yes(
        f"{story.signers(HUAIYUE)} 逐行确认兑付 {voice.yuan(int(listed['total']) - came_back)}。",
        f"{story.signers(HUAIYUE)} confirm line by line: {voice.yuan(int(listed['total']) - came_back)} were paid.",
    )
    found: list[Any] = made["returned"]
    return found


def fill_in(story: Story, file: bytes, returns: Mapping[str, tuple[str, str]]) -> bytes:
    """The bank's columns of the clearing list: paid, or returned with a reason."""
    rows = list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))
    header, lines = rows[0], rows[1:]
    column = {name: header.index(name) for name in (RESULT, PAID_AT, REASON, REFERENCE)}
    for number, line in enumerate(lines, 1):
        reason = next((returns[uscc] for uscc in returns if uscc in line), None)
        line[column[REFERENCE]] = f"{number:04d}"
        line[column[RESULT]] = "退汇" if reason else "已付"
        line[column[REASON]] = story.voice.pick(*reason) if reason else ""
        line[column[PAID_AT]] = "" if reason else shanghai_text(story.stage.now - 60)
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *lines])
    return out.getvalue().encode()


def correct_account(story: Story) -> None:
    """A new payee account: two people of the company sign, the clearing bank is told."""
    voice = story.voice
    body = {"file": WANYUE.file(NEW_ACCOUNT)}
    act = story.maker(WANYUE).post(f"/participants/{WANYUE.id}/profile", body)
    story.carry(act, WANYUE)
    told = story.maker(HUAIYUE).get(f"/acts/{act['id']}")
    assert told["extra"]["note"]
    voice.say(
        f"{story.signers(WANYUE)} 变更收款账户（尾号 {NEW_ACCOUNT[-4:]}），{voice.name(HUAIYUE)} 收到通知，重新清分。",
        f"{story.signers(WANYUE)} change the payee account (…{NEW_ACCOUNT[-4:]}); {voice.name(HUAIYUE)} is told "
        "and clears anew.",
    )
