"""Chapter: payables become tickets (开立), and one issuance is unmade again (作废)."""

from __future__ import annotations

from typing import Any

from ledger.ids import keccak256
from scripts.story.cast import LANGONG, SUHENG, WANYUE, YONGTUO, Company, by_id
from scripts.story.payables import examples, keys_of
from scripts.story.story import Story, WentWrong

DUE_TOGETHER = ("LG-2026-0410", "LG-2026-0413", "LG-2026-0422", "LG-2026-0452")
RETURNED_GOODS = "LG-2026-0428"


def tell(story: Story) -> None:
    """A batch of five, signed by the core's two people and by each supplier; the goods of one come back."""
    voice = story.voice
    voice.chapter("开立金票", "Tickets are opened")
    keys = keys_of(examples(story, "payables.csv", LANGONG), *DUE_TOGETHER, RETURNED_GOODS)
    opened = open_tickets(story, LANGONG, keys)
    voice.say(
        f"{story.signers(LANGONG)} 开立，供应商签收：{story.signers(WANYUE, SUHENG, YONGTUO)}。",
        f"Opened by {story.signers(LANGONG)}; accepted by {story.signers(WANYUE, SUHENG, YONGTUO)}.",
    )
    voice.table(
        [
            ("金票", "ticket"),
            ("首收", "first supplier"),
            ("到期日", "due"),
            ("付款日", "payment date"),
            ("面额(元)", "face (yuan)"),
        ],
        [
            [
                one["number"],
                voice.name(by_id(one["supplier"]["id"])),
                one["contractual_due"],
                one["payment_date"],
                voice.amount(one["face"]),
            ]
            for one in opened
        ],
        right=2,
    )
    read_undertaking(story, opened[0])
    unmake(story, opened)


def open_tickets(story: Story, core: Company, keys: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Drafts issue acts for payables, has core and suppliers sign, and returns the issuances."""
    maker = story.maker(core)
    acts = maker.post("/issuances", {"payables": keys})["acts"]
    for act in acts:
        story.sign(act, core, by_id(int(act["message"]["supplier"])))
    for act in acts:
        story.final(act, core)
    made = {act["id"] for act in acts}
    return [one for one in reversed(maker.items("/issuances", role="debtor")) if one["act"] in made]


def read_undertaking(story: Story, issuance: dict[str, Any]) -> None:
    """The first supplier reads what the core has signed: the document's hash is the chain's."""
    reader = story.maker(by_id(issuance["supplier"]["id"]))
    body = reader.get(f"/documents/{issuance['undertaking']}")
    if "0x" + keccak256(body).hex() != issuance["undertaking"]:
        raise WentWrong("the undertaking's text is not what the chain has")
    story.voice.yes(
        f"{story.voice.name(reader.company)} 打开付款承诺函（{len(body):,} 字节），其哈希与链上一致。",
        f"{story.voice.name(reader.company)} opens the undertaking ({len(body):,} bytes); its hash is the chain's.",
    )


def unmake(story: Story, opened: list[dict[str, Any]]) -> None:
    """One delivery is sent back: core and holder make the issuance void."""
    dues = sorted(one["contractual_due"] for one in opened)
    [gone] = [one for one in opened if one["contractual_due"] == dues[0]]
    evidence = "0x" + keccak256("退货协议 TH-2026-07".encode()).hex()
    act = story.maker(LANGONG).post(f"/issuances/{gone['id']}/void", {"evidence": evidence})
    story.carry(act, LANGONG, WANYUE)
    for one in opened:
        if one is not gone:
            story.issuances.append(one)
    story.voice.say(
        f"货物退回：{gone['number']}（{story.voice.yuan(gone['face'])}）由 {story.signers(LANGONG, WANYUE)} "
        "共同作废，额度与发票一并恢复。",
        f"Goods go back: {gone['number']} ({story.voice.yuan(gone['face'])}) is made void by "
        f"{story.signers(LANGONG, WANYUE)}; limit and invoice come back.",
    )
