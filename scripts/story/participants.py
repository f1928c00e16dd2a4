"""Chapter: who takes part. The registry, a bank and each newcomer's own key admit ten companies."""

from __future__ import annotations

from scripts.story.cast import ADMITTED, DENGJI, HUAIYUE, LANWAN, PANEL, SEEDS, THRESHOLD, Company
from scripts.story.story import Act, Story


def tell(story: Story) -> None:
    """Ten companies come in."""
    say = story.voice.say
    story.voice.chapter("参与方", "Participants")
    seeds, panel = story.voice.names(SEEDS), len(PANEL)
    say(
        f"{seeds} 共建账本；治理委员会 {panel} 席，{THRESHOLD} 票通过，登记方只有一席。",
        f"{seeds} found the ledger; the panel has {panel} seats, {THRESHOLD} votes carry, the registry has one.",
    )
    admit(story, ADMITTED)
    names = story.voice.names(ADMITTED)
    say(f"准入 {len(ADMITTED)} 家：{names}。", f"{len(ADMITTED)} companies come in: {names}.")
    say(
        f"每家由 {story.signers(DENGJI)}、{story.signers(LANWAN)} 会签，企业自己的密钥也要签名。",
        f"Each is signed by {story.signers(DENGJI)}, by {story.signers(LANWAN)}, and by the company's own keys.",
    )


def admit(story: Story, companies: tuple[Company, ...]) -> None:
    """Admits companies one after another, so that their numbers are the cast's: the registry drafts, registry and
    bank sign, the newcomers sign with their own keys."""
    for company in companies:
        act = _draft(story, company)
        hand_in_keys(story, act, company)
        story.carry(act, DENGJI, LANWAN)


def hand_in_keys(story: Story, act: Act, company: Company) -> None:
    """The newcomer's people sign at home, what they sign is handed in by the registry: they have no seat here yet."""
    registry = story.maker(DENGJI)
    digests = {seat["address"]: seat["digest"] for seat in act["seats"] if seat["kind"] == "key"}
    for person in story.stage.of(company):
        address = person.desk.address
        signature = story.stage.app.keystore.sign(address, bytes.fromhex(digests[address][2:]))
        registry.post(f"/acts/{act['id']}/signatures", {"signature": "0x" + signature.hex()})


def _draft(story: Story, company: Company) -> Act:
    body = {
        "file": company.file(),
        "roles": company.role_words,
        "clearing_bank": HUAIYUE.id,
        "keys": [
            {"address": person.desk.address, "right": person.human.right}
            for person in story.stage.of(company)
        ],
        "bank": LANWAN.id,
    }
    act: Act = story.maker(DENGJI).post("/participants/admissions", body)
    return act
