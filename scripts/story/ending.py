"""The last chapter: the sums, and whether everything agrees; then where to look."""

from __future__ import annotations

import json
import time
from typing import Any

from ledger.chain.nodes import DevNode
from scripts.story.stage import Stage
from scripts.story.story import Story, WentWrong
from scripts.story.sums import Sums, reckon, verified
from scripts.story.voice import Voice


def tell(story: Story, begun: float) -> dict[str, Any]:
    """Prints the sums and the verification; what `--json` prints. Raises WentWrong when the sums don't balance."""
    voice, app = story.voice, story.stage.app
    sums = app.book.read(reckon)
    if not sums.balanced:
        raise WentWrong(f"issued is not redeemed + outstanding + voided: {sums}")
    voice.chapter("核对", "Does everything agree")
    voice.table([("", ""), ("金额(元)", "amount (yuan)")], _rows(sums, voice))
    report = verified(app)
    if report.clean:
        voice.yes(
            f"从链上事件重建（{report.events} 个事件），与账簿 {report.records} 条记录、"
            f"合约存储 {report.words} 个字逐一一致。",
            f"Rebuilt from the chain's {report.events} events: {report.records} records of the book and "
            f"{report.words} words of storage agree, one by one.",
        )
    for difference in report.differences:
        voice.no(difference, difference)
    return {
        "chain": app.node.engine.name,
        "issued_fen": str(sums.issued),
        "redeemed_fen": str(sums.redeemed),
        "outstanding_fen": str(sums.outstanding),
        "voided_fen": str(sums.voided),
        "discounted_fen": str(sums.discounted),
        "deepest_tier": sums.deepest_tier,
        "acts_final": sums.acts_final,
        "refusals": story.refusals,
        "verify": "ok" if report.clean else list(report.differences),
        "seconds": round(time.monotonic() - begun, 1),
    }


def addresses(stage: Stage, voice: Voice) -> None:
    """Where the running gateway can be looked at, and with whose key."""
    app, home = stage.app, stage.app.settings.home
    file = write_keys(stage)
    someone = stage.people[0]
    voice.chapter("网关仍在运行", "The gateway is up")
    lines = [
        (voice.pick("接口文档", "API document"), f"{stage.url}/v1/openapi.json"),
        (voice.pick("就绪检查", "readiness"), f"{stage.url}/v1/ready"),
        (voice.pick("链节点", "chain node"), _node_url(stage)),
        (voice.pick("合约", "contract"), app.deployment.address),
        (voice.pick("数据目录", "data"), str(home.resolve())),
        (voice.pick("各人的接口密钥", "everybody's API keys"), str(file.resolve())),
    ]
    for what, where in lines:
        voice.say(f"{what}：{where}", f"{what}: {where}")
    voice.say("例如（登记方邓洁的目录）：", f"For instance, the directory as {someone.human.latin} sees it:")
    line = f"curl -s -H 'Authorization: Bearer {someone.key}' {stage.url}/v1/participants"
    voice.say(line, line)
    voice.say("按 Ctrl-C 停止。", "Ctrl-C stops it.")


def write_keys(stage: Stage) -> Any:
    """The API keys of everybody, in a file that only its owner can read."""
    file = stage.app.settings.home / "people.json"
    file.touch(mode=0o600)
    people = [
        {
            "company": person.company.name,
            "participant": person.company.id,
            "name": person.human.name,
            "right": person.human.right,
            "api_key": person.key,
        }
        for person in stage.people
    ]
    file.write_text(json.dumps(people, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return file


def _rows(sums: Sums, voice: Voice) -> list[list[str]]:
    names = {
        "issued": ("开立", "issued"),
        "redeemed": ("已兑付", "redeemed"),
        "outstanding": ("未到期或未付", "outstanding"),
        "voided": ("已作废", "voided"),
        "discounted": ("其中保理融资", "of it financed"),
    }
    return [[voice.pick(*words), voice.amount(getattr(sums, name))] for name, words in names.items()]


def _node_url(stage: Stage) -> str:
    node = stage.app.node
    return node.url if isinstance(node, DevNode) else node.engine.urls[0]
