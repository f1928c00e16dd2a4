"""Chapter: a court's order holds an amount (协助冻结). It holds, it never takes."""

from __future__ import annotations

from ledger.clock import DAY, utc_text
from ledger.ids import keccak256
from scripts.story.cast import CHANGLI, DENGJI, HUAIYUE, LANWAN, PANEL
from scripts.story.limits import YUAN
from scripts.story.story import Story

AMOUNT = 30_000 * YUAN
NUMBER = "(2026)皖01执保123号"


def tell(story: Story) -> None:
    """Three of the panel's four sign; the holder sees it."""
    voice, ticket = story.voice, story.tickets["changli"]
    voice.chapter("协助冻结", "A court's order")
    body = {
        "ticket": ticket,
        "number": NUMBER,
        "amount": str(AMOUNT),
        "end": utc_text(story.stage.now + 365 * DAY),
        "evidence": "0x" + keccak256(NUMBER.encode()).hex(),
    }
    story.carry(story.maker(DENGJI).post("/freezes", body), DENGJI, HUAIYUE, LANWAN)
    held = story.maker(CHANGLI).get(f"/tickets/{ticket}")
    panel = voice.names((DENGJI, HUAIYUE, LANWAN))
    voice.say(
        f"{NUMBER}：治理委员会 {len(PANEL)} 席中的 {panel} 签署，冻结 {voice.name(CHANGLI)} 的 {held['number']} "
        f"中 {voice.yuan(held['held'])}，余 {voice.yuan(held['free'])} 可用。",
        f"{NUMBER}: {panel}, three of the panel's {len(PANEL)}, sign; of {held['number']} of "
        f"{voice.name(CHANGLI)} {voice.yuan(held['held'])} are held, {voice.yuan(held['free'])} stay free.",
    )
