"""A gateway whose tests know who may read what, and can go back to the moment before any request of its story."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from ledger.clearing import PayeeAccount
from ledger.clock import ManualClock
from ledger.money import format_yuan
from ledger.participants_file import Contact, ParticipantFile
from tests.api.hostile.routes import Route, routes
from tests.api.live import Live
from tests.api.office import file_of
from tests.support.actors import HUAIYUE, LANWAN, Party
from tests.support.world import World

_PATHS = [
    (route, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route.path))))
    for route in routes()
    if route.method == "POST"
]


@dataclass(frozen=True)
class Moment:
    """A request that succeeded, and the book and the time before it came."""

    route: Route
    who: Party
    role: str
    path: str
    body: Any
    files: Any
    data: Any
    kept: Any
    now: int

    def __str__(self) -> str:
        return self.route.id


class Desk(Live):
    """`secrets`: text → ids of those who may read it, told apart from anything that the gateway works out by itself,
    so that a mistake there can't hide here. `moments`: the first success of each operation that changes something."""

    def __init__(self, world: World, book: Any = None) -> None:
        self.secrets: dict[str, frozenset[int]] = {}
        self.moments: dict[str, Moment] = {}
        super().__init__(world, book)

    # ---- secrets

    def secret(self, text: str, *audience: Party) -> str:
        """The text, which from now on nobody else may read."""
        known = self.secrets.get(text, frozenset())
        self.secrets[text] = known | {one.id for one in audience}
        return text

    def sum(self, fen: int, *audience: Party) -> None:
        """An amount that stands nowhere else."""
        for text in (str(fen), format_yuan(fen)):
            self.secret(text, *audience)

    def overheard(self, who: Party, text: str) -> list[str]:
        """The secrets of a text that this company may not read."""
        return [one for one, audience in self.secrets.items() if who.id not in audience and one in text]

    def file(self, party: Party) -> ParticipantFile:
        """A file whose account and contact are for itself and the bank that pays it."""
        usual, payer = file_of(party), LANWAN if party == HUAIYUE else HUAIYUE
        number = self.secret(f"6222{party.id:04d}77{party.id:04d}", party, payer)
        name = self.secret(f"联系人{party.name}", party, payer)
        mail = self.secret(f"{party.name}@private.example.cn", party, payer)
        account = PayeeAccount(party.title, usual.account.bank, number, usual.account.cnaps)
        return replace(usual, account=account, contact=Contact(name, "0551-62880000", mail))

    # ---- requests

    def ask(
        self, method: str, who: Party | None, path: str, role: str = "sole", **more: Any
    ) -> httpx.Response:
        """A request as it comes; `who` None: nobody."""
        headers = (self._headers(who, role) if who else {}) | more.pop("headers", {})
        if method == "POST":
            headers.setdefault("Idempotency-Key", f"request-{next(self._numbers)}")
        return self.client.request(method, f"/v1{path}", headers=headers, **more)

    def post(self, who: Party, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """Remembers the first success of each operation."""
        route = next(route for route, pattern in _PATHS if pattern.fullmatch(path))
        before, now = self.book.kept(), self.clock.now()
        answer = super().post(who, path, body, **more)
        if route.id not in self.moments and answer.status_code == 201:
            role, files, data = (more.get(name) for name in ("role", "files", "data"))
            self.moments[route.id] = Moment(route, who, role or "sole", path, body, files, data, before, now)
        return answer

    def again(
        self, moment: Moment, *, who: Party | None = None, role: str = "", **other: Any
    ) -> httpx.Response:
        """A moment's request by this company and role, with another path or body where given."""
        path, body = other.pop("path", moment.path), other.pop("body", moment.body)
        if moment.files:
            more = {"files": moment.files, "data": moment.data} | other
        else:
            more = {"json": {} if body is None else body} | other
        return self.ask("POST", who or moment.who, path, role or moment.role, **more)

    # ---- time

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Whatever is written inside is undone, and nothing of it reaches the chain."""
        kept, now, app = self.book.kept(), self.clock.now(), self.client.app
        app.asleep = True
        try:
            yield
        finally:
            app.asleep = False
            self.book.restore(kept)
            self.clock = self.service._clock = ManualClock(now)

    def back(self, moment: Moment) -> None:
        """Book and clock as they were before a request; inside `untouched`. The chain stays where it is."""
        self.book.restore(moment.kept)
        self.clock = self.service._clock = ManualClock(moment.now)
