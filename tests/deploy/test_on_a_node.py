"""The files of `goldticket network init` on running QBFT nodes (GoQuorum; slow, left out loudly without its binary).

given the ceremony's files for four validators and a follower
    they should agree on a first block with our extraData, make blocks, free of gas
given a running network
    when more than half vote for a new validator: it should make blocks too, while blocks go on
    when more than half vote for one to go: it should be out, and killing it should stop nothing
    when half or fewer vote: nothing should change, and the script should say why
    when the last vote would end the network, or change nothing: it should be refused
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.chain.genesis import extra_data
from ledger.errors import GoldTicketError
from scripts.networks import tools
from scripts.validators_steps import check
from tests.deploy.quorum import Quorum

ROOT = Path(__file__).parents[2]
FOUR = ("chenghai", "huaiyue", "langong", "lanwan")
NEW = "nanhuai"


def until(true: Callable[[], bool], what: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds:g} s for {what}"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def quorum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quorum]:
    try:
        binary = tools.quorum_geth()
    except Exception as error:
        pytest.skip(f"LEFT OUT: QBFT. {error}")
    folder = tmp_path_factory.mktemp("qbft")
    with Quorum(binary, folder, (*FOUR, NEW), followers=(NEW,)) as running:
        until(lambda: all(running.height(name) >= 3 for name in running.names), "blocks")
        yield running


def validators(
    quorum: Quorum, *words: str, nodes: tuple[str, ...] = FOUR
) -> subprocess.CompletedProcess[str]:
    rpc = [text for name in nodes for text in ("--rpc", quorum.rpc[name])]
    command = [ROOT / "scripts" / "validators", *words, *rpc]
    return subprocess.run(command, capture_output=True, text=True, timeout=150)


@pytest.mark.slow
def test_the_files_make_a_network(quorum: Quorum) -> None:
    firsts = [quorum.ask(name, "eth_getBlockByNumber", "0x0", False) for name in quorum.names]
    assert len({first["hash"] for first in firsts}) == 1
    assert firsts[0]["extraData"] == extra_data([quorum.address(name) for name in FOUR])
    assert sorted(quorum.ask(NEW, "istanbul_getValidators", "latest")) == sorted(
        quorum.address(name).lower() for name in FOUR
    )
    assert int(quorum.ask(NEW, "eth_gasPrice"), 16) == 0
    assert "4 validators; 1 may fail" in validators(quorum, "list").stdout


@pytest.mark.slow
def test_one_comes_in_and_one_goes_while_blocks_go_on(quorum: Quorum) -> None:
    before, address, leaving = quorum.height(NEW), quorum.address(NEW), quorum.address("lanwan")
    few = validators(quorum, "add", address, "--wait", "6", nodes=FOUR[:2])
    assert (few.returncode, "more than half" in few.stderr) == (1, True)
    added = validators(quorum, "add", address, "--wait", "90", nodes=FOUR[2:3])
    assert "is a validator; 5 are" in added.stdout, added.stderr
    seen: set[str] = set()

    def proposes() -> bool:
        seen.add(quorum.ask(FOUR[0], "eth_getBlockByNumber", "latest", False)["miner"])
        return address.lower() in seen

    until(proposes, "a block of the new validator")
    removed = validators(quorum, "remove", leaving, "--wait", "90", nodes=FOUR[:3])
    assert "is no validator any more; 4 are" in removed.stdout, removed.stderr
    quorum.kill("lanwan")
    quorum.kill("chenghai")  # one of the four that are left may fail
    at = quorum.height(NEW)
    until(lambda: quorum.height(NEW) >= at + 3, "blocks without them")
    assert quorum.height(NEW) > before
    quorum.start("chenghai")
    quorum.start("lanwan")
    until(lambda: quorum.height("chenghai") >= quorum.height(NEW) - 1 > 0, "the one that was gone")


A, B = "0x" + "0a" * 20, "0x" + "0b" * 20


@pytest.mark.parametrize(
    ("present", "what", "words"),
    [([A], "add", "already"), ([A], "remove", "last validator"), ([A, B], "remove", "no validator")],
)
def test_votes_that_change_nothing_or_end_it_are_refused(present: list[str], what: str, words: str) -> None:
    with pytest.raises(GoldTicketError, match=words):
        check(present, what, "0x" + "0c" * 20 if words == "no validator" else A)
