"""People at their desks: a signing key, an API key, and what they say over HTTP."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from scripts.story.cast import Company, Human

RIGHTS = {"maker": 1, "checker": 2, "sole": 3}
SCOPES = {"maker": ["maker"], "checker": ["checker"], "sole": ["maker", "checker"]}


@dataclass(frozen=True)
class Desk:
    """One person's place: company, person and signing address."""

    company: Company
    human: Human
    address: str


class Refused(Exception):
    """The API answered with a problem (RFC 9457)."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem.get('code')}: {problem.get('detail') or problem.get('title', '')}")
        self.problem = problem

    @property
    def code(self) -> str:
        """The stable code of the problem."""
        return str(self.problem.get("code", ""))


class Person:
    """One person's view of the API."""

    def __init__(self, client: httpx.Client, desk: Desk, key: str) -> None:
        self.desk, self.key = desk, key
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"}

    @property
    def company(self) -> Company:
        """Whom this person works for."""
        return self.desk.company

    @property
    def human(self) -> Human:
        """Who it is."""
        return self.desk.human

    def get(self, path: str, **params: Any) -> Any:
        """GET /v1…; raises Refused."""
        return _answer(self._client.get(f"/v1{path}", params=params, headers=self._headers))

    def items(self, path: str, **params: Any) -> list[Any]:
        """All items of a list, page after page."""
        found: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            page = self.get(path, limit=200, **params, **cursor)
            found += page["items"]
            if not page.get("next"):
                return found
            cursor = {"cursor": page["next"]}

    def post(self, path: str, body: Any = None, key: str = "", **more: Any) -> Any:
        """POST /v1… with an Idempotency-Key of its own; raises Refused."""
        headers = {**self._headers, "Idempotency-Key": key or uuid.uuid4().hex}
        if "files" not in more:
            more["json"] = body or {}
        return _answer(self._client.post(f"/v1{path}", headers=headers, **more))


def _answer(response: httpx.Response) -> Any:
    kind = response.headers.get("content-type", "")
    if response.status_code >= 400:
        raise Refused(response.json() if "json" in kind else {"code": str(response.status_code)})
    return response.json() if kind.startswith("application/json") else response.content
