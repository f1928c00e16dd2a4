"""Where the story plays: an embedded chain, a new ledger on it, the API on loopback, everybody at a desk.

with open_stage(stage_settings(home, "ganache")) as stage:
    stage.maker(LANGONG).get("/me")
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr

from api.server import listen, server
from ledger.chain.deploy import Genesis
from ledger.chain.nodes import DevNode
from ledger.clock import SystemClock
from ledger.participants_file import ParticipantFile
from ledger.ports import Store
from ledger.records import Cursor, Profile
from ledger.settings import Settings
from ledger.users import create_user
from ledger.wiring import App, deploy_on, open_keystore, open_node, wire_on
from scripts.story.cast import EVERYBODY, NAMED_BANK, PANEL, SEEDS, THRESHOLD, Company
from scripts.story.people import RIGHTS, SCOPES, Desk, Person

PASSPHRASE = "demo"  # noqa: S105 - keys of invented people
PATIENCE = 60.0
"""Seconds to wait for something that should take one block."""


class TooSlow(Exception):
    """Something that should have happened by now has not."""


@dataclass
class Stage:
    """The running gateway and the people. `app` is the operator's own view of it; all others use HTTP."""

    app: App
    url: str
    people: list[Person]

    def person(self, company: Company, *rights: str) -> Person:
        """The company's person with one of these rights."""
        return next(p for p in self.people if p.company is company and p.human.right in rights)

    def maker(self, company: Company) -> Person:
        """Who drafts for a company."""
        return self.person(company, "maker", "sole")

    def checker(self, company: Company) -> Person:
        """Who checks; the same as the maker where one person signs alone."""
        return self.person(company, "checker", "sole")

    def of(self, company: Company) -> list[Person]:
        """All people of a company, the maker first."""
        return [p for p in self.people if p.company is company]

    @property
    def now(self) -> int:
        """The latest block's time, or the wall clock where that is later; UTC seconds."""
        return max(self.app.chain.head().time, self.app.clock.now())

    def advance_to(self, moment: int) -> None:
        """Moves the chain's clock forward to this moment (UTC seconds), and waits until the book has seen it."""
        node = self.app.node
        assert isinstance(node, DevNode), "only a development chain can be moved in time"
        reached = node.advance_time(max(0, moment - self.now) + 1)
        self.app.wake()
        self.until(lambda: self._cursor().time >= reached, "the book takes in the new block")

    def until(self, done: Any, what: str) -> None:
        """Waits for a condition. Raises TooSlow."""
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise TooSlow(f"{what}: not within {PATIENCE:.0f} s. {self.app.failure}")
            time.sleep(0.01)

    def _cursor(self) -> Cursor:
        return self.app.book.read(lambda store: store.get(Cursor, 1)) or Cursor(1)


@contextlib.contextmanager
def open_stage(settings: Settings) -> Iterator[Stage]:
    """A new ledger in the settings' home, served on loopback; everything is stopped at the end."""
    settings.home.mkdir(parents=True, exist_ok=True)
    desks = make_desks(settings)
    founders = {company: _profile(company) for company in SEEDS}
    node = open_node(settings)
    try:
        deploy_on(settings, node, genesis(desks, founders))
        app = wire_on(settings, node, SystemClock())
    except BaseException:
        node.stop()
        raise
    with contextlib.closing(_Stopping(app)):
        keys = app.book.write(lambda store: _settle_in(store, desks, founders, app.clock.now()))
        _see_the_deployment(app)
        with serving(app) as url, httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client:
            yield Stage(app, url, [Person(client, desk, key) for desk, key in zip(desks, keys, strict=True)])


def _see_the_deployment(app: App) -> None:
    """Until the founders are in the book: a chain that can reorganise is followed some blocks behind. Raises
    TooSlow."""
    end = time.monotonic() + PATIENCE
    while True:
        app.settle()
        cursor = app.book.read(lambda store: store.get(Cursor, 1))
        if cursor is not None and cursor.block >= app.deployment.block:
            return
        if time.monotonic() > end:
            raise TooSlow(f"the deployment's block is not final: not within {PATIENCE:.0f} s. {app.failure}")
        time.sleep(0.1)


def stage_settings(home: Path, engine: str, port: int = 0) -> Settings:
    """Settings of a stage; nothing of the environment or a `.env` file that belongs to a real gateway gets in."""
    return Settings(
        _env_file=None,
        home=home,
        dsn="",
        engine=engine,
        host="127.0.0.1",
        port=port,
        passphrase=SecretStr(PASSPHRASE),
        relayer_key=SecretStr(""),
        consortium_key=SecretStr(""),
        confirmations=0,
        light_keys=True,
        poll_seconds=0.05,
    )


def make_desks(settings: Settings) -> list[Desk]:
    """A signing key for each person, kept in the server's keystore."""
    keystore = open_keystore(settings)
    return [Desk(company, human, keystore.create()) for company in EVERYBODY for human in company.people]


def genesis(desks: list[Desk], founders: dict[Company, Profile]) -> Genesis:
    """The ledger begins with the registrar and the banks."""
    seeds = [
        {
            "uscc": company.uscc,
            "roles": company.roles,
            "clearingBank": NAMED_BANK[company.id],
            "profile": profile.hash,
            "keys": [
                {"key": desk.address, "right": RIGHTS[desk.human.right]}
                for desk in desks
                if desk.company is company
            ],
        }
        for company, profile in founders.items()
    ]
    return Genesis(seeds, [company.id for company in PANEL], THRESHOLD, 6)


@contextlib.contextmanager
def serving(app: App) -> Iterator[str]:
    """The API in a thread, relay and watcher in another; the URL."""
    found = listen(app.settings.host, app.settings.port)
    host, port = found.getsockname()[:2]
    web = server(app)
    thread = threading.Thread(target=web.run, kwargs={"sockets": [found]}, name="api", daemon=True)
    app.start()
    thread.start()
    try:
        _until_up(web, thread)
        yield f"http://{host}:{port}"
    finally:
        web.should_exit = True
        thread.join(timeout=10)
        found.close()


def _until_up(web: uvicorn.Server, thread: threading.Thread) -> None:
    end = time.monotonic() + PATIENCE
    while not web.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise TooSlow("the API did not start; the lines above say why")
        time.sleep(0.01)


def _settle_in(store: Store, desks: list[Desk], founders: dict[Company, Profile], now: int) -> list[str]:
    """The founders' files and everybody's access to this gateway; the API keys in the order of the desks."""
    for profile in founders.values():
        store.put(profile)
    made = [
        create_user(store, desk.company.id, desk.human.name, SCOPES[desk.human.right], desk.address, now)
        for desk in desks
    ]
    return [key for _, key in made]


def _profile(company: Company) -> Profile:
    return ParticipantFile.from_dict(company.file()).profile(SystemClock().now())


class _Stopping:
    def __init__(self, app: App) -> None:
        self._app = app

    def close(self) -> None:
        self._app.stop()
