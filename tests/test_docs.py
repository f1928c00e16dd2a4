"""What the pages say is so.

README.md, CHANGELOG.md, docs/
├── each link to a file should lead to one
├── commands of this folder should be there and run as programs
├── each option that a page shows should be one that the command knows
├── no page should use a word of bills or of promised returns: a ticket is an assigned claim
└── docs/deploy.md: its genesis file should deploy
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from ledger.chain.deploy import Genesis, deploy
from ledger.chain.nodes import start_node
from ledger.chain.rpc import Rpc
from ledger.signatures import address_of, new_key
from scripts.story.__main__ import arguments

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FORBIDDEN = ("票据", "贴现", "背书", "承兑", "发行", "通证", "刚兑", "银行担保", "收益")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(params=PAGES, ids=name)
def page(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_each_link_should_lead_to_a_file(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [one for one in targets if not (page.parent / one).exists()] == []


def test_each_command_should_be_there(page: Path) -> None:
    commands = set(re.findall(r"\bscripts/[a-z]+\b(?!/|\.)", page.read_text(encoding="utf-8")))
    files = {one for one in commands if not (ROOT / one).is_dir()}
    assert [one for one in sorted(files) if not os.access(ROOT / one, os.X_OK)] == []


def test_no_page_should_use_words_of_bills_or_promised_returns(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [word for word in FORBIDDEN if word in text] == []


def test_the_demos_options_should_be_those_that_the_readme_shows() -> None:
    shown = set(re.findall(r"--[a-z]+", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert shown == {"--once", "--json", "--lang", "--engine"}
    assert arguments(["--once", "--json", "--lang", "zh", "--engine", "anvil"]).engine == "anvil"


def test_the_genesis_file_of_the_page_should_deploy(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```json\n(.*?)```", text, re.S)
    data = json.loads(block)
    for seed in data["seeds"]:
        seed["profile"] = bytes(32)
    key = new_key()
    with start_node("anvil", tmp_path) as node:
        node.set_balance(address_of(key), 10**24)
        rpc = Rpc(node.engine.urls)
        try:
            record = deploy(rpc, node.engine, key, Genesis(**data))
        finally:
            rpc.close()
    assert record.lens
