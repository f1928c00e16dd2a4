"""What a network of this machine consists of: its folder, its nodes' ports and keys, who has coin to send with."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from ledger.chain.engine import Engine
from ledger.chain.nodes.recipes import Command
from ledger.signatures import address_of, new_key, private_key

CHAIN_ID = 20_261_122
ENOUGH = 10**27
"""Wei that the relayer begins with: enough for ever where gas has a price."""
BLOCK_GAS = 200_000_000


class NetworkFailed(Exception):
    """A network could not be started or steered; the message says what to do."""


class BinaryMissing(Exception):
    """The engine's program is not on this machine; the message names it and what to install."""


@dataclass(frozen=True)
class Seat:
    """One node: its number from 0 on, its key (hex) and its ports on loopback.

    `more`: further ports by name, as the engine needs them. `doors`: node number → the port at which this node
    finds that one: the other's own, or a link's that can be cut (see links.py).
    """

    number: int
    key: str
    rpc: int
    p2p: int
    more: Mapping[str, int]
    doors: Mapping[int, int]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.rpc}"

    @property
    def address(self) -> str:
        """The validator's address, 0x…."""
        return address_of(private_key(bytes.fromhex(self.key)))

    @property
    def public(self) -> str:
        """The public key, 64 bytes hex, as it stands in an enode."""
        return private_key(bytes.fromhex(self.key)).public_key.format(compressed=False)[1:].hex()


@dataclass(frozen=True)
class Plan:
    """One network. `period`: seconds between blocks; `binary`: the program; `relayer`: key (hex) that has coin."""

    engine: str
    folder: Path
    binary: str
    period: int
    relayer: str
    seats: tuple[Seat, ...]
    cuttable: bool = False
    block_gas: int = BLOCK_GAS

    @property
    def relayer_address(self) -> str:
        return address_of(private_key(bytes.fromhex(self.relayer)))

    def home(self, seat: Seat) -> Path:
        """The node's data."""
        return self.folder / f"node{seat.number}"

    def log(self, seat: Seat) -> Path:
        """The node's log; it survives a wipe."""
        return self.folder / "logs" / f"node{seat.number}.log"

    def save(self) -> None:
        """Into the folder, for the next start."""
        text = json.dumps({**asdict(self), "folder": str(self.folder)}, indent=1)
        file = self.folder / "plan.json"
        file.touch(mode=0o600)
        file.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Plan:
        """As it was saved. Raises NetworkFailed when there is none."""
        try:
            found: dict[str, Any] = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NetworkFailed(
                f"there is no network in {folder}: scripts/network up --folder {folder}"
            ) from None
        seats = tuple(
            Seat(**{**seat, "doors": {int(n): port for n, port in seat["doors"].items()}})
            for seat in found.pop("seats")
        )
        return cls(**{**found, "folder": Path(found["folder"]), "seats": seats})


class Recipe(Protocol):
    """How one kind of network is made. Everything on loopback."""

    name: str
    ports: tuple[str, ...]
    """Further ports that a node needs."""
    relayer: str
    """The key (hex) to which the genesis gives coin; "" when a new one is made."""
    kept: tuple[str, ...]
    """Files of a node that survive a wipe: what a validator must not forget."""

    def binary(self, given: str | None) -> str:
        """The program to run. Raises BinaryMissing."""
        ...

    def prepare(self, plan: Plan) -> None:
        """Genesis and every node's files."""
        ...

    def fresh(self, plan: Plan, seat: Seat) -> None:
        """An empty node that will sync, in a home that is not there."""
        ...

    def command(self, plan: Plan, seat: Seat) -> Command: ...

    def mending(self, plan: Plan, seat: Seat) -> Command | None:
        """The node without its miner, its head free to be put back; None where chains can't tie (ties.py)."""
        ...

    def engine(self, plan: Plan) -> Engine:
        """The description for the gateway."""
        ...


def new_plan(
    recipe: Recipe,
    folder: Path,
    binary: str,
    validators: int,
    period: int,
    cuttable: bool,
    block_gas: int = BLOCK_GAS,
) -> Plan:
    """Fresh keys and free ports."""
    names = ("rpc", "p2p", *recipe.ports)
    pairs = [(a, b) for a in range(validators) for b in range(validators) if a != b] if cuttable else []
    found = iter(free_ports(validators * len(names) + len(pairs)))
    given = [{name: next(found) for name in names} for _ in range(validators)]
    links = {pair: next(found) for pair in pairs}
    seats = tuple(
        Seat(
            number,
            new_key().hex(),
            ports["rpc"],
            ports["p2p"],
            {name: ports[name] for name in recipe.ports},
            {
                other: links.get((number, other), given[other]["p2p"])
                for other in range(validators)
                if other != number
            },
        )
        for number, ports in enumerate(given)
    )
    relayer = recipe.relayer or new_key().hex()
    return Plan(recipe.name, folder.resolve(), binary, period, relayer, seats, cuttable, block_gas)


def free_ports(count: int) -> list[int]:
    """Ports of loopback on which nobody listens now."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


Told = Callable[[str], None]
"""Takes a sentence for the person who waits."""
