"""scripts/bench, the smallest run: that every part works and tells its figure; how fast is for people to judge.

given a small town on a node of its own
  when everything is measured, with a moment of soak: nothing should fail or differ, each figure be there, CPU by part
  as well, and the last line be JSON
given a small town on four validators
  when chain and gateway are measured: the same
given an engine whose program is not here: it should be one loud line and exit status 3
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIGURES = (
    "chain_single", "chain_batch", "design", "gateway_single", "gateway_bulk", "web3py", "accept_p95_ms",
    "final_p95_ms", "block_period_ms", "rebuild_events_s", "verify_events_s", "rss_mb_start", "rss_mb_end",
)  # fmt: skip


ON_NETWORK = ("chain_single", "chain_batch", "design", "gateway_bulk", "block_period_ms", "acts_in_a_block")


def test_a_network_whose_program_is_not_here() -> None:
    env = {name: value for name, value in os.environ.items() if name != "GOLDTICKET_EVMD"} | {
        "PATH": "/nowhere"
    }
    done = bench("--network", "cometbft", env=env, within=60)
    assert done.returncode == 3
    assert "*** SKIPPED: cometbft was not measured. install evmd" in done.stderr


@pytest.mark.parametrize(
    "words", [("--rpc", "http://127.0.0.1:1"), ("--rpc", "http://127.0.0.1:1", "--network", "clique")]
)
def test_a_network_that_is_there_wants_a_key(words: tuple[str, ...]) -> None:
    done = bench(*words, within=60)
    assert done.returncode == 2
    assert "wants --key FILE" in done.stderr


@pytest.mark.slow
def test_a_small_network() -> None:
    done = bench("--network", "clique", "--profile", "small", "--json", within=280)
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["failures"] == 0, figures["failed"]
    assert all(figures[name] > 0 for name in ON_NETWORK), figures
    assert figures["ratios"]["bulk / relay batches (0.8)"] > 0


@pytest.mark.slow
def test_a_small_run(tmp_path: Path) -> None:
    done = bench("--profile", "small", "--soak", "0.1", "--json", "--out", str(tmp_path), within=280)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["failures"] == 0, figures["failed"]
    assert all(figures[name] > 0 for name in FIGURES), figures
    assert json.loads((tmp_path / "figures.json").read_text()) == figures
    assert figures["verify_differences"] == []
    for load in ("single", "bulk"):
        assert {"python", "book-writer", "goldticket-work", "node"} <= figures["cpu_us"][load].keys()
    assert figures["soak"]["operations"] == len(figures["soak"]["samples"]) * 200
    for name in ("rates", "soak"):
        assert "<svg" in (tmp_path / f"{name}.svg").read_text()


def bench(*words: str, within: float, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """scripts/bench with these words."""
    command = [sys.executable, "-m", "scripts.bench_steps", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=within, env=env)
