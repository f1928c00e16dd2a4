"""Chapter: how much a core may have outstanding (开立额度)."""

from __future__ import annotations

from ledger.clock import DAY, utc_text
from scripts.story.cast import CHENGHAI, HUAIYUE, LANGONG, Company
from scripts.story.story import Story

YUAN = 100
LIMITS = {LANGONG: 30_000_000 * YUAN, CHENGHAI: 3_000_000 * YUAN}
"""Opening limits in fen."""


def tell(story: Story) -> None:
    """The clearing bank sets a limit for each core."""
    story.voice.chapter("开立额度", "Opening limits")
    for core, amount in LIMITS.items():
        set_limit(story, core, amount)
        free = story.maker(core).get(f"/limits/{core.id}")["free"]
        story.voice.say(
            f"{story.voice.name(core)}：{story.voice.yuan(free)}",
            f"{story.voice.name(core)}: {story.voice.yuan(free)}",
        )
    story.voice.say(
        f"由 {story.signers(HUAIYUE)} 设定；额度是可开立的上限，不是担保。",
        f"Set by {story.signers(HUAIYUE)}; a limit is how much may be opened, no guarantee.",
    )


def set_limit(story: Story, core: Company, amount: int) -> None:
    """A core's limit for two years."""
    expiry = utc_text(story.stage.now + 730 * DAY)
    body = {"core": core.id, "amount": str(amount), "expiry": expiry}
    story.carry(story.maker(HUAIYUE).post("/limits", body), HUAIYUE)
