"""What people's programs send to a gateway over HTTP: each request until it is answered, and some once more.

A wish is carried out in one of three ways: at the desk (a draft, then a signature each), complete with its signatures,
or together with others in one request. An answer that came once must come again, byte for byte.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from ledger import kinds, typed
from ledger.acts import accept_message, act_id
from ledger.addresses import parse_address
from ledger.errors import GoldTicketError
from ledger.ids import to_hex
from ledger.seats import seats_of
from ledger.typed import Domain
from tests.api.office import Client
from tests.support.actors import Key
from tests.support.crash.plan import Signer, Wish

WAYS = ("desk", "complete", "bulk")
MOST_TRIES = 30
"""After so many answers of that kind people give up what may have become impossible."""
LATER = (404, 409, 503)
"""Answers after which the same request is sent again: what it is about is still to come, or nobody was there."""


class Unlike(AssertionError):
    """An answer that is not what it was, or none that a caller can do anything with."""


@dataclass
class Request:
    """One request. `body`: None until it can be made; from then on it is the same at every try."""

    key: str
    path: str
    who: int
    wishes: list[Wish]
    make: Callable[[Any], bytes]
    body: bytes | None = None
    first: bytes = b""
    said: str = ""
    tries: int = 0


@dataclass
class Desk:
    """All requests of a run. `api_keys`: by participant."""

    domain: Domain
    rng: Random
    way: str
    api_keys: dict[int, str]
    waiting: list[Request] = field(default_factory=list)
    answered: list[Request] = field(default_factory=list)
    repeated: int = 0
    statuses: Counter[str] = field(default_factory=Counter)

    def wish(self, wishes: list[Wish]) -> None:
        """Whatever people want."""
        for wish in wishes:
            wish.id = act_id(self.domain, wish.kind, wish.message)
        brought = [wish for wish in wishes if self.way != "desk" and wish.signers]
        for wish in (wish for wish in wishes if wish not in brought):
            self._add("draft", "/v1/acts", wish.drafter.id, [wish], lambda _, w=wish: _json(_draft(w)))
        if self.way == "bulk" and brought:
            self._bulk(brought)
        else:
            for wish in brought:
                self._complete(wish)

    def send(self, client: Client, book: Any) -> None:
        """Sends one request, perhaps one that was answered before."""
        if self.answered and (not self.waiting or self.rng.random() < 0.15):
            self.again(client, self.rng.choice(self.answered))
            return
        request = self.rng.choice(self.waiting)
        if request.body is None:
            try:
                request.body = request.make(book)
            except GoldTicketError as error:
                request.said = error.message
                return  # it is about something that is still to come
        answer = self._sent(client, request)
        request.said = answer.text
        if answer.status_code in LATER and json.loads(answer.text)["code"] != "idempotency-key-reused":
            request.tries += 1
            if request.tries > MOST_TRIES and all(wish.may_fail for wish in request.wishes):
                self.waiting.remove(request)
            return
        if answer.status_code != 201:
            raise Unlike(f"{request.path} for {request.wishes[0].kind}: {answer.status_code} {answer.text}")
        self.waiting.remove(request)
        request.first = answer.content
        self.answered.append(request)
        self._go_on(request, answer.json())

    def again(self, client: Client, request: Request) -> None:
        """Sends what was answered once more. Raises Unlike."""
        answer = self._sent(client, request)
        if answer.status_code == 503:
            return
        self.repeated += 1
        replayed = answer.headers.get("Idempotent-Replay") == "true"
        if (answer.status_code, answer.content) != (201, request.first) or not replayed:
            raise Unlike(
                f"{request.path} {request.key}: first {request.first!r}, now {answer.status_code} {answer.content!r}"
            )

    def _sent(self, client: Client, request: Request) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.api_keys[request.who]}",
            "Idempotency-Key": request.key,
            "Content-Type": "application/json",
        }
        answer = client.post(request.path, headers=headers, content=request.body)
        self.statuses[str(answer.status_code)] += 1
        return answer

    # ---- what follows

    def _go_on(self, request: Request, answer: Any) -> None:
        if request.path == "/v1/acts":
            [wish] = request.wishes
            wish.id = bytes.fromhex(answer["id"][2:])  # of what nobody signs, the gateway chooses it
            for who, seat in _seats_for(wish, answer["seats"]):
                self._sign(wish, who, seat)
        elif request.path == "/v1/acts/bulk":
            for result in answer["results"]:
                if result["taken"] is None:
                    self._complete(request.wishes[result["index"]])

    def _sign(self, wish: Wish, who: Signer, seat: Any) -> None:
        path, place = f"/v1/acts/{to_hex(wish.id)}", seat["place"]
        if isinstance(who, Key):
            signature = to_hex(who.sign(bytes.fromhex(seat["digest"][2:])))
            body = _json({"place": place, "signature": signature})
            self._add(f"sign {place}", f"{path}/signatures", wish.drafter.id, [wish], lambda _: body)
        else:
            self._add(f"sign {place}", f"{path}/sign", who.id, [wish], lambda _: _json({"place": place}))

    def _complete(self, wish: Wish) -> None:
        make = self._brought
        self._add("bring", "/v1/acts/complete", wish.drafter.id, [wish], lambda b: _json(make(b, wish)))

    def _bulk(self, wishes: list[Wish]) -> None:
        # a program that brings for many: anybody may bring what is complete
        who, make = wishes[0].drafter.id, self._brought
        body = lambda book: _json({"items": [make(book, wish) for wish in wishes]})  # noqa: E731
        self._add("bulk", "/v1/acts/bulk", who, wishes, body)

    def _add(self, what: str, path: str, who: int, wishes: list[Wish], make: Callable[[Any], bytes]) -> None:
        number = len(self.waiting) + len(self.answered)
        self.waiting.append(Request(f"{what.replace(' ', '-')}-{number}", path, who, wishes, make))

    def _brought(self, book: Any, wish: Wish) -> dict[str, Any]:
        """The act with all its signatures."""

        def read(store: Any) -> list[Any]:
            dues = kinds.kind(wish.kind).dues(wish.message, store)
            seats = seats_of(store, self.domain, wish.kind, wish.id, 0, wish.message, dues)
            return [_shown(seat.place, seat.kind, seat.party, seat.digest, seat.address) for seat in seats]

        shown = self._of_offer(wish) if wish.kind == "Offer" else book.read(read)
        given = []
        for who, seat in _seats_for(wish, shown):
            key = who if isinstance(who, Key) else who.sole
            signature = key.sign(bytes.fromhex(seat["digest"][2:]))
            given.append({"place": seat["place"], "signature": to_hex(signature)})
        return {**_draft(wish), "signatures": given}

    def _of_offer(self, wish: Wish) -> list[Any]:
        """Whoever knows the offer knows its seats: its ticket need not be there."""
        holder = wish.drafter.id
        found = [_shown(0, "party", holder, wish.id)]
        for place, child in enumerate(wish.message["children"]):
            accepted = accept_message(wish.id, holder, wish.message, place)
            digest = typed.digest(self.domain, "Accept", accepted)
            found.append(_shown(place + 1, "party", child["to"], digest))
        return found


def _shown(place: int, kind: str, party: int, digest: bytes, address: str = "") -> Any:
    """A seat as the API shows it."""
    shown = {"place": place, "kind": kind, "party": {"id": party}, "digest": to_hex(digest)}
    return {**shown, "address": address or None}


def _draft(wish: Wish) -> dict[str, Any]:
    if wish.kind in typed.TYPES:
        return {"kind": wish.kind, "message": typed.message_to_json(wish.kind, wish.message)}
    return {"kind": wish.kind, "message": {name: to_hex(value) for name, value in wish.message.items()}}


def _seats_for(wish: Wish, seats: list[Any]) -> list[tuple[Signer, Any]]:
    """Who signs which seat: each signer the first one that is left for it; a receiver all its children's."""
    found: list[tuple[Signer, Any]] = []
    left = list(seats)
    for who in wish.signers:
        mine = [seat for seat in left if _may(who, seat)]
        for seat in mine if wish.kind == "Offer" else mine[:1]:
            left.remove(seat)
            found.append((who, seat))
    return found


def _may(who: Signer, seat: Any) -> bool:
    if isinstance(who, Key):
        return seat["kind"] == "key" and seat["address"] in (None, parse_address(who.address))
    return seat["kind"] != "key" and seat["party"] is not None and int(seat["party"]["id"]) == who.id


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
