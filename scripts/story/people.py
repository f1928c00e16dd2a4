"""The demo's people at their desks: an HTTP client for each, and the first users of a new deployment."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from ledger.chain.deploy import Deployment, Genesis
from ledger.records import User
from ledger.settings import Settings
from ledger.users import create_user
from ledger.wiring import App, deploy_genesis, open_keystore
from scripts.story.cast import EVERYBODY, NAMED_BANK, PANEL, SEEDS, THRESHOLD, Company

RIGHTS = {"maker": 1, "checker": 2, "sole": 3}
SCOPES = {"maker": ["maker"], "checker": ["checker"], "sole": ["maker", "checker"]}


@dataclass(frozen=True)
class Desk:
    """One person: company, name, right and signing address."""

    company: Company
    name: str
    right: str
    address: str


def make_keys(settings: Settings) -> list[Desk]:
    """A signing key for each person, kept in the server's keystore."""
    keystore = open_keystore(settings)
    return [
        Desk(company, name, right, keystore.create())
        for company in EVERYBODY
        for name, right in company.people.items()
    ]


def keys_of(desks: Iterable[Desk], company: Company) -> list[dict[str, Any]]:
    """The company's keys as an act's message names them."""
    return [{"key": d.address, "right": RIGHTS[d.right]} for d in desks if d.company is company]


def found_consortium(settings: Settings, desks: list[Desk], months: int = 6) -> Deployment:
    """Deploys the ledger with the registrar and the banks as its first participants."""
    seeds = [
        {
            "uscc": company.uscc,
            "roles": company.roles,
            "clearingBank": NAMED_BANK[company.id],
            "profile": bytes(32),
            "keys": keys_of(desks, company),
        }
        for company in SEEDS
    ]
    return deploy_genesis(settings, Genesis(seeds, [c.id for c in PANEL], THRESHOLD, months))


def open_desk(app: App, desk: Desk) -> str:
    """A user for this person; the API key."""
    now = app.clock.now()

    def work(store: Any) -> tuple[User, str]:
        return create_user(store, desk.company.id, desk.name, SCOPES[desk.right], desk.address, now)

    return app.book.write(work)[1]


class Refused(Exception):
    """The API answered with a problem."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail") or problem.get("title", ""))
        self.problem = problem

    @property
    def code(self) -> str:
        """The stable code of the problem."""
        return str(self.problem.get("code", ""))


class Person:
    """One person's view of the API."""

    def __init__(self, client: httpx.Client, desk: Desk, key: str) -> None:
        self.desk = desk
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"}
        self._count = itertools.count(1)

    @property
    def company(self) -> Company:
        """Whom this person works for."""
        return self.desk.company

    def get(self, path: str, **params: Any) -> Any:
        """GET /v1…; raises Refused."""
        return self._answer(self._client.get(f"/v1{path}", params=params, headers=self._headers))

    def post(self, path: str, body: Any = None, key: str | None = None, **more: Any) -> Any:
        """POST /v1… with an Idempotency-Key of its own; raises Refused."""
        headers = {**self._headers, "Idempotency-Key": key or uuid.uuid4().hex}
        if "files" in more:
            return self._answer(self._client.post(f"/v1{path}", headers=headers, **more))
        return self._answer(self._client.post(f"/v1{path}", json=body or {}, headers=headers, **more))

    def _answer(self, response: httpx.Response) -> Any:
        if response.status_code >= 400:
            raise Refused(response.json())
        if response.headers.get("content-type", "").startswith("application/json"):
            return response.json()
        return response.content
