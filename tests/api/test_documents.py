"""Documents over HTTP.

given documents of several companies
  when one of them lists its own: it should find those addressed to it, the newest first
  when a stranger asks for one: it should look as if it were not there
  when a holder further down asks for the undertaking behind its ticket: it should read it
  when one is read: its bytes should hash to its id, and a browser should run and load nothing of it
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.ids import keccak256, to_hex
from ledger.records import StoredDocument
from tests.api.office import Office, problem
from tests.support.actors import CHANGLI, CHENGHAI, HUAIYUE, LANGONG, WANYUE, WUZE, Party
from tests.support.world import OPENED

HTML = "text/html; charset=utf-8"
BODY = "<!doctype html><script>alert(1)</script>付款承诺函".encode()


def stored(
    office: Office, kind: str, *parties: Party, body: bytes = BODY, at: int = OPENED
) -> tuple[bytes, str]:
    hash_ = keccak256(body)
    office.put(StoredDocument(hash_, kind, HTML, body, [party.id for party in parties], at))
    return hash_, to_hex(hash_)


def listed(office: Office, who: Party, **params: Any) -> list[str]:
    return [one["hash"] for one in office.get(who, "/documents", **params).json()["items"]]


def test_a_company_finds_what_is_addressed_to_it(office: Office) -> None:
    _, old = stored(office, "undertaking", LANGONG, WANYUE, HUAIYUE)
    _, new = stored(office, "assignment-notice", LANGONG, WUZE, body=b"notice", at=OPENED + 9)
    assert listed(office, LANGONG) == [new, old]
    assert listed(office, LANGONG, kind="assignment-notice") == [new]
    assert listed(office, WANYUE) == [old]
    assert listed(office, CHANGLI) == []
    [first, *_] = office.get(LANGONG, "/documents", limit=1).json()["items"]
    assert [party["name"] for party in first["parties"]] == ["岚工重装股份", "芜泽精密"]
    assert first["created_at"] == "2026-11-23T02:00:09Z"
    cursor = office.get(LANGONG, "/documents", limit=1).json()["next"]
    assert listed(office, LANGONG, cursor=cursor) == [old]


def test_strangers_find_nothing(office: Office) -> None:
    _, hash_ = stored(office, "finance-terms", WUZE, HUAIYUE)
    for stranger in (LANGONG, CHANGLI):
        problem(office.get(stranger, f"/documents/{hash_}"), 404, "unknown-document")
    problem(office.get(WUZE, "/documents/0x" + "11" * 32), 404, "unknown-document")


@pytest.mark.parametrize("path", ["/documents/0x12", "/documents/x"])
def test_wrong_hashes(office: Office, path: str) -> None:
    problem(office.get(WUZE, path), 422, "invalid-request")


@pytest.mark.parametrize(
    "params", [{"disposition": "run"}, {"limit": 0}, {"limit": 201}, {"kind": "x" * 41}, {"kind": "\0"}]
)
def test_wrong_queries(office: Office, params: dict[str, Any]) -> None:
    _, hash_ = stored(office, "undertaking", WUZE)
    path = f"/documents/{hash_}" if "disposition" in params else "/documents"
    problem(office.get(WUZE, path, **params), 422, "invalid-request")


def test_a_later_holder_reads_the_undertaking(office: Office) -> None:
    hash_, path = stored(office, "undertaking", LANGONG, WANYUE)
    root = office.issued(LANGONG, WANYUE, undertaking=hash_)
    problem(office.get(WUZE, f"/documents/{path}"), 404, "unknown-document")
    act = office.drafted(WANYUE, root.id, (WUZE, 10_000_000))
    problem(office.get(WUZE, f"/documents/{path}"), 404, "unknown-document")
    office.post(WANYUE, f"/acts/{act['id']}/sign")
    assert office.get(WUZE, f"/documents/{path}").status_code == 200
    problem(office.get(CHANGLI, f"/documents/{path}"), 404, "unknown-document")


def test_another_cores_issuance_that_names_it_opens_it_to_nobody(office: Office) -> None:
    hash_, path = stored(office, "undertaking", LANGONG, WANYUE)
    office.issued(CHENGHAI, WUZE, undertaking=hash_)
    problem(office.get(WUZE, f"/documents/{path}"), 404, "unknown-document")


def test_its_bytes_are_what_was_hashed_and_do_nothing(office: Office) -> None:
    _, hash_ = stored(office, "undertaking", LANGONG)
    answer = office.get(LANGONG, f"/documents/{hash_}")
    assert (answer.content, to_hex(keccak256(answer.content))) == (BODY, hash_)
    headers = answer.headers
    assert headers["content-type"] == HTML
    assert headers["content-disposition"] == f'inline; filename="undertaking-{hash_[2:18]}.html"'
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
    policy = {part.strip() for part in headers["content-security-policy"].split(";")}
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'none'"} <= policy
    kept = office.get(LANGONG, f"/documents/{hash_}", disposition="attachment")
    assert kept.headers["content-disposition"].startswith("attachment;")
