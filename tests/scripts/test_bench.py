"""scripts/bench, the smallest run: that every part works and tells its figure; how fast is for people to judge.

given a small town on a node of its own
  when everything is measured: nothing should fail, each figure be there, and the last line be JSON
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIGURES = (
    "chain_single", "chain_batch", "design", "gateway_single", "gateway_bulk", "web3py", "accept_p95_ms",
    "final_p95_ms", "block_period_ms", "rebuild_events_s", "rss_mb_start", "rss_mb_end",
)  # fmt: skip


@pytest.mark.slow
def test_a_small_run(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "scripts.bench_steps",
        "--profile",
        "small",
        "--json",
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["failures"] == 0, figures["failed"]
    assert all(figures[name] > 0 for name in FIGURES), figures
    assert json.loads((tmp_path / "figures.json").read_text()) == figures
    assert "<svg" in (tmp_path / "rates.svg").read_text()
