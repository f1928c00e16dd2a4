"""Chapter: tickets are split and passed on, to tier 2 and tier 3; one receiver says no (拒签)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from ledger.clock import shanghai_date
from scripts.story.cast import CHANGLI, CHUHENG, HEYI, WANYUE, WUZE, XICHUAN, Company
from scripts.story.limits import YUAN
from scripts.story.story import Act, Story

TIER_2 = {WUZE: 400_000 * YUAN, XICHUAN: 180_000 * YUAN, HEYI: 120_000 * YUAN}
TIER_3 = {CHUHENG: 150_000 * YUAN, CHANGLI: 90_000 * YUAN}
REASON = ("发票金额与合同不符，请重开", "The invoice does not fit the contract; please issue it anew")

_serial = count(1)


def tell(story: Story) -> None:
    """皖岳 to three, of whom one rejects; 芜泽 to two."""
    voice = story.voice
    voice.chapter("拆分转让", "Tickets are split and passed on")
    [story.split] = [one for one in story.issuances if one["supplier"]["id"] == WANYUE.id]
    act = offer(story, WANYUE, story.split["ticket"], TIER_2)
    story.sign(act, WANYUE)
    _say_offer(story, WANYUE, TIER_2)
    reject(story, act, XICHUAN)
    story.sign(act, WUZE, HEYI)
    story.final(act, WANYUE)
    voice.say(
        f"{story.signers(WUZE, HEYI)} 签收，各自生效。",
        f"{story.signers(WUZE, HEYI)} accept; each child stands by itself.",
    )
    take_back(story, act)
    held = keep(story, "wuze", WUZE)
    act = offer(story, WUZE, held, TIER_3)
    story.carry(act, WUZE, *TIER_3)
    _say_offer(story, WUZE, TIER_3)
    for name, owner in (("chuheng", CHUHENG), ("changli", CHANGLI), ("heyi", HEYI)):
        keep(story, name, owner)
    _lineage(story)


def offer(story: Story, holder: Company, ticket: str, parts: Mapping[Company, int]) -> Act:
    """A holder's offer to several receivers, each with contract and invoice."""
    children = [
        {"to": to.id, "value": str(value), "trade": trade(story, to, holder, value)}
        for to, value in parts.items()
    ]
    act: Act = story.maker(holder).post("/offers", {"ticket": ticket, "children": children})
    return act


def trade(story: Story, seller: Company, buyer: Company, value: int) -> dict[str, Any]:
    """What a child is paid for: the receiver's contract and its invoice to the holder."""
    day, number = shanghai_date(story.stage.now), next(_serial)
    invoice = f"{day:%y}34{seller.id:06d}{buyer.id:05d}{number:05d}"
    sides = {"seller": seller.uscc, "buyer": buyer.uscc}
    return {
        "contract": f"HT-{day:%Y}-{number:04d}",
        "invoice": {"number": invoice, "amount": str(value), **sides},
    }


def reject(story: Story, act: Act, company: Company) -> None:
    """A receiver finds the act in its inbox, sees its own child alone, and says no."""
    person = story.maker(company)
    [waiting] = [one for one in person.items("/acts", waiting=True) if one["id"] == act["id"]]
    [leg] = waiting["legs"]
    person.post(f"/acts/{act['id']}/legs/{leg['id']}/reject", {"reason": story.voice.pick(*REASON)})
    story.voice.no(
        f"{story.signers(company)} 拒签：“{REASON[0]}”。",
        f"{story.signers(company)} rejects: “{REASON[1]}”.",
    )


def take_back(story: Story, act: Act) -> None:
    """What was rejected stays signed: only the withdrawal on chain frees the value before the deadline."""
    withdrawal = story.maker(WANYUE).post(f"/offers/{act['id']}/withdrawals")
    story.carry(withdrawal, WANYUE)
    free = story.maker(WANYUE).get(f"/tickets/{act['message']['ticket']}")["free"]
    story.voice.say(
        f"{story.signers(WANYUE)} 撤回被拒的子票，可用余额 {story.voice.yuan(free)}。",
        f"{story.signers(WANYUE)} withdraw the rejected child; {story.voice.yuan(free)} are free again.",
    )


def keep(story: Story, name: str, owner: Company) -> str:
    """Remembers the one ticket of a company by a name."""
    [found] = story.maker(owner).items("/tickets")
    story.tickets[name] = found["id"]
    return str(found["id"])


def _say_offer(story: Story, holder: Company, parts: Mapping[Company, int]) -> None:
    voice = story.voice
    listed = voice.pick("、", ", ").join(
        f"{voice.name(to)} {voice.yuan(value)}" for to, value in parts.items()
    )
    voice.say(
        f"{story.signers(holder)} 一份要约拆给 {len(parts)} 家：{listed}。",
        f"{story.signers(holder)} split in one offer to {len(parts)}: {listed}.",
    )


def _lineage(story: Story) -> None:
    voice = story.voice
    rows = []
    for owner in (WANYUE, WUZE, HEYI, CHUHENG, CHANGLI):
        for one in story.maker(owner).items("/tickets"):
            if one["issuance"] == story.split["id"]:
                rows.append([one["number"], voice.name(owner), str(one["tier"]), voice.amount(one["value"])])
    headers = [("金票", "ticket"), ("持有人", "holder"), ("级", "tier"), ("金额(元)", "value (yuan)")]
    voice.table(headers, sorted(rows), right=2)
