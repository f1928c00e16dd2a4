"""Chapter: the tier-3 supplier sells its ticket to the bank with the better price (保理融资)."""

from __future__ import annotations

from typing import Any

from ledger.clock import DAY, shanghai_date
from scripts.story.cast import CHUHENG, HUAIYUE, LANGONG, LANWAN, NANHUAI, by_id
from scripts.story.story import Act, Story

RATES = {LANWAN: 315, NANHUAI: 345}
"""Basis points a year."""
DAYS_LATER = 15


def tell(story: Story) -> None:
    """Two quotes, the registration, the notice, a lock, the receipt."""
    voice, stage = story.voice, story.stage
    voice.chapter("保理融资", "Financing")
    stage.advance_to(stage.now + DAYS_LATER * DAY)
    ticket = story.maker(CHUHENG).get(f"/tickets/{story.tickets['chuheng']}")
    voice.say(
        f"{voice.day(stage.now)}。{voice.name(CHUHENG)} 请 {voice.names(RATES)} 为 {ticket['number']} 报价"
        f"（{voice.yuan(ticket['value'])}）。",
        f"{voice.day(stage.now)}. {voice.name(CHUHENG)} asks {voice.names(RATES)} for {ticket['number']} "
        f"({voice.yuan(ticket['value'])}).",
    )
    asked = ask(story, ticket)
    best = compare(story, asked)
    lock = choose(story, asked, best)
    register(story, asked, best)
    sign(story, lock)
    complete(story, lock)


def ask(story: Story, ticket: dict[str, Any]) -> str:
    """The request, and a price from each bank."""
    body = {"ticket": ticket["id"], "value": ticket["value"], "banks": [bank.id for bank in RATES]}
    asked: str = story.maker(CHUHENG).post("/finance/requests", body)["id"]
    day = shanghai_date(story.stage.now).isoformat()
    for bank, rate in RATES.items():
        quote = {"rate": rate, "fee": "0", "money_on": day}
        story.maker(bank).post(f"/finance/requests/{asked}/quotes", quote)
    return asked


def compare(story: Story, asked: str) -> dict[str, Any]:
    """Prints the quotes side by side; the best one."""
    voice = story.voice
    quotes = story.maker(CHUHENG).get(f"/finance/requests/{asked}/quotes")["quotes"]
    headers = [
        ("银行", "bank"),
        ("年利率", "rate"),
        ("天数", "days"),
        ("利息(元)", "interest"),
        ("承担", "borne by"),
        ("费用(元)", "fee"),
        ("综合年化", "all-in"),
        ("净额(元)", "net (yuan)"),
    ]
    bearer = {"holder": voice.pick("持票人", "holder"), "core": voice.pick("核心企业", "core")}
    rows = [
        [
            voice.name(by_id(one["bank"]["id"])),
            _percent(one["rate"]),
            str(one["days"]),
            voice.amount(one["interest"]),
            bearer[one["bearer"]],
            voice.amount(one["fee"]),
            _percent(one["all_in"]),
            voice.amount(one["net"]),
        ]
        for one in quotes
    ]
    voice.table(headers, rows)
    best: dict[str, Any] = next(one for one in quotes if one["best"])
    return best


def choose(story: Story, asked: str, quote: dict[str, Any]) -> Act:
    """The holder takes the quote: the lock is drafted."""
    act: Act = story.maker(CHUHENG).post(f"/finance/requests/{asked}/choose", {"quote": quote["id"]})
    bank = story.voice.name(by_id(quote["bank"]["id"]))
    story.voice.say(f"选 {bank}。", f"It takes {bank}.")
    return act


def register(story: Story, asked: str, quote: dict[str, Any]) -> None:
    """The assignment is registered and the debtor is told, before anything is locked or paid."""
    voice, day = story.voice, shanghai_date(story.stage.now)
    number = f"ZDW-{day:%Y-%m%d}-0001"
    story.maker(LANWAN).post(
        f"/finance/requests/{asked}/quotes/{quote['id']}/registration", {"number": number}
    )
    [notice] = story.maker(LANGONG).items("/documents", kind="assignment-notice")
    voice.say(
        f"中登网登记 {number}；{voice.name(LANGONG)} 收到债权转让通知 {notice['hash'][:10]}…。",
        f"Registered as {number}; {voice.name(LANGONG)} has the notice of assignment {notice['hash'][:10]}….",
    )


def sign(story: Story, act: Act) -> None:
    """Holder and bank sign the lock. Value moves aside, title does not."""
    story.carry(act, CHUHENG, LANWAN)
    signers = story.signers(CHUHENG, LANWAN)
    story.voice.say(
        f"{signers} 签署，金额锁定，票权未动。", f"{signers} sign: the value is locked, title stays."
    )


def complete(story: Story, act: Act) -> None:
    """The clearing bank's receipt: title moves."""
    voice, day = story.voice, shanghai_date(story.stage.now)
    lock = act["legs"][0]["id"]
    receipt = story.maker(HUAIYUE).post("/finance/receipts", {"lock": lock, "ref": f"HY{day:%Y%m%d}-F1"})
    story.carry(receipt, HUAIYUE)
    sold = story.maker(LANWAN).get(f"/tickets/{lock}")
    net = story.maker(CHUHENG).get(f"/finance/locks/{lock}")["net"]
    voice.yes(
        f"{story.signers(HUAIYUE)} 出具收款回执：{sold['number']} 归 {sold['holder']['name']}，"
        f"{voice.name(CHUHENG)} 收到 {voice.yuan(net)}。",
        f"{story.signers(HUAIYUE)} give the receipt: {sold['number']} belongs to {voice.name(LANWAN)}, "
        f"{voice.name(CHUHENG)} is paid {voice.yuan(net)}.",
    )


def _percent(basis_points: int) -> str:
    return f"{basis_points // 100}.{basis_points % 100:02d} %"
