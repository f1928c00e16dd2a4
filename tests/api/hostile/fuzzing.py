"""Schemathesis at the desks of a filled ledger: each request that it makes is sent by every role."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import requests
import schemathesis
from schemathesis.core.transport import Response

from tests.api.hostile.answers import proper
from tests.api.hostile.audience import ids
from tests.api.hostile.routes import SCHEMA, Route, routes
from tests.api.hostile.town import Town
from tests.support.actors import HUAIYUE, LANGONG, LANWAN, REGISTRAR, WANYUE, WUZE, Party, Role, party

AUDITOR = party("mingshen", 16, "91310000MA9DEM255C", Role.AUDITOR, "明审会计")
NOBODY: tuple[Party | None, str] = (None, "")
EVERY_ROLE: dict[str, tuple[Party | None, str]] = {
    "core": (LANGONG, "sole"),
    "its checker": (LANGONG, "checker"),
    "supplier": (WANYUE, "sole"),
    "lower supplier": (WUZE, "sole"),
    "bank and panel": (LANWAN, "sole"),
    "clearing bank": (HUAIYUE, "sole"),
    "registrar and operator": (REGISTRAR, "sole"),
    "auditor": (AUDITOR, "sole"),
    "viewer": (HUAIYUE, "viewer"),
    "nobody": NOBODY,
}
DOCUMENT = schemathesis.openapi.from_dict(SCHEMA)
ROUTES: dict[str, Route] = {route.id: route for route in routes()}
_HEX = re.compile("0x([0-9a-f]{32}|[0-9a-f]{64})")
_PARTIES = ("to", "core", "supplier", "party", "bank", "debtor", "clearing_bank", "id")
_SENT_BY_SCHEMATHESIS = ("content-type", "idempotency-key")


class Fuzzed:
    """A town with an auditor, and how a case is sent in it."""

    def __init__(self, town: Town) -> None:
        self.town = town
        town.admit(AUDITOR)
        self.known: dict[int, list[str]] = {}
        for one in town.book.read(ids):
            if isinstance(one.value, str):
                self.known.setdefault(len(one.value), []).append(one.value)
        self._count = 0
        self.statuses: Counter[tuple[str, int]] = Counter()

    @contextmanager
    def rewound(self) -> Iterator[None]:
        """What is written inside is carried out by the contract, and undone at the end, there too."""
        chain = vars(self.town.chain)
        kept = {
            name: value.copy() if isinstance(value, list | dict) else value for name, value in chain.items()
        }
        with self.town.world.scratch(), self.town.untouched():
            self.town.client.app.asleep = False  # type: ignore[attr-defined]
            self._count = 0
            try:
                yield
            finally:
                chain.update(kept)

    def send(self, case: Any, *, known: bool = True, told: bool = False) -> Response:
        """The case by every role; each answer is held against the document. Returns one that succeeded, each time of
        another role. `known`: with ids that are there; `told`: every other time with the body that once succeeded."""
        route = ROUTES[case.operation.definition.raw["operationId"]]
        moment = self.town.moments.get(route.id)
        if told and moment and moment.body and self._count // len(EVERY_ROLE) % 4:
            case.body = moment.body
        sent = self._prepared(case, known)
        answers = [self._by(route, sent, *who) for who in EVERY_ROLE.values()]
        good = [answer for answer in answers if answer.is_success]
        usable = good or answers
        return Response.from_httpx(usable[self._count // len(EVERY_ROLE) % len(usable)], verify=False)

    def _prepared(self, case: Any, known: bool) -> requests.PreparedRequest:
        if known:
            case.path_parameters = self._with_known(case.path_parameters)
            case.body = self._with_known(case.body)
        made = case.as_transport_kwargs(base_url="http://gold.ticket")
        names = requests.Request.__init__.__code__.co_varnames
        return requests.Request(**{name: value for name, value in made.items() if name in names}).prepare()

    def _by(
        self, route: Route, sent: requests.PreparedRequest, who: Party | None, role: str
    ) -> httpx.Response:
        headers = {k: v for k, v in sent.headers.items() if k.lower() in _SENT_BY_SCHEMATHESIS}
        self._count += 1
        if sent.method == "POST" and "Idempotency-Key" in headers:
            headers["Idempotency-Key"] += f"-{self._count}"
        path = (sent.path_url or "/").removeprefix("/v1")
        if who is not None:
            answer = self.town.ask(
                sent.method or "", who, path, role, content=sent.body or b"", headers=headers
            )
        else:
            answer = self.town.ask(sent.method or "", None, path, content=sent.body or b"", headers=headers)
        key = (route.id, answer.status_code)
        self.statuses[key] += 1
        if not (
            answer.status_code in (404, 405) and answer.json()["code"] in ("no-such-path", "wrong-method")
        ):
            proper(route, answer)
        return answer

    def _with_known(self, value: Any, name: str = "") -> Any:
        """The same value with ids that are there in place of those that schemathesis thought out."""
        if isinstance(value, dict):
            return {key: self._with_known(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self._with_known(item, name) for item in value]
        if isinstance(value, str) and _HEX.fullmatch(value):
            there = self.known[len(value)]
            return there[int(value, 16) % len(there)]
        if type(value) is int and name in _PARTIES:
            return value % 18
        return value
