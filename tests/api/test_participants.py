"""PARTICIPANTS over HTTP.

given the directory
  when anybody looks: it should hold everybody, with names, and no accounts or keys of others
given a file
  when a stranger asks for it: it should look as if it were not there
  when its clearing bank asks: it should be shown
  when it has wrong fields: each should be named
  when the payee account changes: the clearing bank should see the act and its note
given an admission
  when another than the registrar drafts it: refused
  when all have signed, each key itself: complete
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.ids import keccak256, to_hex
from ledger.records import Profile, Recovery
from ledger.signatures import HeldKeys, sign_digest
from tests.api.office import Office, child, file_of, problem
from tests.support.actors import (
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    PANEL,
    REGISTRAR,
    WANYUE,
    WUZE,
    Role,
    party,
)

EVIDENCE = to_hex(keccak256(b"decision"))
NEWCOMER = party("qingchuan", 15, "91320400MA9DEM220J", Role.SUPPLIER, "晴川机加工")
KEYS = [keccak256(f"gold ticket development key: qingchuan {n}".encode()) for n in range(2)]


def admission(**change: Any) -> dict[str, Any]:
    file = replace(file_of(NEWCOMER), uscc="91320400MA9DEM240L").to_dict()
    addresses = [HeldKeys(key).addresses[0] for key in KEYS]
    body = {
        "file": file,
        "roles": ["supplier"],
        "clearing_bank": HUAIYUE.id,
        "keys": [
            {"address": addresses[0], "right": "maker"},
            {"address": addresses[1], "right": "checker"},
        ],
        "bank": LANWAN.id,
    }
    return body | change


def test_the_directory(office: Office) -> None:
    first = office.get(WUZE, "/participants", limit=5).json()
    assert [one["id"] for one in first["items"]] == [1, 2, 3, 4, 5]
    rest = office.get(WUZE, "/participants", cursor=first["next"]).json()
    assert [one["id"] for one in rest["items"]] == list(range(6, 15))
    assert rest["next"] is None
    assert first["items"][3]["name"] == "淮岳银行"
    assert first["items"][3]["roles"] == ["bank", "clearing bank"]


def test_keys_are_shown_to_their_own_company_alone(office: Office) -> None:
    path = f"/participants/{WANYUE.id}"
    assert office.get(WUZE, path).json()["signers"] is None
    assert {key["right"] for key in office.get(WANYUE, path).json()["signers"]} == {
        "maker",
        "checker",
        "sole",
    }
    problem(office.get(WUZE, "/participants/99"), 404, "unknown-party")
    problem(office.get(WUZE, "/participants/x"), 422, "invalid-request")
    me = office.get(office.person(WANYUE, "maker"), "/me").json()
    assert (me["party"]["name"], me["scopes"]) == ("皖岳铸锻", ["maker"])


def test_a_file_is_for_its_company_and_who_pays_it(office: Office) -> None:
    path = f"/participants/{WANYUE.id}/profile"
    for stranger in (WUZE, LANGONG, LANWAN, REGISTRAR):
        problem(office.get(stranger, path), 404, "no-profile")
    for party_ in (WANYUE, HUAIYUE):
        assert office.get(party_, path).json()["file"]["account"]["number"] == "6222000000000007"
    problem(office.get(WUZE, "/participants/99/profile"), 404, "no-profile")


def test_wrong_fields_of_a_file_are_all_named(office: Office) -> None:
    file = file_of(WANYUE).to_dict()
    file["account"]["cnaps"] = "12"
    file["industry"] = "ZZ"
    answer = office.post(WANYUE, f"/participants/{WANYUE.id}/profile", {"file": file})
    found = problem(answer, 422, "invalid-profile")
    assert {error["field"] for error in found["errors"]} == {"account.cnaps", "industry"}


def test_a_new_account_takes_two_people_and_is_told_to_the_clearing_bank(office: Office) -> None:
    file = file_of(WANYUE).to_dict()
    path = f"/participants/{WANYUE.id}/profile"
    problem(office.post(WANYUE, path, {"file": file}), 409, "nothing-changed")
    file["account"]["number"] = "6222000000009999"
    problem(office.post(WUZE, path, {"file": file}), 404, "no-profile")
    problem(office.post(office.person(WANYUE, "checker"), path, {"file": file}), 403, "missing-scope")
    maker, checker = office.person(WANYUE, "maker"), office.person(WANYUE, "checker")
    first = office.post(maker, path, {"file": file}, key="once")
    assert first.status_code == 201
    assert office.post(maker, path, {"file": file}, key="once").text == first.text
    act = first.json()
    assert office.post(maker, f"/acts/{act['id']}/sign").json()["state"] == "awaiting"
    assert office.post(checker, f"/acts/{act['id']}/sign").json()["state"] == "complete"
    note = office.get(HUAIYUE, f"/acts/{act['id']}").json()["extra"]["note"]
    assert "6222000000009999" in note
    problem(office.get(LANWAN, f"/acts/{act['id']}"), 404, "not-found")


def test_admission_is_drafted_by_the_registrar(office: Office) -> None:
    problem(office.post(WUZE, "/participants/admissions", admission()), 403, "not-yours")
    problem(
        office.post(REGISTRAR, "/participants/admissions", admission(roles=["king"])), 422, "invalid-request"
    )
    problem(
        office.post(REGISTRAR, "/participants/admissions", admission(clearing_bank=LANWAN.id)),
        422,
        "bad-clearing-bank",
    )
    known = admission(file=file_of(WUZE).to_dict())
    problem(office.post(REGISTRAR, "/participants/admissions", known), 409, "already-admitted")
    assert office.read(lambda store: store.find(Profile, uscc="91320400MA9DEM240L")) == []


def test_bank_registrar_and_each_key_sign_an_admission(office: Office) -> None:
    first = office.post(REGISTRAR, "/participants/admissions", admission(), key="once")
    again = office.post(REGISTRAR, "/participants/admissions", admission(), key="once")
    assert (first.text, again.headers["idempotent-replay"]) == (again.text, "true")
    act = first.json()
    path = f"/acts/{act['id']}"
    assert office.get(LANWAN, path).json()["extra"]["file"]["name"] == "晴川机加工"
    problem(office.get(NANHUAI, path), 404, "not-found")
    for party_ in (REGISTRAR, LANWAN):
        office.post(party_, f"{path}/sign")
    for key in KEYS:
        signature = to_hex(sign_digest(key, bytes.fromhex(act["id"][2:])))
        answer = office.post(REGISTRAR, f"{path}/signatures", {"signature": signature})
        assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "complete"


def test_signers(office: Office) -> None:
    address = HeldKeys(KEYS[0]).addresses[0]
    path = f"/participants/{WANYUE.id}/signers"
    body = {"add": [{"address": address, "right": "checker"}]}
    problem(office.post(WUZE, path, body), 404, "no-profile")
    taken = {"add": [{"address": office.person(WUZE).address, "right": "maker"}]}
    problem(office.post(WANYUE, path, taken), 409, "key-taken")
    lost = {"remove": [office.person(WANYUE, role).address for role in ("maker", "sole")]}
    problem(office.post(WANYUE, path, lost), 422, "nobody-can-sign")
    bad = {"add": [{"address": "0x12", "right": "maker"}]}
    assert (
        problem(office.post(WANYUE, path, bad), 422, "invalid-request")["errors"][0]["field"]
        == "add.0.address"
    )
    act = office.post(WANYUE, path, body).json()
    assert [seat["kind"] for seat in act["seats"]] == ["party", "key"]


def test_suspension(office: Office) -> None:
    path = f"/participants/{WUZE.id}/suspensions"
    body = {"until": "2026-12-10T00:00:00+08:00", "evidence": EVIDENCE}
    problem(office.post(WANYUE, path, body), 403, "not-yours")
    problem(office.post(REGISTRAR, "/participants/99/suspensions", body), 404, "unknown-party")
    assert office.post(REGISTRAR, path, body).json()["kind"] == "Suspend"
    by_panel = office.post(LANWAN, path, {**body, "by_panel": True}).json()
    assert [seat["party"]["id"] for seat in by_panel["seats"]] == [member.id for member in PANEL]


def test_recovery_and_its_veto(office: Office) -> None:
    path = f"/participants/{WUZE.id}/recoveries"
    body = {"keys": [{"address": HeldKeys(KEYS[0]).addresses[0], "right": "sole"}], "evidence": EVIDENCE}
    problem(office.post(WANYUE, path, body), 403, "not-yours")
    problem(office.post(WUZE, f"{path}/veto"), 404, "no-recovery")
    act = office.post(HUAIYUE, path, body).json()
    assert [seat["kind"] for seat in act["seats"]] == ["party", "key", "panel", "panel", "panel", "panel"]
    office.put(Recovery(WUZE.id, keccak256(b"recovery"), office.clock.now() + 14 * 86_400))
    assert office.get(WANYUE, f"/participants/{WUZE.id}").json()["recovery"]["digest"]
    problem(office.post(WUZE, f"{path}/complete"), 409, "too-early")
    veto = office.post(WUZE, f"{path}/veto").json()
    assert office.post(WUZE, f"/acts/{veto['id']}/sign").json()["state"] == "complete"


def test_the_panel(office: Office) -> None:
    assert office.get(WUZE, "/panel").json()["threshold"] == 3
    body = {"members": [1, 2, 3], "threshold": 2, "evidence": EVIDENCE}
    problem(office.post(WUZE, "/panel", body), 403, "not-yours")
    problem(office.post(LANWAN, "/panel", {**body, "threshold": 4}), 422, "bad-threshold")
    act = office.post(LANWAN, "/panel", body).json()
    for member in PANEL[:3]:
        signed = office.post(member, f"/acts/{act['id']}/sign").json()
    assert signed["state"] == "complete"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/stops", {"stages": ["transfer"], "until": "2026-11-25T00:00:00Z", "evidence": EVIDENCE}),
        ("/closures", {"evidence": EVIDENCE}),
    ],
)
def test_stops_and_closures_are_the_panels(office: Office, path: str, body: dict[str, Any]) -> None:
    problem(office.post(WUZE, path, body), 403, "not-yours")
    problem(office.post(LANWAN, path, {}), 422, "invalid-request")
    assert office.post(LANWAN, path, body).status_code == 201


def test_a_stop_is_told_and_bites(office: Office) -> None:
    ticket = office.issued(LANGONG, WANYUE)
    until = office.clock.now() + 86_400
    office.happened(
        "StagesStopped", stages=8, until=until, freeFrom=until, evidence=keccak256(b"e"), sequence=1
    )
    assert office.get(WUZE, "/panel").json()["stopped_stages"] == ["transfer"]
    body = {"ticket": to_hex(ticket.id), "children": [child(WANYUE, WUZE, 1_000_000)]}
    problem(office.post(WANYUE, "/offers", body), 409, "stage-stopped")
