"""One error handler.

given a request that fails
  when a field is wrong: it should name the field, the value, the problem and the way out, half a character too
  when there is no such path or method: it should be a problem, too
  when the program is at fault: it should say nothing of the inside, but a number that the log has
  when chain or book are down: it should say so, and to try again; where database and nodes are stays in the log
  when it is too large: it should state the limit
  when something is not found while the book is being filled: it should say that, not that it does not exist
  when evidence holds numbers or bytes: it should be decimal strings and 0x hex
given many who ask whether it is ready
  it should look once a second, and show what it saw while a look hangs
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
import structlog

from api import health
from api.problems import plain, problem_of
from ledger.book.errors import TOLD, BookUnavailable
from ledger.errors import Conflict, GoldTicketError
from tests.api.office import Office, problem
from tests.support.actors import HUAIYUE, LANGONG, WANYUE


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"amount": "12.5"}, "amount", "whole number of fen"),
        ({"amount": 12}, "amount", "quotation marks"),
        ({"amount": "-1"}, "amount", "whole number of fen"),
        ({"amount": "1" * 40}, "amount", "look for a slipped digit"),
        ({"amount": "1" * 5_000}, "amount", "more than a ticket can hold"),
        ({"expiry": "tomorrow"}, "expiry", "not a date"),
        ({"core": "x"}, "core", "whole number"),
        ({"core": 0}, "core", "give at least 1"),
        ({"colour": "red"}, "colour", "no such field"),
    ],
)
def test_wrong_fields_are_named(office: Office, change: dict[str, Any], field: str, words: str) -> None:
    body = {"core": LANGONG.id, "amount": "1", "expiry": "2027-12-31T00:00:00Z", **change}
    found = problem(office.post(HUAIYUE, "/limits", body), 422, "invalid-request")
    [error] = found["errors"]
    assert error["field"] == field
    assert words in f"{error['problem']} {error['way_out']}"
    assert error["way_out"]
    assert found["detail"].startswith(f"{field}: ")


def test_missing_fields_are_all_named(office: Office) -> None:
    found = problem(office.post(HUAIYUE, "/limits", {}), 422, "invalid-request")
    assert {error["field"] for error in found["errors"]} == {"core", "amount", "expiry"}
    assert "and 2 more" in found["detail"]


def _raw(office: Office, content: bytes) -> dict[str, Any]:
    headers = {
        "Authorization": f"Bearer {office.person(HUAIYUE).key}",
        "Content-Type": "application/json",
        "Idempotency-Key": "k",
    }
    answer = office.client.post("/v1/limits", headers=headers, content=content)
    return problem(answer, 422, "invalid-request")


def test_no_json(office: Office) -> None:
    found = _raw(office, b"{")
    assert found["errors"][0]["problem"] == "this is not JSON"
    assert found["errors"][0]["field"] == "body"


def test_half_a_character_is_named_and_not_our_fault(office: Office) -> None:
    found = _raw(office, b'{"core": 5, "amount": "1", "expiry": "\\ud800"}')
    assert [error["field"] for error in found["errors"]] == ["body"]


def test_paths_and_methods_that_do_not_exist(office: Office) -> None:
    problem(office.get(WANYUE, "/nowhere"), 404, "no-such-path")
    problem(office.client.request("DELETE", "/v1/acts"), 405, "wrong-method")
    problem(office.client.get("/v1/acts/"), 404, "no-such-path")


def test_too_large(office: Office) -> None:
    answer = office.post(
        LANGONG, "/payables/imports", files={"file": ("a.csv", b"x" * (6 * 1024 * 1024 + 1))}
    )
    found = problem(answer, 413, "too-large")
    assert "at most 6 MiB (6,291,456 bytes)" in found["detail"]
    assert found["evidence"] == {"most": "6291456"}
    answer = office.post(
        LANGONG, "/payables/imports", files={"file": ("a.csv", b"x" * (5 * 1024 * 1024 + 1))}
    )
    problem(answer, 413, "file-too-large")


def test_our_own_faults_stay_inside(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> Any:
        raise ValueError("secret inside")

    monkeypatch.setattr(office.app.service, "now", broken)
    found = problem(office.get(WANYUE, "/tickets"), 500, "internal-error")
    assert "secret" not in str(found)
    assert found["evidence"]["number"] in found["detail"]


def test_ready_is_looked_up_once_a_second(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    head = office.chain.head
    monkeypatch.setattr(office.chain, "head", lambda: asked.append(1) or head())
    for _ in range(5):
        assert office.client.get("/v1/ready").json()["ready"]
    assert len(asked) == 1
    monkeypatch.setattr(health, "FRESH", 0)
    office.client.app = replace(office.app)  # another gateway's answer is never shown
    for _ in range(3):
        office.client.get("/v1/ready")
    assert len(asked) == 4


def test_a_look_that_hangs_keeps_one_thread(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH", 0)
    look, begun, go_on = health.Look(office.app), threading.Event(), threading.Event()
    first = look()
    monkeypatch.setattr(office.app, "notes", lambda: [begun.set() or str(go_on.wait(10))])
    slow = threading.Thread(target=look)
    slow.start()
    assert begun.wait(10)
    assert look() is first
    go_on.set()
    slow.join()
    assert look().notes == ["True"]


def test_ready_and_not(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH", 0)
    assert office.client.get("/v1/health").json() == {"status": "up"}
    answer = office.client.get("/v1/ready")
    assert answer.json() == {"ready": True, "head": 7, "block": 7, "lag": 0, "problems": [], "notes": []}
    office.chain.height = 9
    assert office.client.get("/v1/ready").json()["lag"] == 2
    office.app.left = ("node http://b is left: it does not answer",)
    answer = office.client.get("/v1/ready")
    assert (answer.status_code, answer.json()["notes"]) == (200, list(office.app.left))
    office.app.failure = "No node answers."
    assert office.client.get("/v1/ready").json()["problems"] == ["relay and watcher: No node answers."]
    office.app.failure = ""
    office.chain.down = True
    answer = office.client.get("/v1/ready")
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["chain: No node answers; start one."]


ADDRESS = "postgresql://goldticket@10.0.0.7/book"


class LostBook:
    """Its database has gone away."""

    def read(self, work: Any) -> Any:
        raise BookUnavailable(f"the book {ADDRESS} does not take this", book=ADDRESS, reason=ADDRESS)

    write = read


def test_a_lost_book_does_not_tell_where_it_is(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office.app, "book", LostBook())
    with structlog.testing.capture_logs() as logged:
        answer = office.get(WANYUE, "/tickets")
    found = problem(answer, 503, "book-unavailable")
    assert "try again in a few seconds" in found["detail"]
    assert found["evidence"] == {}
    ready = office.client.get("/v1/ready")
    assert (ready.status_code, ready.json()["problems"]) == (503, [f"book: {TOLD}"])
    assert "10.0.0.7" not in answer.text + ready.text
    assert [line for line in logged if ADDRESS in line.get("message", "")]


def test_what_is_not_there_yet_is_not_denied(office: Office) -> None:
    office.app.filling = (12, 4_000)
    for path in ("/participants/99", f"/tickets/0x{'ab' * 32}"):
        answer = office.get(WANYUE, path)
        found = problem(answer, 503, "catching-up")
        assert found["detail"].startswith("Not ready yet, catching up: block 12 of 4000.")
        assert answer.headers["retry-after"] == "5"
    ready = office.client.get("/v1/ready")
    assert (ready.status_code, ready.json()["problems"]) == (503, ["catching up: block 12 of 4000"])
    office.app.filling = None
    problem(office.get(WANYUE, "/participants/99"), 404, "unknown-party")


def test_answers_are_not_kept_by_anybody(office: Office) -> None:
    headers = office.get(WANYUE, "/tickets").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_evidence_is_plain() -> None:
    assert plain({"a": [1, b"\x01", None, True, {"b": 2**90}]}) == {
        "a": ["1", "0x01", None, True, {"b": str(2**90)}]
    }
    assert plain(GoldTicketError) == str(GoldTicketError)
    made = problem_of(
        Conflict(
            "No.", free=5, errors=[{"row": 7, "column": "a", "value": "b", "problem": "c", "way_out": "d"}]
        ),
        "/x",
    )
    assert made.evidence == {"free": "5"}
    assert made.errors[0].model_dump()["row"] == 7
