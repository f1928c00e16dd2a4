"""Puts the parts together: node, chain, book, keys, service, relay, watcher.

    with open_app(Settings(...)) as app:
        app.start()          # relay and watcher in the background
        create_app(app)      # the HTTP API, in `api`

Tests don't call `start`; they call `app.settle()`, which steps until nothing is left to do.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from ledger.book.db import SqlBook
from ledger.chain.contract import GoldTicketChain
from ledger.chain.deploy import Deployment, Genesis, deploy
from ledger.chain.engine import Engine
from ledger.chain.engine_file import load_engine
from ledger.chain.nodes import DevNode, NetworkNode, NodeOptions, first_chain_id, open_network, start_node
from ledger.chain.reverts import explain, permanent
from ledger.chain.rpc import Rpc
from ledger.clock import SystemClock
from ledger.errors import GoldTicketError, Invalid
from ledger.keys import consortium
from ledger.keys.kept import kept
from ledger.keys.keystore import Keystore
from ledger.observing import NoKeys
from ledger.ports import Clock, Signer
from ledger.records import Transaction
from ledger.service import Service
from ledger.settings import Settings
from ledger.signatures import HeldKeys
from ledger.work.forgetting import Forgetting
from ledger.work.lease import Leases
from ledger.work.level import Level
from ledger.work.redrive import last_common, renew, unsettle
from ledger.work.relay import Relay
from ledger.work.trial import MOST_BYTES, MOST_GAS, MOST_IN_FLIGHT, Most
from ledger.work.watch import ChainDiverged, Watch

log = structlog.get_logger()

ENOUGH = 10**24
"""Native coin (wei) that a development relayer is given, so that gas is never in the way."""


STALLED = 8
"""Seconds without a block, at least, after which a network that makes them by the clock stands still."""
PATIENCE = 0.1
"""The part of a block's period for which acts are gathered before they go out."""
IN_A_BLOCK = 12
"""Transactions that a block should hold at least: what does not fit in any more is room that stays empty."""
BLOCKS_AHEAD = 8
"""Blocks whose transactions may be under way with one key, beside those that are mined and not final yet."""
ENVELOPE = 2_000
"""Bytes of a transaction around its items, at most."""


class NoPassphrase(Invalid):
    """The keystore can't be opened."""

    code = "no-passphrase"
    title = "The keystore needs its passphrase"


@dataclass
class App:
    """Everything wired. `gather`: seconds between two steps of the background loop, in which acts come together;
    `failure`: why its last step failed."""

    settings: Settings
    node: DevNode | NetworkNode
    rpc: Rpc
    chain: GoldTicketChain
    deployment: Deployment
    book: SqlBook
    keystore: Signer
    consortium_key: bytes
    clock: Clock
    service: Service
    relay: Relay
    watch: Watch
    level: Level
    forgetting: Forgetting
    gather: float = 0.0
    failure: str = ""
    _stop: threading.Event = field(default_factory=threading.Event)
    _wake: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def step(self) -> int:
        """One look at the chain and one at the outbox; how much there was to do. Raises ChainDiverged; on a
        development node, which may lose its last blocks, what was in them is driven again instead."""
        try:
            taken = self.watch.step()
        except ChainDiverged as error:
            if not self.node.engine.development:
                raise
            log.warning("the development node has lost blocks", message=error.message)
            self._drive_again()
            taken = 1
        sent = 0 if self.settings.observe else self.relay.step()
        if sent:
            taken += self.watch.step()
        return taken + sent

    def settle(self, most: int = 200) -> None:
        """Steps until nothing moves any more, twice over: what was only sent again moves a step later. Raises what
        a step raises."""
        idle = 0
        for _ in range(most):
            idle = 0 if self.step() else idle + 1
            if idle == 2:
                return

    @contextlib.contextmanager
    def fresh_projection(self) -> Iterator[SqlBook]:
        """An empty projection in a file of its own, removed at the end."""
        file = self.settings.home / f"rebuild-{secrets.token_hex(4)}.sqlite"
        book = SqlBook.fresh_projection(file)
        try:
            yield book
        finally:
            book.close()
            for left in file.parent.glob(file.name + "*"):
                left.unlink()

    def _drive_again(self) -> None:
        """The projection up to the last block that the node still has, and the journal's transactions from there on."""
        first = self.deployment.block
        common = last_common(self.book, self.chain, first)
        self.book.write(lambda store: unsettle(store, common))
        with self.fresh_projection() as fresh:
            renew(self.book, fresh, self.chain, first, lambda done, total: None)
        self.relay.forget()

    def behind(self) -> tuple[int, int] | None:
        """(block taken in, block to reach) until the book is level for the first time."""
        return self.level.behind()

    def notes(self) -> list[str]:
        """What people should know though the gateway goes on: nodes that are left, whether it waits for blocks, what
        is under way by a key that it has no more."""
        return [*self.rpc.peers.notes(), *self.chain.notes(), *self._waiting(), *self._former()]

    def _waiting(self) -> list[str]:
        period = self.node.engine.block_period
        if period is None:
            return []
        with contextlib.suppress(GoldTicketError):
            head = self.chain.head()
            age = self.clock.now() - head.time
            sent = self.book.read(lambda store: store.count(Transaction, state="sent"))
            if sent and age > max(STALLED, 5 * period):
                return [
                    f"waiting for the network: its last block, {head.number}, is {age} s old; {sent} transactions are "
                    "under way and will be mined when it goes on"
                ]
        return []

    def _former(self) -> list[str]:
        with contextlib.suppress(GoldTicketError):
            return self.relay.former.notes()
        return []

    def wake(self) -> None:
        """Something was written: look at the outbox now."""
        self._wake.set()

    def start(self) -> None:
        """Relay and watcher in one background thread; a passing fault is logged and tried again."""
        self.rpc.watch_over()
        thread = threading.Thread(target=self._run, name="goldticket-work", daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self) -> None:
        """Ends the background thread, the book and the node, in this order."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(timeout=30)
        with contextlib.suppress(GoldTicketError):
            self.relay.leases.release()
        self.book.close()
        self.rpc.close()
        self.node.stop()

    def _run(self) -> None:
        while not self._stop.is_set():
            busy = 0
            try:
                busy = self.step() + self.forgetting.step()
                self.failure = ""
            except Exception as error:
                self._note(error)
            if not busy:
                self._wake.wait(self.settings.poll_seconds)
            self._wake.clear()
            self._stop.wait(self.gather)

    def _note(self, error: Exception) -> None:
        """Why the last step failed; the work goes on though nobody should read the log any more."""
        with contextlib.suppress(OSError):
            if isinstance(error, GoldTicketError):
                self.failure = error.for_clients().message
                log.warning("work", error=error.code, message=error.message)
            else:
                self.failure = "an error inside Gold Ticket; see the log"
                log.error("work", exc_info=error)


@contextlib.contextmanager
def open_app(settings: Settings, clock: Clock | None = None) -> Iterator[App]:
    """The wired application, closed at the end. Raises InvalidDeployment where nothing is deployed yet."""
    app = wire(settings, clock)
    try:
        yield app
    finally:
        app.stop()


def wire(settings: Settings, clock: Clock | None = None) -> App:
    """As `open_app`, for callers that stop it themselves."""
    settings.home.mkdir(parents=True, exist_ok=True)
    node = open_node(settings)
    try:
        return wire_on(settings, node, clock or SystemClock())
    except BaseException:
        node.stop()
        raise


def wire_on(settings: Settings, node: DevNode | NetworkNode, clock: Clock) -> App:
    """The application on a node that runs already, which stops with it. Raises NoConsortiumKey, WrongConsortiumKey."""
    deployment = Deployment.load(settings.deployment_file)
    keystore = NoKeys() if settings.observe else open_keystore(settings)
    secret = b"" if settings.observe else consortium_key(settings, deployment)
    relayers = HeldKeys() if settings.observe else HeldKeys(*relayer_keys(settings))
    if isinstance(node, DevNode):
        for address in relayers.addresses:
            node.set_balance(address, ENOUGH)
    with contextlib.ExitStack() as undo:
        rpc = open_rpc(node.engine)
        undo.callback(rpc.close)
        chain = GoldTicketChain.connect(rpc, node.engine, deployment, relayers)
        book = SqlBook(settings.book_dsn)
        undo.pop_all()
    words = _explained
    leases = Leases(book, clock)
    patience = (node.engine.block_period or 0.0) * PATIENCE
    return App(
        settings=settings,
        node=node,
        rpc=rpc,
        chain=chain,
        deployment=deployment,
        book=book,
        keystore=keystore,
        consortium_key=secret,
        clock=clock,
        service=Service(chain.domain, keystore, clock),
        relay=Relay(
            book,
            chain,
            clock,
            relayers.addresses,
            permanent,
            words,
            leases=leases,
            most=most(node.engine),
            patience=patience,
        ),
        watch=Watch(
            book,
            chain,
            deployment.block,
            words,
            permanent,
            confirmations(settings, node.engine),
            leases=leases,
            lone=node.engine.development,
        ),
        level=Level(book, chain, confirmations(settings, node.engine)),
        forgetting=Forgetting(book, clock, settings.answer_days),
        gather=patience / 2 or 0.005,
    )


def open_rpc(engine: Engine) -> Rpc:
    """A client of all nodes of a network."""
    return Rpc(
        engine.urls,
        batch_items=engine.limits.batch_items,
        chain_id=engine.chain_id,
        depth=engine.finality.confirmations,
    )


def most(engine: Engine) -> Most:
    """What the relay may send at once: what it takes for good everywhere, or less where the network takes less. Where
    blocks come by the clock enough is under way that none of them has to wait for the gateway."""
    blocks = BLOCKS_AHEAD + engine.finality.confirmations
    under_way = IN_A_BLOCK * blocks if engine.block_period else MOST_IN_FLIGHT
    return Most(
        gas=min(MOST_GAS, engine.block_gas * 2 // 3),
        bytes=min(MOST_BYTES, max(engine.limits.transaction_bytes - ENVELOPE, 1)),
        in_flight=min(under_way, engine.limits.pool_per_sender),
        together=engine.block_gas // IN_A_BLOCK if engine.block_period else MOST_GAS,
    )


def confirmations(settings: Settings, engine: Engine) -> int:
    """Blocks that the projection stays behind the head: as many as the engine needs, or the settings ask for."""
    return max(settings.confirmations, engine.finality.confirmations)


_explained: Callable[..., str] = explain


def open_node(settings: Settings) -> DevNode | NetworkNode:
    """The embedded node: the one that another process of this home runs already, else started here. Or the
    network at `rpc_urls`, checked."""
    if settings.engine != "rpc":
        return _running_node(settings) or _started_node(settings)
    if settings.engine_file is not None:
        return open_network(load_engine(settings.engine_file))
    if not settings.rpc_urls:
        raise Invalid(
            'GOLDTICKET_RPC_URLS is empty: name at least one node, e.g. ["http://127.0.0.1:8545"], or describe the '
            "network in a file and name that: GOLDTICKET_ENGINE_FILE."
        )
    urls = tuple(settings.rpc_urls)
    return open_network(Engine(name="rpc", urls=urls, chain_id=first_chain_id(urls)))


def _started_node(settings: Settings) -> DevNode:
    node = start_node(settings.engine, settings.home / "chain", options=NodeOptions())
    _node_file(settings).write_text(json.dumps({"engine": settings.engine, "url": node.url}) + "\n")
    return node


def _running_node(settings: Settings) -> NetworkNode | None:
    """So that `goldticket verify` works beside a gateway that serves. None when nobody answers there."""
    try:
        found = json.loads(_node_file(settings).read_text())
        if found["engine"] != settings.engine:
            return None
        engine = Engine(settings.engine, (found["url"],), NodeOptions().chain_id, development=True)
        return open_network(engine)
    except (OSError, ValueError, KeyError, GoldTicketError):
        return None


def _node_file(settings: Settings) -> Path:
    return settings.home / "chain" / "node.json"


def deploy_genesis(settings: Settings, genesis: Genesis) -> Deployment:
    """Starts the settings' node, deploys there, stops it. Refuses to deploy over an existing record."""
    settings.home.mkdir(parents=True, exist_ok=True)
    _require_fresh(settings)
    node = open_node(settings)
    try:
        return deploy_on(settings, node, genesis)
    finally:
        node.stop()


def deploy_on(settings: Settings, node: DevNode | NetworkNode, genesis: Genesis) -> Deployment:
    """Deploys to a node that runs already, and saves the record. Refuses to deploy over an existing record."""
    _require_fresh(settings)
    secret = consortium.made(settings.consortium_key.get_secret_value(), _consortium_file(settings))
    [key, *_] = relayer_keys(settings)
    [sender] = HeldKeys(key).addresses
    if isinstance(node, DevNode):
        node.set_balance(sender, ENOUGH)
    rpc = open_rpc(node.engine)
    try:
        record = replace(deploy(rpc, node.engine, key, genesis), consortium=consortium.mark_of(secret))
    finally:
        rpc.close()
    record.save(settings.deployment_file)
    return record


def _require_fresh(settings: Settings) -> None:
    if settings.deployment_file.exists():
        raise Invalid(
            f"{settings.deployment_file} is there: this home has its ledger already. Choose another home."
        )


def open_keystore(settings: Settings) -> Keystore:
    """The server's keystore. Raises NoPassphrase when none is set."""
    passphrase = settings.passphrase.get_secret_value()
    if not passphrase:
        raise NoPassphrase("Set GOLDTICKET_PASSPHRASE: it opens the keys that are kept on this server.")
    return Keystore(settings.home / "keys", passphrase, light=settings.light_keys)


def relayer_keys(settings: Settings) -> list[bytes]:
    """The keys that send transactions; made once and kept in the home folder unless the settings give them."""
    given = settings.relayer_key.get_secret_value()
    if given:
        return [bytes.fromhex(key.strip().removeprefix("0x")) for key in given.split(",")]
    names = ["relayer.key", *(f"relayer-{number}.key" for number in range(2, settings.relayers + 1))]
    return [kept(settings.home / name) for name in names]


def consortium_key(settings: Settings, deployment: Deployment) -> bytes:
    """The key of the ledger's invoice fingerprints. Raises NoConsortiumKey, WrongConsortiumKey."""
    given = settings.consortium_key.get_secret_value()
    return consortium.held(given, _consortium_file(settings), deployment.consortium)


def _consortium_file(settings: Settings) -> Path:
    return settings.home / "consortium.key"
