"""Payables over HTTP.

given a file of a core's payables
  when a row is wrong: nothing should be imported, and each wrong cell be named
  when it is no table, or another than a core sends it: refused
  when it is good: its rows should be there, for the core alone
  when it comes again, under the same key or another: nothing should change
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.records import PayableRow
from tests.api.office import Office, Person, problem
from tests.support.actors import CHENGHAI, HUAIYUE, LANGONG, WANYUE, Party

FILE = Path("examples/payables.csv").read_bytes()
ROWS = len(FILE.decode("utf-8-sig").strip().splitlines()) - 1


def send(office: Office, who: Party | Person, data: bytes, key: str | None = None) -> httpx.Response:
    return office.post(who, "/payables/imports", files={"file": ("payables.csv", data)}, key=key)


def test_wrong_cells_are_named_and_nothing_is_imported(office: Office) -> None:
    broken = FILE.replace(b"420,000.00", b"420,000.005").replace(
        b"91330200MA9DEM036L", b"91330200MA9DEM0360", 1
    )
    found = problem(send(office, LANGONG, broken), 422, "import-refused")
    assert [(error["row"], error["column"]) for error in found["errors"]] == [
        (3, "金额(元)"),
        (4, "供应商统一社会信用代码"),
    ]
    assert all(error["problem"] and error["way_out"] for error in found["errors"])
    assert office.read(lambda store: store.count(PayableRow)) == 0


@pytest.mark.parametrize(
    ("who", "data", "status", "code"),
    [
        (WANYUE, FILE, 403, "missing-role"),
        (HUAIYUE, FILE, 403, "missing-role"),
        (LANGONG, b"", 422, "invalid-file"),
        (LANGONG, b"PK\x03\x04 no workbook", 422, "invalid-file"),
        (LANGONG, b"a,b\n1,2\n", 422, "invalid-file"),
    ],
)
def test_refusals(office: Office, who: Any, data: bytes, status: int, code: str) -> None:
    problem(send(office, who, data), status, code)


def test_only_a_maker_imports(office: Office) -> None:
    for role in ("checker", "viewer"):
        problem(send(office, office.person(LANGONG, role), FILE), 403, "missing-scope")
    problem(office.post(LANGONG, "/payables/imports", {}), 422, "invalid-request")


def test_imported_rows_are_the_cores_alone(office: Office) -> None:
    done = send(office, LANGONG, FILE).json()
    assert (done["new"], done["unchanged"], len(done["payables"])) == (ROWS, 0, ROWS)
    listed = office.get(LANGONG, "/payables", limit=200, free=True).json()["items"]
    assert len(listed) == ROWS
    assert sum(int(one["amount"]) for one in listed) == int(done["total"])
    row = next(one for one in listed if one["order_no"] == "LG-2026-0419")
    assert [invoice["amount"] for invoice in row["invoices"]] == ["130000000", "80000000"]
    assert (row["due"], row["act"]) == ("2027-04-22", None)
    assert office.get(LANGONG, "/payables", free=False).json()["items"] == []
    for stranger in (CHENGHAI, WANYUE):
        assert office.get(stranger, "/payables").json()["items"] == []


def test_the_same_file_again_changes_nothing(office: Office) -> None:
    first = send(office, LANGONG, FILE, key="monday")
    again = send(office, LANGONG, FILE, key="monday")
    assert (first.text, again.headers["idempotent-replay"]) == (again.text, "true")
    anew = send(office, LANGONG, FILE, key="tuesday").json()
    assert (anew["new"], anew["unchanged"], anew["total"]) == (0, ROWS, "0")
    problem(send(office, LANGONG, FILE + b"\n", key="monday"), 409, "idempotency-key-reused")
    changed = FILE.replace(b"420,000.00", b"430,000.00")
    assert len(problem(send(office, LANGONG, changed), 422, "import-refused")["errors"]) == 1


def test_pages_of_payables(office: Office) -> None:
    send(office, LANGONG, FILE)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        page = office.get(LANGONG, "/payables", limit=7, **more).json()
        seen += [one["invoice"] for one in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == ROWS
