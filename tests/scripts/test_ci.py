""".ci/run, with parts that only pretend.

given everything there is
    it should pass, run the killed gateways on PostgreSQL too, and end with the closing line of the fast tests
given no PostgreSQL, or no network of validators
    it should say what was left out just before the last line, and fail
    where that is allowed: it should say it, and pass
given a part that fails
    it should name it, and fail
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"
STUB = """#!/bin/sh
echo "$0 $*" >> "{log}"
case " {broken} " in *" $(basename "$0") $1 "*|*" $(basename "$0") "*) exit 1 ;; esac
case "$(basename "$0") $1" in
    "postgres up") echo postgresql://there ;;
    test*) echo "SKIPPED [1] LEFT OUT: besu"; echo 7 passed ;;
esac
"""


def run(folder: Path, broken: str = "", allowed: bool = False) -> tuple[int, list[str], str]:
    """Status, lines, and what was run."""
    log = folder / "log"
    (folder / ".ci").mkdir()
    (folder / ".ci" / "run").write_text(RUN.read_text())
    (folder / "scripts").mkdir()
    for name in ("setup", "check", "test", "postgres", "network"):
        stub = folder / "scripts" / name
        stub.write_text(STUB.format(log=log, broken=broken))
        stub.chmod(0o755)
    env = {"PATH": os.environ["PATH"], "CI_ALLOW_LEFT_OUT": "1" if allowed else "", "TMPDIR": str(folder)}
    done = subprocess.run(
        ["bash", folder / ".ci" / "run"], env=env, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout.splitlines(), log.read_text()


def test_everything_is_there(tmp_path: Path) -> None:
    status, lines, ran = run(tmp_path)
    assert (status, lines[-1]) == (0, "7 passed")
    assert "not run: besu" in lines
    assert "test --slow --postgres postgresql://there tests/crash/test_kill.py" in ran


@pytest.mark.parametrize(
    ("broken", "words"),
    [("postgres install", "LEFT OUT: POSTGRESQL"), ("network install", "LEFT OUT: CLIQUE")],
)
def test_what_is_left_out_is_said_and_fails(tmp_path: Path, broken: str, words: str) -> None:
    status, lines, _ = run(tmp_path, broken)
    assert (status, lines[-1]) == (1, "7 passed")
    assert lines[-2].startswith(words)


def test_what_is_left_out_may_be_allowed(tmp_path: Path) -> None:
    status, lines, _ = run(tmp_path, "postgres install", allowed=True)
    assert (status, lines[-1]) == (0, "7 passed")
    assert lines[-2].startswith("LEFT OUT: POSTGRESQL")


def test_what_fails_is_named(tmp_path: Path) -> None:
    status, lines, _ = run(tmp_path, "check", allowed=True)
    assert (status, lines[-2:]) == (1, ["failed: check (status 1)", "7 passed"])
