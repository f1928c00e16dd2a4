"""Clique, reorganised deeper than the confirmations that its description states, and rightly states.

A cut alone can't do that (docs/networks.md has the arithmetic). Signers that sign a height a second time can: here
three of four whose disks were put back to a copy, which then go on without the fourth, which the gateway asks.

given that three signers were put back by more blocks than the confirmations, and are heavier again than the fourth
    the watcher should stop and say so, in its log's words and where the gateway is asked whether it is ready
    nothing should move in the book meanwhile, nothing be sent
    a rebuild should be the way out: each act there once, on the chain and in the book, and verify clean
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ledger.ids import to_hex
from ledger.records import Cursor, Transaction
from ledger.work.redrive import renew
from scripts.networks.plan import BinaryMissing
from scripts.networks.recipes import RECIPES
from scripts.networks.ties import tips
from tests.network.life import Life, life_on

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
OTHERS = (1, 2, 3)
DEEPER = 4
"""Blocks by which the reorganisation is deeper than the confirmations."""
APART = 4
"""Blocks between two copies: more weight than a signer can add alone (2)."""
QUIET = 5.0
"""Seconds without a block; a signer out of turn waits up to 1.5 beside the period."""


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    try:
        RECIPES["clique"].binary(None)
    except BinaryMissing as missing:
        pytest.skip(str(missing))
    with life_on("clique", tmp_path, lone=True) as found:
        yield found


def test_deeper_than_stated(life: Life) -> None:
    confirmations = life.network.engine.finality.confirmations
    life.go()
    life.goes_on(2)
    copied_at = copy(life)
    life.goes_on(3)
    life.until(lambda: cursor(life) > copied_at + DEEPER, "the book is ahead of the copy")
    life.settled()
    put_back(life)
    kept = life.network.height()
    assert kept - copied_at > confirmations + DEEPER
    life.until(lambda: heavier(life), "the others are heavier", within=240)
    before = (cursor(life), life.final(), sent(life))

    life.network.heal()
    life.until(lambda: "on the chain and" in life.app.failure, "the watcher stops", within=180)
    said = httpx.get(f"{life.story.stage.url}/v1/ready", trust_env=False, timeout=30)
    assert said.status_code == 503
    assert any(f"Block {before[0]} is" in problem for problem in said.json()["problems"])
    life.one_act()
    time.sleep(4)
    assert (cursor(life), life.final(), sent(life)) == before, "it stands still"
    assert len(life.accepted) == before[1] + 1, "and goes on accepting"

    with life.app.fresh_projection() as fresh:
        renew(life.app.book, fresh, life.app.chain, life.app.deployment.block, lambda *_: None)
    life.until(lambda: not life.open() and once(life), "each act is on the chain once", within=120)
    life.until(lambda: cursor(life) > before[0], "the book follows the chain again")
    assert life.app.failure == ""
    assert life.differences() == ()


def copy(life: Life) -> int:
    """The disks of three signers, one after another, APART blocks or more between them; the height of the last copy.

    While one is down three of four go on, whatever it signs alone when it is back: no tie. (Three that are started at
    once may each sign alone first, and end two against two on chains of equal weight.)
    """
    for number in OTHERS:
        life.network.kill(number)
        height = life.network.height()
        home = life.network.plan.home(life.network.seats[number])
        shutil.copytree(home, home.with_name(home.name + ".copy"))
        life.network.start(number)
        life.until(lambda: life.network.state(number).peers == 3, f"node {number} is back")  # noqa: B023
        life.until(lambda: min(heights(life, (0, *OTHERS))) >= height + APART, "all go on")  # noqa: B023
    return height


def put_back(life: Life) -> None:
    """The three begin again where they were, the heaviest copy first, and hear nothing of the first.

    Nobody signs two blocks alone, a block weighs 1 or 2, and the last copy is more than 2 heavier than the others: they
    follow it, whatever they sign before. Each is started when those before it have nobody left who may sign (the last
    two blocks are theirs), so from then on one signer of the three may sign each block, whoever's turn it is: no race,
    no tie.
    """
    for number in OTHERS:
        life.network.kill(number)
    life.network.part([0], OTHERS)
    begun: list[int] = []
    for number in reversed(OTHERS):
        home = life.network.plan.home(life.network.seats[number])
        shutil.rmtree(home)
        home.with_name(home.name + ".copy").rename(home)
        life.network.start(number)
        begun.append(number)
        if len(begun) < len(OTHERS):
            exhausted(life, tuple(begun))


def exhausted(life: Life, numbers: tuple[int, ...]) -> None:
    """Waits until these, on one chain, have made no block for QUIET seconds."""
    seen: tuple[list[str], float] = ([], 0.0)

    def quiet() -> bool:
        nonlocal seen
        urls = [life.network.seats[number].url for number in numbers]
        ends = [tip.hash for tip in tips(urls)]
        if ends != seen[0]:
            seen = (ends, time.monotonic())
        return len(ends) == len(numbers) and len(set(ends)) == 1 and time.monotonic() - seen[1] > QUIET

    life.until(quiet, f"{numbers} have signed what they may")


def heavier(life: Life) -> bool:
    """Whether the three outweigh the first by more than a block. Being longer is not enough: of three signers' blocks
    two thirds are out of turn and weigh 1, of four's none needs to be."""
    weights = [tip.weight for tip in tips([seat.url for seat in life.network.seats])]
    return len(weights) == 4 and min(weights[1:]) > weights[0] + 2


def heights(life: Life, numbers: tuple[int, ...]) -> list[int]:
    return [life.network.state(number).height or 0 for number in numbers]


def cursor(life: Life) -> int:
    found: int = life.app.book.read(lambda store: store.need(Cursor, 1).block)
    return found


def sent(life: Life) -> int:
    """Transactions that this gateway has ever made."""
    found: int = life.app.book.read(lambda store: store.count(Transaction))
    return found


def once(life: Life) -> bool:
    """Whether each accepted child was made by one event of the chain."""
    events = life.app.chain.events(life.app.deployment.block, life.app.chain.head().number)
    made = Counter(to_hex(event.args["child"]) for event in events if event.name == "Transferred")
    assert max(made.values()) == 1
    return all(made[to_hex(child)] == 1 for child in life.accepted)
