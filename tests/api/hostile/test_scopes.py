"""Who may do what. The requests are those that succeed in the filled ledger, one for each operation of the OpenAPI
document that changes something, at the moment at which they succeed.

given an operation that no request of the filled ledger succeeds with
  it should be said, since it is untested then
given a request that succeeds
  when a viewer sends it: it should be refused, whatever it is
  when a checker sends it: it should be refused, unless it is signing, rejecting or a list
  when another company sends it: it should be refused, unless that company signs it as well or nobody signs
  when the scopes suffice: it should succeed still
given a key
  when it is revoked, half of it another's, longer, shorter or of nobody: nothing should open, and always the same
    be said
  when it is compared: the whole hash should be, whoever it names
"""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from typing import Any

import pytest

from ledger import users
from ledger.records import User
from tests.api.hostile.routes import Route, routes
from tests.api.hostile.town import Town
from tests.api.live import KNOWN
from tests.api.office import problem
from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, NANHUAI, QIANCHAO, WANYUE, WUZE

POSTS = [route for route in routes() if route.method == "POST"]
GUARDED = [route for route in routes() if route.guarded]

CHECKERS = {"sign", "giveSignature", "rejectLeg", "makeClearingList", "bringActs", "bringStream"}
"""What a checker may do, perhaps to hear that an item is not for checkers; everything else begins with a maker."""
UNSIGNED = {"returnLock", "reportOverdue", "bringAct", "bringActs", "bringStream"}
"""What anybody may set going, since nobody signs, or everybody has signed."""
OWN = {
    "importPayables": {CHENGHAI.id},
    "makeClearingList": {HUAIYUE.id, QIANCHAO.id},
    "quote": {NANHUAI.id},
}
"""What another company may do with the same request, in its own affairs."""


def test_the_filled_ledger_knows_every_operation(built: Town) -> None:
    missing = {route.id for route in POSTS} - set(built.moments)
    assert not missing, f"let Town succeed with {missing} once, so that they are tested here"


@pytest.mark.parametrize("route", POSTS, ids=str)
def test_scopes(route: Route, town: Town) -> None:
    moment = town.moments[route.id]
    for role in ("viewer", "checker"):
        town.back(moment)
        answer = town.again(moment, role=role)
        if role == "checker" and route.id in CHECKERS:
            assert answer.status_code in (201, 409), answer.text
        else:
            problem(answer, 403, "missing-scope")
    town.back(moment)
    assert town.again(moment).status_code == 201


@pytest.mark.parametrize("route", POSTS, ids=str)
def test_what_another_company_may_do(route: Route, town: Town) -> None:
    moment = town.moments[route.id]
    for who in KNOWN:
        if who == moment.who:
            continue
        town.back(moment)
        answer = town.again(moment, who=who)
        assert answer.status_code < 500, answer.text
        given = json.dumps(moment.body, ensure_ascii=False)
        found = [text for text in town.overheard(who, answer.text) if text not in given]
        assert not found or answer.status_code == 201, f"{who.name} is told {found}: {answer.text}"
        if answer.status_code == 201:
            signers = {seat["party"]["id"] for seat in answer.json().get("seats", []) if seat["party"]}
            free = route.id in UNSIGNED or who.id in OWN.get(route.id, ())
            assert free or who.id in signers, f"{who.name} did {route.id}: {answer.text[:800]}"


def test_a_viewer_reads(town: Town) -> None:
    assert town.get(WUZE, "/tickets", role="viewer").json() == town.get(WUZE, "/tickets").json()


# ---- keys


def key_of(town: Town, who: Any, role: str = "sole") -> str:
    return town._headers(who, role)["Authorization"].removeprefix("Bearer ")


def wrong_keys(town: Town) -> dict[str, str]:
    """Keys that open nothing, by what is wrong."""
    own, other = key_of(town, WUZE), key_of(town, WANYUE)
    [_, mine, secret], [_, theirs, their_secret] = own.split("_", 2), other.split("_", 2)
    return {
        "my id, another's secret": f"gtk_{mine}_{their_secret}",
        "another's id, my secret": f"gtk_{theirs}_{secret}",
        "another case": f"gtk_{mine}_{secret.swapcase()}",
        "one letter less": own[:-1],
        "one letter more": own + "A",
        "no secret": f"gtk_{mine}_",
        "no id": f"gtk__{secret}",
        "another prefix": f"gtx_{mine}_{secret}",
        "a pattern": f"gtk_%_{secret}",
        "SQL": f"gtk_' OR '1'='1_{secret}",
        "nobody's": f"gtk_{'0' * 16}_{secret}",
        "the hash itself": f"gtk_{mine}_{town.book.read(lambda s: s.get(User, mine)).key_hash.hex()}",
        "very long": f"gtk_{mine}_{secret * 100}",
        "not ASCII": f"gtk_{mine}_{'é' * 43}",
    }


def test_wrong_keys_all_look_alike(town: Town) -> None:
    said = set()
    for name, key in wrong_keys(town).items():
        headers = {"Authorization": b"Bearer " + key.encode("latin-1", "replace")}
        answer = town.ask("GET", None, "/me", headers=headers)
        found = problem(answer, 401, "invalid-api-key")
        assert answer.headers["www-authenticate"] == "Bearer", name
        said.add((found["detail"], found["title"], str(found["evidence"])))
    assert len(said) == 1


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic x", "gtk_a_b", "Bearer  x y", "Negotiate abc", "bearer\tx"]
)
def test_no_key_at_all(town: Town, header: str) -> None:
    answer = town.ask("GET", None, "/me", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) in {(401, "no-api-key"), (401, "invalid-api-key")}


@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_a_revoked_key_opens_nothing(route: Route, town: Town) -> None:
    name = key_of(town, LANGONG).split("_", 2)[1]
    town.book.write(lambda store: users.revoke(store, name, town.clock.now()))
    body = {} if route.file else {"json": route.body}
    answer = town.ask(route.method, LANGONG, route.at(), **body)
    problem(answer, 401, "invalid-api-key")
    assert town.get(LANGONG, "/me", role="maker").status_code == 200


def test_a_revoked_key_gets_no_answer_that_it_got_before(town: Town) -> None:
    moment = town.moments["offer"]
    town.back(moment)
    headers = {"Idempotency-Key": "once"}
    assert town.again(moment, headers=headers).status_code == 201
    name = key_of(town, moment.who).split("_", 2)[1]
    town.book.write(lambda store: users.revoke(store, name, town.clock.now()))
    problem(town.again(moment, headers=headers), 401, "invalid-api-key")


def test_scopes_are_read_each_time(town: Town) -> None:
    moment = town.moments["offer"]
    town.back(moment)
    name = key_of(town, moment.who).split("_", 2)[1]

    def less(store: Any) -> None:
        store.put(replace(store.get(User, name), scopes=["viewer"]))

    town.book.write(less)
    problem(town.again(moment), 403, "missing-scope")


def test_the_whole_hash_is_compared_whoever_is_named(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []

    def recorded(left: bytes, right: bytes) -> bool:
        compared.append((len(left), len(right)))
        return hmac.compare_digest(left, right)

    monkeypatch.setattr(users, "hmac", type("Recorder", (), {"compare_digest": staticmethod(recorded)}))
    keys = wrong_keys(town)
    for key in keys.values():
        headers = {"Authorization": b"Bearer " + key.encode("latin-1", "replace")}
        assert town.ask("GET", None, "/me", headers=headers).status_code == 401
    assert compared == [(32, 32)] * len(keys)


def test_the_book_holds_no_key(town: Town) -> None:
    secrets = [key_of(town, who, role).split("_", 2)[2] for who in KNOWN for role in ("sole", "viewer")]
    kept = repr(town.book.kept())
    assert not [secret for secret in secrets if secret in kept]
