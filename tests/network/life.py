"""A gateway on a network of four validators, with people at their desks and a steady load of acts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from ledger.acts import State
from ledger.chain.engine_file import engine_toml
from ledger.records import Leg
from scripts.networks.keeper import Network, line
from scripts.networks.recipes import RECIPES
from scripts.story.cast import LANGONG, SUHENG, WANYUE
from scripts.story.issue import open_tickets
from scripts.story.limits import set_limit
from scripts.story.participants import admit
from scripts.story.payables import bring_in, examples, keys_of
from scripts.story.stage import open_stage, stage_settings
from scripts.story.story import Story
from scripts.story.sums import verified
from scripts.story.voice import Voice
from tests.network.operator import Operator
from tests.support.lying import Between, between

YUAN = 100
PART = 10_000
"""Fen of each act's child: the least."""
PAUSE = 0.4
"""Seconds between two acts of the load."""
PATIENCE = 60.0


@dataclass
class Life:
    """`network` behind `story`; `between` stands before the first node. `accepted`: children that were accepted by
    the API, in order."""

    network: Network
    story: Story
    between: Between
    ticket: str
    accepted: list[bytes] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _going: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def app(self) -> Any:
        return self.story.stage.app

    def one_act(self) -> bytes:
        """An offer of one child, signed by its holder and accepted by its receiver; the child."""
        child = {"to": SUHENG.id, "value": str(PART), "trade": self._trade()}
        act = self.story.stage.maker(WANYUE).post("/offers", {"ticket": self.ticket, "children": [child]})
        self.story.sign(act, WANYUE, SUHENG)
        made = bytes.fromhex(act["legs"][0]["id"][2:])
        self.accepted.append(made)
        return made

    def _trade(self) -> dict[str, Any]:
        """A contract and an invoice of its own for each; asks no chain, which may not be there."""
        number = 50_000 + len(self.accepted) + len(self.faults)
        sides = {"seller": SUHENG.uscc, "buyer": WANYUE.uscc}
        invoice = {"number": f"2634{SUHENG.id:06d}{WANYUE.id:05d}{number:05d}", "amount": str(PART), **sides}
        return {"contract": f"HT-2026-{number}", "invoice": invoice}

    def load(self) -> None:
        """The load, in a thread: goes on until `end`, whatever becomes of the network."""
        while not self._over.is_set():
            if self._going.wait(0.2):
                try:
                    self.one_act()
                except Exception as error:
                    self.faults.append(repr(error))
                time.sleep(PAUSE)

    def go(self) -> None:
        self._going.set()

    def rest(self) -> None:
        self._going.clear()

    def end(self) -> None:
        self._over.set()

    def final(self) -> int:
        """How many of the accepted are final."""
        return len(self._legs(str(State.FINAL)))

    def open(self) -> list[Leg]:
        """Those that are neither final nor ended."""
        return [leg for state in (State.COMPLETE, State.RELAYED) for leg in self._legs(str(state))]

    def _legs(self, state: str) -> list[Leg]:
        known = set(self.accepted)
        found: list[Leg] = self.app.book.read(lambda store: store.find(Leg, state=state))
        return [leg for leg in found if leg.id in known]

    def notes(self) -> list[str]:
        """What the API says of the network."""
        answer = httpx.get(f"{self.story.stage.url}/v1/ready", trust_env=False, timeout=30)
        return list(answer.json()["notes"])

    def until(
        self,
        done: Callable[[], bool],
        what: str,
        within: float = PATIENCE,
        operator: Operator | None = None,
    ) -> float:
        """Waits for something; the seconds it took, since the operator's help if that was needed. Raises AssertionError
        with what the gateway says."""
        begin = time.monotonic()
        while not done():
            if operator and operator.look():
                begin = time.monotonic()
            waited = time.monotonic() - begin
            assert waited < within, (
                f"{what}: not within {within:.0f} s; gateway: {self.app.failure!r} {self.notes()}; "
                f"{self.final()} of {len(self.accepted)} final; faults {self.faults[-2:]}; "
                f"{[line(state) for state in self.network.states()]}"
            )
            time.sleep(0.1)
        return time.monotonic() - begin

    def goes_on(self, more: int = 5, within: float = PATIENCE) -> float:
        """Waits until that many more acts than now are final; an operator looks after the network."""
        target, operator = self.final() + more, Operator(self.network)
        return self.until(lambda: self.final() >= target, f"{more} more acts are final", within, operator)

    def healthy(self, number: int) -> bool:
        """Whether the gateway asks this node."""
        url = self.app.node.engine.urls[number]
        return url in self.app.rpc.peers.healthy()

    def level(self) -> None:
        """Waits until all nodes run at the same height, and the gateway asks all."""

        def there() -> bool:
            heights = [state.height for state in self.network.states()]
            return None not in heights and max(heights) - min(heights) <= 2  # type: ignore[type-var,operator]

        self.until(there, "all nodes are level")
        asked = range(len(self.app.node.engine.urls))
        self.until(lambda: all(map(self.healthy, asked)), "the gateway asks all nodes again")

    def settled(self) -> None:
        """Waits until everything that was accepted is final."""
        self.rest()
        self.until(
            lambda: not self.open() and self.final() == len(self.accepted), "everything accepted is final"
        )

    def differences(self) -> tuple[str, ...]:
        """Of book, rebuild and storage."""
        return tuple(verified(self.app).differences)


@contextmanager
def life_on(name: str, folder: Path, lone: bool = False) -> Iterator[Life]:
    """Four validators, a ledger, a gateway that serves, a big ticket to pass parts of. `lone`: the gateway knows the
    first node alone."""
    with ExitStack() as stack:
        network = stack.enter_context(Network.up(RECIPES[name], folder / "network", cuttable=True))
        someone = stack.enter_context(between(network.engine.urls[0]))
        urls = (someone.url, *(() if lone else network.engine.urls[1:]))
        file = folder / "engine.toml"
        file.write_text(engine_toml(replace(network.engine, urls=urls)))
        settings = stage_settings(folder / "home", "rpc").model_copy(
            update={"engine_file": file, "relayer_key": SecretStr(network.plan.relayer)}
        )
        story = Story(stack.enter_context(open_stage(settings)), Voice("en", quiet=True))
        admit(story, (LANGONG, *_suppliers_before(), WANYUE, SUHENG))
        set_limit(story, LANGONG, 2_000_000 * YUAN)
        payables = examples(story, "payables.csv", LANGONG)
        bring_in(story, LANGONG, payables)
        [issuance] = open_tickets(story, LANGONG, keys_of(payables, "LG-2026-0410"))
        life = Life(network, story, someone, issuance["ticket"])
        thread = threading.Thread(target=life.load, daemon=True)
        thread.start()
        stack.callback(thread.join, 20)
        stack.callback(life.end)
        yield life


def _suppliers_before() -> tuple[Any, ...]:
    """Numbers are given in order: Chenghai comes before Wanyue."""
    from scripts.story.cast import CHENGHAI

    return (CHENGHAI,)
