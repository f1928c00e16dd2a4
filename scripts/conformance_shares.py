"""The tests of scripts/conformance in shares that run side by side, each with a ledger and a sending key of its own.

What takes the time is waiting for blocks, of which each test needs several one after another; the network has room for
more. That ledgers do not disturb each other is part of what is tested.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from ledger.chain.engine import Engine
from ledger.chain.rpc import Rpc, RpcError
from ledger.chain.transactions import INTRINSIC, Transaction, gas_price
from ledger.errors import GoldTicketError
from ledger.ids import keccak256
from ledger.signatures import HeldKeys

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "conformance"
SECONDS: Mapping[str, int] = {
    "settle": 87,
    "transfer": 78,
    "relay": 70,
    "gateway": 58,
    "finance": 56,
    "freeze": 49,
    "governance": 48,
    "void": 26,
    "participants": 20,
    "issue": 13,
    "limits": 8,
}
"""What each tag took with a block a second; only the proportion matters."""
UNKNOWN = 30
GAS = 5_000_000_000
"""What a share may use, with plenty to spare: ten times what was seen."""
FUNDED_WITHIN = 60.0


def all_tags() -> list[str]:
    """The tags that there are: one file of tests each."""
    return sorted(file.stem.removeprefix("test_") for file in TESTS.glob("test_*.py"))


def shares(tags: Sequence[str], number: int) -> list[list[str]]:
    """The tags in at most so many lots that take about equally long."""
    lots: list[list[str]] = [[] for _ in range(max(1, min(number, len(tags))))]
    for tag in sorted(tags, key=lambda tag: (-SECONDS.get(tag, UNKNOWN), tag)):
        min(lots, key=lambda lot: sum(SECONDS.get(one, UNKNOWN) for one in lot)).append(tag)
    return lots


def keys_for(engine: Engine, key: bytes, number: int) -> list[bytes]:
    """A sending key for each share: the one given, and others made of it, so that coin which is left over is there
    the next time. Raises GoldTicketError when the key can't pay for them."""
    found = [key, *(keccak256(key + b"conformance %d" % place) for place in range(1, number))]
    with closing(Rpc(engine.urls, chain_id=engine.chain_id)) as rpc:
        price = gas_price(rpc, engine)
        if price and number > 1:
            try:
                _fund(rpc, engine, key, [HeldKeys(one).addresses[0] for one in found[1:]], price)
            except RpcError as error:
                raise GoldTicketError(
                    f"The key can't pay for {number} shares: {error.reason}. Give it coin, or run with --at-once 1."
                ) from None
    return found


def _fund(rpc: Rpc, engine: Engine, key: bytes, accounts: Sequence[str], price: int) -> None:
    held = HeldKeys(key)
    [sender] = held.addresses
    nonce = int(rpc.call("eth_getTransactionCount", sender, "latest"), 16)
    wanted = GAS * price
    for account in accounts:
        if int(rpc.call("eth_getBalance", account, "latest"), 16) >= wanted // 2:
            continue
        made = Transaction(nonce, price, INTRINSIC, account, b"", wanted)
        rpc.call("eth_sendRawTransaction", "0x" + made.signed(held, sender, engine.chain_id).raw.hex())
        nonce += 1
    end = time.monotonic() + FUNDED_WITHIN
    while int(rpc.call("eth_getTransactionCount", sender, "latest"), 16) < nonce:
        if time.monotonic() > end:
            raise GoldTicketError(f"{sender} could not fund the others within {FUNDED_WITHIN:.0f} s")
        time.sleep(0.2)


def run(
    lots: Sequence[Sequence[str]], keys: Sequence[bytes], description: Path, scratch: Path, within: float
) -> tuple[list[Path], str]:
    """All shares at once; the files with their results, and why they ended early, if they did."""
    running = [
        (place, _start(place, lot, key, description, scratch))
        for place, (lot, key) in enumerate(zip(lots, keys, strict=True))
    ]
    end, ended = time.monotonic() + within, ""
    for place, process in running:
        try:
            process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            ended = f"not done within {within:.0f} s"
            process.kill()
            process.wait()
        sys.stderr.write((scratch / f"said-{place}").read_text(errors="replace"))
    files = [scratch / f"results-{place}.xml" for place, _ in running]
    found = [file for file in files if file.exists()]
    if len(found) < len(files) and not ended:
        ended = "some of the tests did not begin; the lines above say why"
    return found, ended


def _start(
    place: int, lot: Sequence[str], key: bytes, description: Path, scratch: Path
) -> subprocess.Popen[bytes]:
    secret = scratch / f"key-{place}"
    secret.touch(mode=0o600)
    secret.write_text(key.hex())
    env = {
        **os.environ,
        "GOLDTICKET_CONFORMANCE": str(description),
        "GOLDTICKET_CONFORMANCE_KEY": str(secret),
    }
    files = [str(TESTS / f"test_{tag}.py") for tag in sorted(lot)]
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", *files]
    with open(scratch / f"said-{place}", "wb") as out:
        return subprocess.Popen(
            [*command, f"--junitxml={scratch / f'results-{place}.xml'}"],
            cwd=ROOT,
            env=env,
            stdout=out,
            stderr=out,
        )
