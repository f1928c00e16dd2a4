"""Clique, tied: two chains of equal weight, two signers on each, none of whom may sign.

given a network that ties
    it should stand still by itself, and its status should say why and what to do
    untied it should go on, all four on one chain
given a network that makes blocks, one that lacks signers, one of another engine
    there should be nothing to untie, and the reason said
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.networks import control
from scripts.networks.keeper import Network
from scripts.networks.plan import BinaryMissing, NetworkFailed
from scripts.networks.recipes import RECIPES
from scripts.networks.ties import tied, tips, untie
from tests.network.tie import tie

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    try:
        RECIPES["clique"].binary(None)
    except BinaryMissing as missing:
        pytest.skip(str(missing))
    with Network.up(RECIPES["clique"], tmp_path / "network", cuttable=True) as found:
        yield found


def test_nothing_to_untie(network: Network) -> None:
    with pytest.raises(NetworkFailed, match="nothing to untie: blocks are being made"):
        untie(network)
    for number in (0, 1):
        network.kill(number)
    network.until(lambda: not network.makes_blocks(5), 30)
    with pytest.raises(NetworkFailed, match=r"same block .* too few signers run"):
        untie(network)


def test_tied_and_untied(network: Network) -> None:
    urls = [seat.url for seat in network.seats]
    tie(network)
    assert not network.makes_blocks(25), "geth finds no way out by itself"
    before = tips(urls)
    assert tied(before)
    keeper = threading.Thread(target=control.serve, args=(network,))
    keeper.start()
    try:
        status = command(network, "status")
        assert status.returncode == 1
        assert "NO BLOCKS" in status.stdout
        assert "scripts/network untie" in status.stdout
        done = command(network, "untie")
        assert done.returncode == 0, done.stderr
        assert "of equal weight" in done.stdout
        assert "was put back to block" in done.stdout
        height = network.height()
        network.wait_for_blocks(height + 5)
        assert network.until(lambda: len({tip.hash for tip in tips(urls)}) == 1, 30), tips(urls)
        assert command(network, "status").returncode == 0
    finally:
        control.ask(network.plan.folder, "down")
        keeper.join(30)


def command(network: Network, name: str) -> subprocess.CompletedProcess[str]:
    """scripts/network's, as an operator gives it."""
    words = [sys.executable, "-m", "scripts.networks", name, "--folder", str(network.plan.folder)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
