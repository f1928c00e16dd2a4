"""scripts/validators: the JSON-RPC of Besu (qbft_…) and GoQuorum (istanbul_…) for votes on validators."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx

from ledger.addresses import parse_address
from ledger.errors import GoldTicketError, Invalid, Unavailable

BESU = {
    "list": "qbft_getValidatorsByBlockNumber",
    "votes": "qbft_getPendingVotes",
    "vote": "qbft_proposeValidatorVote",
    "discard": "qbft_discardValidatorVote",
}
QUORUM = {
    "list": "istanbul_getValidators",
    "votes": "istanbul_candidates",
    "vote": "istanbul_propose",
    "discard": "istanbul_discard",
}
NO_METHOD = -32601


class NoQbft(Invalid):
    """A node that knows neither family of methods."""

    code = "no-qbft"
    title = "The node takes no votes"


class Node:
    """One node's votes. Raises Unavailable when it does not answer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._names: dict[str, str] = {}

    def validators(self) -> list[str]:
        """Addresses, checksummed, as of the latest block."""
        return sorted(parse_address(one) for one in self._do("list", "latest"))

    def votes(self) -> dict[str, bool]:
        """What this node votes for at present: address → in or out."""
        return {parse_address(one): bool(vote) for one, vote in (self._do("votes") or {}).items()}

    def vote(self, address: str, *, into: bool) -> None:
        """Votes with each block that this node makes, until it is so."""
        self._do("vote", address, into)

    def discard(self, address: str) -> None:
        """Votes no more about it."""
        self._do("discard", address)

    def _do(self, what: str, *params: object) -> Any:
        if not self._names:
            self._names = next((n for n in (BESU, QUORUM) if self._knows(n["list"])), {})
        if not self._names:
            raise NoQbft(
                f"{self.url} knows neither {BESU['list']} nor {QUORUM['list']}: switch the API on there "
                "(rpc-http-api QBFT in Besu, istanbul in GoQuorum), for this machine only"
            )
        found = self._call(self._names[what], *params)
        if "error" in found:
            raise Unavailable(f"{self.url} refuses {self._names[what]}: {found['error'].get('message')}")
        return found["result"]

    def _knows(self, method: str) -> bool:
        return "result" in self._call(method, "latest")

    def _call(self, method: str, *params: object) -> dict[str, Any]:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        try:
            answer = httpx.post(self.url, json=body, timeout=10, trust_env=False)
            return dict(answer.json())
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(f"{self.url} does not answer ({error}): is the node running?") from error


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/validators")
    parser.add_argument("what", choices=["list", "add", "remove", "discard"])
    parser.add_argument("address", nargs="?", default="")
    parser.add_argument("--rpc", action="append", required=True, metavar="URL")
    parser.add_argument(
        "--wait", type=float, default=0, metavar="SECONDS", help="until the vote has its effect"
    )
    given = parser.parse_args()
    try:
        return run([Node(url) for url in given.rpc], given.what, given.address, given.wait)
    except GoldTicketError as error:
        print(f"{error.title}. {error.message}", file=sys.stderr)
        return 1


def run(nodes: list[Node], what: str, text: str, wait: float) -> int:
    """Carries out one command; the exit status."""
    if what == "list":
        return show(nodes)
    address, into = parse_address(text), what == "add"
    check(nodes[0].validators(), what, address)
    for node in nodes:
        node.discard(address) if what == "discard" else node.vote(address, into=into)
        print(f"{node.url}: {'no vote on' if what == 'discard' else 'votes to ' + what} {address}")
    if what == "discard" or not wait:
        return 0
    end = time.monotonic() + wait
    while (address in nodes[0].validators()) is not into:
        if time.monotonic() > end:
            print(
                f"Not yet after {wait:g} s: more than half of the validators have to vote alike.",
                file=sys.stderr,
            )
            return 1
        time.sleep(0.5)
    print(
        f"{address} is {'a validator' if into else 'no validator any more'}; {len(nodes[0].validators())} are."
    )
    return 0


def check(present: list[str], what: str, address: str) -> None:
    """Raises Invalid for what changes nothing, or ends the network."""
    if what == "add" and address in present:
        raise Invalid(f"{address} is a validator already.")
    if what == "remove" and address not in present:
        raise Invalid(f"{address} is no validator: {', '.join(present)} are.")
    if what == "remove" and len(present) == 1:
        raise Invalid(f"{address} is the last validator: without it no block is made. Add another one first.")


def show(nodes: list[Node]) -> int:
    """Validators by each node; status 1 when they differ."""
    told = [node.validators() for node in nodes]
    for address in told[0]:
        print(address)
    print(f"{len(told[0])} validators; {(len(told[0]) - 1) // 3} may fail.")
    for node in nodes:
        votes = ", ".join(f"{one} {'in' if vote else 'out'}" for one, vote in node.votes().items())
        print(f"{node.url}: {votes or 'no votes'}")
    if any(one != told[0] for one in told):
        print("The nodes do not name the same validators: look at their heights first.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
