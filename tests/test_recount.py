"""A stranger recounts: scripts/recount over lives in this process, over the demo's story on a node, and over forgeries.

given the script
├── it should know the contract's functions, events and types
└── it should need nothing of the product
given a life with every act
├── it should find no difference, and see every event
└── when something is forged, it should be named: a signature, an amount, an event, a transaction, a refusal
given a gateway
├── it should find what the gateway says, at the gateway's block
└── when the gateway says something else, it should be named
given a successor deployment
└── it should count limits over both
given the demo's story on ganache
└── it should come to the same sums from the node, and from the file that it exported
given every test of the contract
└── it should judge each act that was tried as the contract did
"""

from __future__ import annotations

import ast
import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from api.cli import cli
from ledger import typed
from ledger.settings import Settings
from ledger.statement import statement
from scripts.story import plot
from scripts.story.stage import Stage, open_stage
from scripts.story.story import Story
from scripts.story.sums import reckon
from scripts.story.voice import Voice
from tests.support import abi
from tests.support.actors import ADMITTED, CHANGLI, HEYI, HUAIYUE, LANGONG, LANWAN, SUHENG, WANYUE, WUZE
from tests.support.blocks import SCRIPT, load_recount, recorded_world
from tests.support.books import kept_book
from tests.support.gateway import Gateway
from tests.support.scenario import live
from tests.support.world import FACE, World, deploy

recount = load_recount()
PART = FACE // 8
Blocks = dict[str, Any]


def recounted(blocks: Blocks, stated: dict[str, Any] | None = None) -> Any:
    head = blocks["chainId"], blocks["address"], blocks["last"], blocks["blocks"]
    return recount.Recount(recount.Chain(*head)).run(stated)


def of_world(world: World) -> Blocks:
    found: Blocks = world.evm.blocks(world.address)  # type: ignore[attr-defined]
    return found


@pytest.fixture(scope="module")
def lived() -> Blocks:
    """Everything that can happen has happened here."""
    world = recorded_world()
    live(world)
    return of_world(world)


def transactions(blocks: Blocks) -> list[dict[str, Any]]:
    return [t for block in blocks["blocks"] for t in block["transactions"]]


def function_of(transaction: dict[str, Any]) -> str:
    return abi.function_name(bytes.fromhex(transaction["input"][2:]))


def events_of(transaction: dict[str, Any]) -> list[str]:
    return [recount.read_log(log["topics"], log["data"])[0] for log in transaction["logs"]]


# ---- the script


def test_it_knows_the_contracts_functions_and_events() -> None:
    entries = abi.artifact("GoldTicket")["abi"]
    functions = {abi.selector(e): e["stateMutability"] for e in entries if e["type"] == "function"}
    assert recount.FUNCTIONS.keys() == {s for s, kind in functions.items() if kind == "nonpayable"}
    assert {s for s, kind in functions.items() if kind == "view"} == recount.VIEWS
    events = {name: fields for name, fields, _ in recount.EVENTS.values()}
    told = {e["name"]: e["inputs"] for e in abi.artifact("IEvents")["abi"] if e["type"] == "event"}
    assert {name: [i["name"] for i in inputs] for name, inputs in told.items()} == recount.EVENT_FIELDS
    for name, inputs in told.items():
        assert [i["indexed"] for i in inputs] == sorted((i["indexed"] for i in inputs), reverse=True), name
        assert len(inputs) == len(events[name])
    assert {"Transferred", "Funded", "PaidOut"} <= events.keys()


@pytest.mark.parametrize("primary", typed.TYPES)
def test_it_knows_what_is_signed(primary: str) -> None:
    assert recount.type_hash(primary) == typed.type_hash(primary)


def test_it_needs_nothing_of_the_product() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    foreign = {name.split(".")[0] for name in modules} - sys.stdlib_module_names
    assert foreign == {"eth_keys", "eth_utils"}


@pytest.mark.parametrize("now", [1_700_000_000, 1_709_136_000, 1_709_222_399, 1_798_732_799, 1_803_859_199])
@pytest.mark.parametrize("months", [1, 6, 12, 36])
def test_it_counts_months_as_people_do(now: int, months: int) -> None:
    from datetime import datetime, timedelta, timezone

    shanghai = timezone(timedelta(hours=8))
    begun = datetime.fromtimestamp(now, shanghai)
    year, month = divmod(begun.year * 12 + begun.month - 1 + months, 12)
    following = datetime(year + month // 11, month % 12 + 2 if month < 11 else 1, 1, tzinfo=shanghai)
    length = (following - timedelta(days=1)).day
    day = datetime(year, month + 1, min(begun.day, length), 23, 59, 59, tzinfo=shanghai)
    assert recount.last_day(now, months) == int(day.timestamp())


# ---- a life with every act


def test_a_life_with_every_act_has_no_differences(lived: Blocks) -> None:
    found = recounted(lived)
    assert found.differences == []
    told = {name for t in transactions(lived) for name in events_of(t)}
    assert told == set(abi.event_names())
    total = found.to_json()
    assert total["signatures"] > 300
    assert total["acts"] > 90
    assert {row["void"] for row in total["issuances"]} == {True, False}
    assert sum(int(row["paid_out"]) for row in total["issuances"]) == sum(
        int(row["paid_out"]) for row in total["holdings"]
    )


def forged(blocks: Blocks, change: Callable[[Blocks], None]) -> list[str]:
    other = copy.deepcopy(blocks)
    change(other)
    differences: list[str] = recounted(other).differences
    return differences


UNSIGNED = {"returnLock", "reportOverdue"}
SIGNED = sorted(set(abi.function_names()) - UNSIGNED - {"relay"})


@pytest.mark.parametrize("function", SIGNED)
def test_a_forged_signature_is_named(lived: Blocks, function: str) -> None:
    """The last byte of calldata is the last signature's."""

    def change(blocks: Blocks) -> None:
        mine = next(t for t in transactions(blocks) if function_of(t) == function and t["status"])
        last = int(mine["input"][-2:], 16)
        mine["input"] = mine["input"][:-2] + f"{last ^ 1:02x}"

    named = [text for text in forged(lived, change) if "took effect although" in text]
    why = ("may sign for nobody", "is no key of", "did not consent", "is none of the new keys")
    assert any(reason in named[0] for reason in why)


@pytest.mark.parametrize("name", sorted(set(abi.event_names()) - {"Deployed"}))
def test_an_event_left_out_is_named(lived: Blocks, name: str) -> None:
    def change(blocks: Blocks) -> None:
        mine = [t for t in transactions(blocks) if name in events_of(t)][-1]
        del mine["logs"][events_of(mine).index(name)]

    differences = forged(lived, change)
    assert differences
    hidden = {
        "LegRefused": "Transferred",
        "LineRefused": "PaidOut",
        "Refused": "transfer took effect although",
    }
    assert any(name in text or hidden.get(name, name) in text for text in differences)


@pytest.mark.parametrize(
    "name", ["Issued", "Transferred", "Locked", "Funded", "PaidOut", "Frozen", "LimitSet"]
)
def test_a_forged_amount_in_an_event_is_named(lived: Blocks, name: str) -> None:
    told = []

    def change(blocks: Blocks) -> None:
        mine = next(t for t in transactions(blocks) if name in events_of(t))
        log = mine["logs"][events_of(mine).index(name)]
        kinds = [kind for kind, _ in next(f for n, f, _ in recount.EVENTS.values() if n == name)]
        place = kinds.index("uint96") - (len(log["topics"]) - 1)
        data = bytearray.fromhex(log["data"][2:])
        data[32 * place + 31] ^= 1
        log["data"] = "0x" + data.hex()
        told.append(mine["hash"][:18])

    first = forged(lived, change)[0]
    assert f"the event {name}(" in first
    assert "the acts give" in first
    assert told[0] in first


def test_an_invented_event_is_named(lived: Blocks) -> None:
    def change(blocks: Blocks) -> None:
        mine = next(t for t in transactions(blocks) if "Transferred" in events_of(t))
        mine["logs"].append(mine["logs"][-1])

    assert "no act explains the event Transferred(" in forged(lived, change)[0]


def test_an_event_without_calldata_is_named(lived: Blocks) -> None:
    def change(blocks: Blocks) -> None:
        mine = next(t for t in transactions(blocks) if "Transferred" in events_of(t))
        mine["to"] = "0x" + "11" * 20

    assert "no act in this transaction's calldata explains the event Transferred(" in forged(lived, change)[0]


def test_another_salt_is_named(lived: Blocks) -> None:
    def change(blocks: Blocks) -> None:
        blocks["blocks"][0]["parent"] = "0x" + "11" * 32

    assert "the domain's salt is not this deployment's own" in forged(lived, change)[0]


def test_an_earlier_block_time_is_named(lived: Blocks) -> None:
    """Rules of time hold too: a lock returned before its expiry."""

    def change(blocks: Blocks) -> None:
        mine = next(b for b in blocks["blocks"] if "Returned" in events_of(b["transactions"][0]))
        later = [b for b in blocks["blocks"] if function_of(b["transactions"][0]) == "returnLock"]
        later[0]["time"] = mine["time"]

    assert "returnLock took effect although the lock still stood" in forged(lived, change)[0]


BUILT_UPON = (
    "admit changePanel changeSigners completeReplacement freeze fund halt issue lock recover release replaceBank "
    "reportOverdue setLimit setPolicy stop transfer unfreeze vetoRecovery vetoReplacement waive withdrawAll"
)


@pytest.mark.parametrize("function", BUILT_UPON.split())
def test_a_transaction_left_out_is_noticed_by_what_builds_on_it(lived: Blocks, function: str) -> None:
    """What nothing builds on in this life shows only in what the gateway says: see the next test."""

    def change(blocks: Blocks) -> None:
        block = next(b for b in blocks["blocks"] if function_of(b["transactions"][0]) == function)
        blocks["blocks"].remove(block)

    assert forged(lived, change)


def test_a_transaction_left_out_is_noticed_by_what_the_gateway_says(office: Gateway) -> None:
    blocks = copy.deepcopy(of_world(office.world))
    last = next(b for b in reversed(blocks["blocks"]) if "Voided" in events_of(b["transactions"][0]))
    blocks["blocks"].remove(last)
    assert recounted(blocks).differences == []
    assert any(
        "void is True, the acts give False" in one for one in recounted(blocks, said(office)).differences
    )


def test_a_theft_that_a_false_contract_lets_through_is_named(lived: Blocks) -> None:
    """The relay of this life holds a forged offer that was refused: as if the contract had done it."""

    def change(blocks: Blocks) -> None:
        mine = next(t for t in transactions(blocks) if "Refused" in events_of(t))
        del mine["logs"][events_of(mine).index("Refused")]

    assert "item 0, transfer took effect although participant 8 signed in the place of 7" in "\n".join(
        forged(lived, change)
    )


def test_a_refusal_without_a_reason_is_named(lived: Blocks) -> None:
    def change(blocks: Blocks) -> None:
        mine = next(t for t in transactions(blocks) if "Refused" in events_of(t))
        taken = events_of(mine).index("Transferred")
        refused = dict(mine["logs"][events_of(mine).index("Refused")])
        refused["topics"] = [refused["topics"][0], "0x" + (1).to_bytes(32, "big").hex()]
        mine["logs"][taken] = refused

    assert "item 1, transfer was refused" in forged(lived, change)[0]
    assert "nothing speaks against it" in forged(lived, change)[0]


# ---- a gateway


@pytest.fixture(scope="module")
def office() -> Iterator[Gateway]:
    """Children accepted and refused in relays, a lock that stands, money for one issuance, a void one."""
    with kept_book() as book:
        yield lively(Gateway(recorded_world(), book))


def lively(gateway: Gateway) -> Gateway:
    first, second = (gateway.issue(LANGONG, who, HUAIYUE) for who in (WANYUE, SUHENG))
    offer = gateway.offer(WANYUE, first, (SUHENG, PART), (WUZE, PART), (HEYI, PART))
    for leg, who in enumerate((SUHENG, WUZE)):
        gateway.sign(who, offer, leg + 1)
    gateway.settle()
    lock = gateway.world.lock_draft(WANYUE, first, LANWAN, PART)
    gateway.world.send(lock.data).expect()
    gateway.world.fund((second, FACE // 2))
    void = gateway.world.issue(LANGONG, CHANGLI)
    gateway.world.void(LANGONG, CHANGLI, void)
    forged_ = gateway.world.offer(SUHENG, first, [(WUZE, PART)])
    gateway.world.relay([forged_.transfer(forged_.accept(WUZE))])
    gateway.settle()
    return gateway


def said(gateway: Gateway) -> dict[str, Any]:
    """What the gateway says; its own chain in this process counts blocks in its own way."""
    found: dict[str, Any] = json.loads(json.dumps(gateway.book.read(statement)))
    return {**found, "block": of_world(gateway.world)["last"]}


def test_a_gateway_says_what_the_chain_gives(office: Gateway) -> None:
    found = recounted(of_world(office.world), said(office))
    assert found.differences == []
    assert found.to_json()["refused"] == 1
    assert found.holdings()[0]["locked"] == PART


CHANGES: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "a value": ("value is", lambda s: s["tickets"][0].update(value="1")),
    "an owner": ("party is", lambda s: s["tickets"][0].update(party=9)),
    "what was paid out": ("taken is", lambda s: s["tickets"][0].update(taken="1")),
    "a lock": ("locked is", lambda s: s["tickets"][0].update(locked=True)),
    "a ticket left out": ("is missing", lambda s: s["tickets"].pop(0)),
    "a ticket twice": ("stands there twice", lambda s: s["tickets"].append(s["tickets"][0])),
    "a ticket that is none": (
        "the acts give 0",
        lambda s: s["tickets"].append({**s["tickets"][0], "id": "0x" + "7" * 64}),
    ),
    "a face": ("face is", lambda s: s["issuances"][0].update(face="1")),
    "money": ("paid is", lambda s: s["issuances"][0].update(paid="1")),
    "a void": ("void is", lambda s: s["issuances"][0].update(void=not s["issuances"][0]["void"])),
    "a block to come": ("the blocks here end at", lambda s: s.update(block=10**9)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_gateway_says_wrongly_is_named(office: Gateway, what: str) -> None:
    text, change = CHANGES[what]
    stated = said(office)
    change(stated)
    differences = recounted(of_world(office.world), stated).differences
    assert any(text in one for one in differences)
    if what != "a block to come":
        assert all(one.startswith("the gateway at block ") for one in differences)


def test_a_gateway_behind_is_compared_at_its_own_block(office: Gateway) -> None:
    blocks, stated = copy.deepcopy(of_world(office.world)), said(office)
    with office.world.scratch() as world:
        ticket = world.issue(LANGONG, WUZE)
        world.transfer(WUZE, ticket, (HEYI, PART))
        later = of_world(world)
    assert len(later["blocks"]) == len(blocks["blocks"]) + 2
    for block in later["blocks"][-2:]:
        block["number"] += 1
    assert recounted(later, stated).differences == []
    assert recounted(later, {**stated, "block": later["last"]}).differences != []


# ---- a successor


def test_limits_count_over_both_deployments() -> None:
    world = recorded_world()
    old = world.issue(LANGONG, WANYUE)
    world.panel("Close")
    new = deploy(world.evm, predecessor=world.address)
    for who in ADMITTED:
        new.admit(who)
    new.limit(LANGONG, 2 * FACE)
    new.issue(LANGONG, WANYUE)
    refused = new.issue_draft(LANGONG, SUHENG, FACE // 2)
    new.relay([refused.data])
    world.fund((old, FACE))
    new.relay([refused.data])
    blocks = {**of_world(world), "address": new.address}
    found = recounted(blocks)
    assert found.differences == []
    assert (found.ledger.refused, len(found.ledgers)) == (1, 2)
    without = {
        **blocks,
        "blocks": [b for b in blocks["blocks"] if b["transactions"][0]["to"] != world.address],
    }
    without["blocks"] = without["blocks"][1:]
    assert "predecessor" in recounted(without).differences[0]


# ---- the command


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Alone: another folder, and nothing of this project to be imported."""
    command = [sys.executable, "-I", str(SCRIPT), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=60)


def test_the_command_tells_sums_and_differences(lived: Blocks, tmp_path: Path) -> None:
    file = tmp_path / "blocks.json"
    file.write_text(json.dumps(lived))
    done = run("--blocks", file, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "differences 0"
    blocks = copy.deepcopy(lived)
    del blocks["blocks"][40]
    file.write_text(json.dumps(blocks))
    done = run("--blocks", file, "--json", cwd=tmp_path)
    assert done.returncode == 1
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(told["differences"]) > 0


def test_the_command_says_why_it_cannot_begin(tmp_path: Path) -> None:
    file = tmp_path / "blocks.json"
    file.write_text("{}")
    assert "can't be read as a file of blocks" in run("--blocks", file, cwd=tmp_path).stderr
    assert "name a node and a ledger" in run(cwd=tmp_path).stderr
    assert "is no address" in run("--rpc", "http://127.0.0.1:1", "--address", "0x1", cwd=tmp_path).stderr
    nobody = run("--rpc", "http://127.0.0.1:1", "--address", "0x" + "1" * 40, cwd=tmp_path)
    assert (nobody.returncode, "does not answer" in nobody.stderr) == (2, True)


def test_a_file_without_the_deployment_is_named(lived: Blocks) -> None:
    assert "don't hold the deployment" in recounted({**lived, "blocks": []}).differences[0]


# ---- the real thing


def test_the_demos_story_is_recounted_from_its_node(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path / "home",
        port=0,
        passphrase=SecretStr("a test's"),
        light_keys=True,
        poll_seconds=0.05,
    )
    with open_stage(settings) as stage:
        plot.tell(Story(stage, Voice("en", quiet=True)))
        stated, blocks = tmp_path / "gateway.json", tmp_path / "blocks.json"
        result = CliRunner().invoke(cli, ["export", str(stated), "--home", str(settings.home)])
        assert result.exit_code == 0, result.output
        node = ["--rpc", url_of(stage), "--address", stage.app.deployment.address]
        done = run(*node, "--compare", stated, "--export", blocks, "--json", cwd=tmp_path)
        sums = stage.app.book.read(reckon)
        missing = run("--rpc", url_of(stage), "--address", "0x" + "1" * 40, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["signatures"] > 100
    assert sum(int(row["face"]) for row in told["issuances"]) == sums.issued
    assert sum(int(row["paid_out"]) for row in told["issuances"]) == sums.redeemed
    assert sum(int(row["outstanding"]) for row in told["issuances"]) == sums.outstanding
    assert "no ledger begins at" in missing.stderr

    again = run("--blocks", blocks, "--compare", stated, cwd=tmp_path)
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "differences 0")
    wrong = json.loads(stated.read_text())
    wrong["tickets"][0]["value"] = str(int(wrong["tickets"][0]["value"]) + 1)
    stated.write_text(json.dumps(wrong))
    assert "value is" in run("--blocks", blocks, "--compare", stated, cwd=tmp_path).stdout


def url_of(stage: Stage) -> str:
    return str(stage.app.node.engine.urls[0])


@pytest.mark.slow
def test_every_act_that_the_contracts_tests_try_is_judged_alike(tmp_path: Path) -> None:
    told = tmp_path / "differences.txt"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.recounting", "tests/contracts"]
    environment = {**os.environ, "RECOUNT_DIFFERENCES": str(told)}
    root = SCRIPT.parents[1]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, timeout=280)
    assert done.returncode == 0, done.stdout[-2000:]
    assert told.read_text(encoding="utf-8") == ""
