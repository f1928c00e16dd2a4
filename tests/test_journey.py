"""The whole of Gold Ticket in one life, over HTTP on a real node. Read this first.

given a ledger with a registry and banks
├── when a core admits its suppliers, opens a ticket, the supplier accepts and passes a part on
├── when the payment date comes and the core's money is there
└── it should pay every holder to the fen, and book, rebuild and storage should agree
scripts/demo
└── given --once --json: it should tell the long story, end with sums that balance, and leave nothing running
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.clock import start_of_day, utc_text
from scripts.story.cast import CHENGHAI, HUAIYUE, LANGONG, SUHENG, WANYUE
from scripts.story.issue import open_tickets
from scripts.story.limits import set_limit
from scripts.story.participants import admit
from scripts.story.payables import bring_in, examples, keys_of
from scripts.story.stage import open_stage, stage_settings
from scripts.story.story import Story
from scripts.story.sums import reckon, verified
from scripts.story.transfer import trade
from scripts.story.voice import Voice
from tests.support.books import dsn_of_homes

ROOT = Path(__file__).resolve().parents[1]
YUAN = 100


@pytest.fixture(params=["ganache", "hardhat", "anvil"])
def story(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Story]:
    """A new ledger on this engine, its API on loopback, everybody at a desk."""
    with dsn_of_homes() as dsn:
        settings = stage_settings(tmp_path, request.param).model_copy(update={"dsn": dsn})
        with open_stage(settings) as stage:
            yield Story(stage, Voice("en", quiet=True))


def test_a_ticket_is_opened_split_and_paid_to_the_fen(story: Story) -> None:
    core, supplier, tier2, bank = map(story.maker, (LANGONG, WANYUE, SUHENG, HUAIYUE))

    # Companies come in: the registry, a bank and each company's own keys sign. The bank sets the core's limit.
    admit(story, (LANGONG, CHENGHAI, WANYUE, SUHENG))
    set_limit(story, LANGONG, 2_000_000 * YUAN)

    # The core owes 1,250,000.00 yuan for castings. Maker and checker open a ticket of it, the supplier's two accept.
    payables = examples(story, "payables.csv", LANGONG)
    bring_in(story, LANGONG, payables)
    [issuance] = open_tickets(story, LANGONG, keys_of(payables, "LG-2026-0410"))
    assert issuance["face"] == "125000000"
    assert core.get(f"/limits/{LANGONG.id}")["free"] == "75000000"

    # The supplier pays its own supplier with a part of it. That needs both companies' signatures.
    child = {
        "to": SUHENG.id,
        "value": "40000000",
        "trade": trade(story, SUHENG, WANYUE, 40_000_000),
    }
    offer = supplier.post("/offers", {"ticket": issuance["ticket"], "children": [child]})
    story.carry(offer, WANYUE, SUHENG)
    [rest], [part] = supplier.items("/tickets"), tier2.items("/tickets")
    assert (rest["number"], rest["value"]) == ("GT-000001", "85000000")
    assert (part["number"], part["value"], part["tier"]) == ("GT-000001-1", "40000000", 2)

    # The payment date: the core's money is with the clearing bank, which pays each holder and says so line by line.
    story.stage.advance_to(start_of_day(date.fromisoformat(issuance["payment_date"])) + 9 * 3600)
    leg = {"issuance": issuance["id"], "amount": issuance["face"]}
    story.carry(bank.post("/settle/fundings", {"ref": "HY-0001", "legs": [leg]}), HUAIYUE)
    paid_at = utc_text(story.stage.now - 60)
    paid = [{"ticket": t["id"], "amount": t["value"], "paid_at": paid_at} for t in (rest, part)]
    story.carry_all(bank.post("/settle/pay-outs", {"ref": "HY-0002", "paid": paid})["acts"], HUAIYUE)

    # Everybody has what is theirs, the core owes nothing, and book, rebuild and storage hold the same.
    assert [
        supplier.get(f"/tickets/{rest['id']}")["taken"],
        tier2.get(f"/tickets/{part['id']}")["taken"],
    ] == [
        "85000000",
        "40000000",
    ]
    assert core.get(f"/limits/{LANGONG.id}")["free"] == "200000000"
    sums = story.stage.app.book.read(reckon)
    assert (sums.issued, sums.redeemed, sums.outstanding) == (125_000_000, 125_000_000, 0)
    assert verified(story.stage.app).differences == ()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["ganache", "hardhat", "anvil"])
def test_the_demo_tells_its_story_and_leaves_nothing_running(engine: str, tmp_path: Path) -> None:
    home = tmp_path / "demo"
    command = [
        ROOT / "scripts" / "demo",
        "--once",
        "--json",
        "--lang",
        "en",
        "--engine",
        engine,
        "--home",
        home,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])

    issued, redeemed, outstanding, voided, discounted = (
        int(told[f"{name}_fen"]) for name in ("issued", "redeemed", "outstanding", "voided", "discounted")
    )
    assert issued == redeemed + outstanding + voided
    assert min(redeemed, outstanding, voided, discounted) > 0
    assert told["chain"] == engine
    assert told["deepest_tier"] >= 3
    assert told["acts_final"] > 30
    assert {
        "core-halted",
        "invoice-used",
        "wrong-signer",
        "not-a-signer",
        "reference-spent",
        "not-holder",
    } == set(told["refusals"])
    assert told["verify"] == "ok"
    assert processes_of(home) == []


def processes_of(home: Path) -> list[str]:
    """Command lines of processes that work on this folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_text(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if str(home) in line:
            found.append(line)
    return found
