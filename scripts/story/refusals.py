"""Chapter: what must not work. Each is tried at the gateway, or around it, straight at the contract."""

from __future__ import annotations

from typing import Any

from ledger import typed
from ledger.errors import kebab
from ledger.ids import new_salt
from ledger.ports import Refusal
from ledger.signatures import new_key, sign_digest
from scripts.story import direct
from scripts.story.cast import CHANGLI, CHENGHAI, DENGJI, HUAIYUE, SUHENG
from scripts.story.story import Story


def tell(story: Story) -> None:
    """A double-used invoice, a forged signature, a replay, a theft by the operator's keys."""
    story.voice.chapter("必须被拒的事", "What must be refused")
    use_twice(story)
    forge(story)
    replay(story)
    steal(story)


def use_twice(story: Story) -> None:
    """澄海 opens a second ticket from an invoice that is used: the gateway refuses, and so does the contract."""
    voice, maker = story.voice, story.maker(CHENGHAI)
    first = maker.get(f"/acts/{story.fresh['act']}")
    copied = {k: v for k, v in first["message"].items() if k not in ("salt", "deadline")}
    refusal = story.refused(lambda: maker.post("/acts", {"kind": "Issue", "message": copied}))
    voice.no(
        f"一票两用：{voice.name(CHENGHAI)} 用同一张发票再开一张，网关拒绝 [{refusal.code}]",
        f"An invoice used twice: {voice.name(CHENGHAI)} opens another ticket from it; the gateway refuses "
        f"[{refusal.code}]",
    )
    message = typed.message_from_json("Issue", first["message"]) | {"salt": new_salt()}
    signatures = [
        direct.signed(story.stage, "Issue", message, story.stage.of(company))
        for company in (CHENGHAI, SUHENG)
    ]
    data = direct.call("Issue", message, signatures, story.stage)
    _refused(
        story, direct.send(story.stage, maker, data), "绕开网关，签名齐全，", "Around it, fully signed: "
    )


def forge(story: Story) -> None:
    """澄海 wants its debt void: its own people sign, and 郑海 makes up a key for the consent of 卫衡, the holder."""
    voice, stage = story.voice, story.stage
    forger, owner = story.maker(CHENGHAI), story.maker(SUHENG)
    evidence = "0x" + new_salt().hex()
    act = forger.post(f"/issuances/{story.fresh['id']}/void", {"evidence": evidence})
    story.sign(act, CHENGHAI)
    forged = sign_digest(new_key(), bytes.fromhex(act["id"][2:]))
    body = {"signature": "0x" + forged.hex(), "place": 1}
    refusal = story.refused(lambda: forger.post(f"/acts/{act['id']}/signatures", body))
    voice.no(
        f"伪造签名：{voice.name(forger.human)} 想让 {story.fresh['number']} 作废，造了一把密钥冒充持票人 "
        f"{voice.name(owner.human)} 签字，网关拒绝 [{refusal.code}]",
        f"A forged signature: {voice.name(forger.human)} wants {story.fresh['number']} void, makes up a key and "
        f"signs as its holder, {voice.name(owner.human)}; the gateway refuses [{refusal.code}]",
    )
    opened = typed.message_from_json("Issue", forger.get(f"/acts/{story.fresh['act']}")["message"])
    message = typed.message_from_json("Void", act["message"])
    signatures = [direct.signed(stage, "Void", message, stage.of(CHENGHAI)), forged]
    data = stage.app.chain.encode("voidIssuance", opened, message, signatures)
    _refused(story, direct.send(stage, forger, data), "直接送上链，", "Straight at the chain: ")


def replay(story: Story) -> None:
    """The bank's message that the money came is sent a second time, with its true signatures."""
    voice, stage = story.voice, story.stage
    act = story.maker(HUAIYUE).get(f"/acts/{story.acts['fund']}")
    signatures = [bytes.fromhex(s["signature"][2:]) for s in _in_order(act["seats"][0]["signatures"])]
    message = typed.message_from_json("Fund", act["message"])
    data = direct.call("Fund", message, [b"".join(signatures)], stage)
    voice.say(
        f"重放：{voice.name(HUAIYUE)} 的备款确认连同原签名再送一次。",
        f"A replay: the funding that {voice.name(HUAIYUE)} confirmed, sent again with its own signatures.",
    )
    _refused(story, direct.send(stage, story.maker(DENGJI), data), "", "")


def steal(story: Story) -> None:
    """All keys of the operator sign away somebody else's ticket, to an accomplice who accepts."""
    voice, stage = story.voice, story.stage
    message: dict[str, Any] = {
        "ticket": bytes.fromhex(story.fresh["ticket"][2:]),
        "version": 0,
        "children": [
            {"to": CHANGLI.id, "value": int(story.fresh["face"]), "trade": new_salt(), "salt": new_salt()}
        ],
        "salt": new_salt(),
        "deadline": stage.now + 86_400,
    }
    thief = direct.signed(stage, "Offer", message, stage.of(DENGJI))
    data = direct.offer_call(stage, message, SUHENG.id, thief, stage.of(CHANGLI))
    voice.say(
        f"盗取：运营方 {story.signers(DENGJI)} 用自己的全部密钥，把 {voice.name(SUHENG)} 的 {story.fresh['number']} "
        f"转给同伙 {voice.name(CHANGLI)}，直接送上链。",
        f"A theft: the operator's {story.signers(DENGJI)} sign {story.fresh['number']} of {voice.name(SUHENG)} over "
        f"to the accomplice {voice.name(CHANGLI)}, straight at the chain.",
    )
    _refused(story, direct.send(stage, story.maker(DENGJI), data), "", "")
    owner = story.maker(SUHENG).get(f"/tickets/{story.fresh['ticket']}")
    voice.yes(
        f"{owner['number']} 仍归 {voice.name(SUHENG)}，{voice.yuan(owner['free'])} 分文未动。",
        f"{owner['number']} still belongs to {voice.name(SUHENG)}, all {voice.yuan(owner['free'])} of it.",
    )


def _in_order(signatures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(signatures, key=lambda one: int(one["right"]))


def _refused(story: Story, refusal: Refusal, zh: str, en: str) -> None:
    code = kebab(refusal.name)
    story.refusals.append(code)
    text = story.voice.reason(refusal)
    story.voice.no(f"{zh}合约拒绝 [{code}] {text}", f"{en}The contract refuses [{code}] {text}")
