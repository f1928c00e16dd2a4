"""Chapter: a core imports what it owes. The example files are moved so that their dates fit from today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ledger.clock import shanghai_date
from ledger.ids import Uscc
from ledger.payable_file import parse_payables, payables_csv
from ledger.payables import Payable, shift_due
from scripts.story.cast import LANGONG, Company, by_uscc
from scripts.story.story import Story

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WRITTEN_ON = date(2026, 11, 23)
"""The day from which the example files' dates are seen."""


def tell(story: Story) -> None:
    """岚工 imports its payables, twice."""
    voice, clerk = story.voice, story.maker(LANGONG)
    voice.chapter("应付账款", "Payables")
    payables = examples(story, "payables.csv", LANGONG)
    made = bring_in(story, LANGONG, payables)
    again = bring_in(story, LANGONG, payables)
    voice.say(
        f"{voice.name(clerk.human)} 导入 examples/payables.csv：{made['new']} 行，共 {voice.yuan(made['total'])}。",
        f"{voice.name(clerk.human)} imports examples/payables.csv: {made['new']} rows, {voice.yuan(made['total'])}.",
    )
    voice.table(
        [("供应商", "supplier"), ("笔数", "rows"), ("金额(元)", "amount (yuan)")],
        _by_supplier(story, made["payables"]),
    )
    voice.say(
        f"同一文件再导入一次：新增 {again['new']} 行，{again['unchanged']} 行不变。",
        f"The same file once more: {again['new']} new rows, {again['unchanged']} unchanged.",
    )


def examples(story: Story, name: str, core: Company) -> Sequence[Payable]:
    """An example file's payables, their dates as far from today as they were from the day it was written."""
    parsed = parse_payables((EXAMPLES / name).read_bytes(), Uscc(core.uscc))
    days = (shanghai_date(story.stage.now) - WRITTEN_ON).days
    return shift_due([row.payable for row in parsed.rows], days)


def bring_in(story: Story, core: Company, payables: Sequence[Payable]) -> dict[str, Any]:
    """A core's maker uploads a file of these payables."""
    file = ("payables.csv", payables_csv(payables), "text/csv")
    found: dict[str, Any] = story.maker(core).post("/payables/imports", files={"file": file})
    return found


def keys_of(payables: Sequence[Payable], *orders: str) -> list[dict[str, str]]:
    """The payables of these orders, as the API names them."""
    return [
        {"supplier": payable.supplier, "invoice": payable.keys[0].invoice}
        for payable in payables
        if payable.order_no in orders
    ]


def _by_supplier(story: Story, payables: Sequence[dict[str, Any]]) -> list[list[str]]:
    amounts: dict[str, list[int]] = defaultdict(list)
    for payable in payables:
        amounts[payable["supplier"]].append(int(payable["amount"]))
    return [
        [story.voice.name(by_uscc(uscc)), str(len(found)), story.voice.amount(sum(found))]
        for uscc, found in amounts.items()
    ]
