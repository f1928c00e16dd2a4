"""Payables and their import.

given a row with an empty, misspelt or contradictory value
  it should report row, column, value, problem and way out, and import nothing
given an invoice that stands in two rows, or that is known with another amount or date
  it should report the row
given the same file again
  it should change nothing
given a debt that is paid late by Decree 802, or due already
  it should warn and import all the same
given the example files, as CSV or XLSX, in either language
  it should read all their rows
"""

import csv
import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from ledger.money import parse_yuan
from ledger.payable_file import COLUMNS, parse_invoices, parse_payables, payables_csv, plan_file
from ledger.payables import ImportRefused, Payable, PayableRow, by_key, plan_import, shift_due
from ledger.sheets import Problem
from ledger.unpacked import InvalidFile

EXAMPLES = Path(__file__).parents[2] / "examples"
LANGONG, CHENGHAI = "91340100MA9DEM0A3H", "91330200MA9DEM0B1D"
WANYUE, SUHENG, YONGTUO = "91340100MA9DEM01XQ", "91320500MA9DEM0285", "91330200MA9DEM036L"
HEADERS = [column.label for column in COLUMNS]
GOOD = {
    "订单号": "LG-2026-0410",
    "收货单号": "GR-1",
    "收货日期": "2026-11-20",
    "发票号码": "26342000000000048213",
    "供应商统一社会信用代码": WANYUE,
    "供应商名称": "皖岳铸锻",
    "金额(元)": "420,000.00",
    "到期日": "2027-01-15",
}


def sheet(*rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADERS)
    writer.writeheader()
    writer.writerows({**GOOD, **row} for row in rows)
    return text.getvalue().encode()


def known(*rows: dict[str, str]) -> dict:
    return by_key(plan_file(sheet(*rows), LANGONG, {}).require().new)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"订单号": ""}, "empty"),
        ({"收货单号": "x" * 65}, "65 characters"),
        ({"收货日期": "20.11.2026"}, "not a date"),
        ({"发票号码": "08123456"}, "not an invoice number"),
        ({"发票号码": "2.6342E+19"}, "not an invoice number"),
        ({"发票号码": "26342000000000048213;26342000000000048214"}, "no amount"),
        ({"发票号码": "26342000000000048213:1;26342000000000048213:419999"}, "twice"),
        ({"发票号码": "26342000000000048213:1;26342000000000048214:2"}, "come to 3.00"),
        ({"发票号码": "26342000000000048213:0;26342000000000048214:420000"}, "no amount above 0"),
        ({"发票号码": ";"}, "no amount"),
        ({"供应商统一社会信用代码": WANYUE[:-1] + "Z"}, "cannot have"),
        ({"供应商统一社会信用代码": LANGONG}, "buyer itself"),
        ({"供应商名称": "皖\u202e岳"}, "invisible"),
        ({"金额(元)": "420000.001"}, "fraction of a fen"),
        ({"金额(元)": "０"}, "full-width"),
        ({"金额(元)": "-1"}, "below zero"),
        ({"金额(元)": "0.00"}, "amount is 0"),
        ({"金额(元)": "=1+1"}, "formula"),
        ({"到期日": "2027-02-29"}, "no day"),
        ({"到期日": "2026-11-19"}, "before the goods receipt"),
    ],
)
def test_a_wrong_cell_is_reported_and_nothing_imported(change, problem):
    good = {"发票号码": "26342000000000099999"}
    plan = plan_file(sheet(good, change), LANGONG, {})
    assert plan.new == plan.unchanged == ()
    (error,) = plan.errors
    assert (error.row, error.column) == (3, next(iter(change)))
    assert problem in error.problem
    assert error.way_out
    with pytest.raises(ImportRefused, match="nothing was imported") as refused:
        plan.require()
    assert refused.value.evidence["errors"][0]["row"] == 3


def test_every_wrong_cell_of_every_row_is_reported():
    plan = plan_file(sheet({"金额(元)": "x", "到期日": "y"}, {}, {"订单号": ""}), LANGONG, {})
    assert [(e.row, e.column) for e in plan.errors] == [(2, "金额(元)"), (2, "到期日"), (4, "订单号")]


def test_a_file_without_rows_is_an_error():
    with pytest.raises(InvalidFile, match="no rows below its headers"):
        plan_file(sheet(), LANGONG, {})


def test_an_invoice_in_two_rows_is_an_error():
    (error,) = plan_file(sheet({}, {"订单号": "LG-2"}), LANGONG, {}).errors
    assert (error.row, error.column, error.value) == (3, "发票号码", GOOD["发票号码"])
    assert "row 2 too" in error.problem


@pytest.mark.parametrize(
    ("change", "column", "problem"),
    [
        ({"金额(元)": "420,000.01"}, "金额(元)", "known already with 420,000.00"),
        ({"金额(元)": "419,999.99"}, "金额(元)", "known already with 420,000.00"),
        ({"到期日": "2027-01-14"}, "到期日", "due date 2027-01-15"),
        ({"到期日": "2027-01-18"}, "到期日", "due date 2027-01-15"),
        ({"订单号": "LG-2"}, "发票号码", "from order LG-2026-0410"),
    ],
)
def test_a_known_invoice_that_says_something_else_is_an_error(change, column, problem):
    (error,) = plan_file(sheet(change), LANGONG, known({})).errors
    assert error.column == column
    assert problem in error.problem
    assert error.row == 2


def test_a_known_invoice_among_new_ones_is_an_error_in_either_order():
    old, new = "26342000000000048213", "26342000000000048300"
    for pair in (f"{old}:420000;{new}:1", f"{new}:1;{old}:420000"):
        (error,) = plan_file(sheet({"发票号码": pair, "金额(元)": "420001"}), LANGONG, known({})).errors
        assert error.row == 2


def test_the_same_rows_again_change_nothing():
    plan = plan_file(
        sheet({"供应商名称": "皖岳铸锻有限公司", "金额(元)": "420000"}), LANGONG, known({})
    ).require()
    assert plan.new == ()
    assert len(plan.unchanged) == 1


def test_another_core_or_supplier_may_have_an_invoice_of_that_number():
    assert len(plan_file(sheet({}), CHENGHAI, known({})).require().new) == 1
    assert len(plan_file(sheet({"供应商统一社会信用代码": SUHENG}), LANGONG, known({})).require().new) == 1


def test_a_late_payment_by_decree_802_is_a_warning():
    assert plan_file(sheet({}), LANGONG, {}).warnings == ()
    plan = plan_file(sheet({"到期日": "2027-05-23"}), LANGONG, {}).require()
    assert plan.warnings == (
        Problem(
            2,
            "到期日",
            "2027-05-23",
            "185 days pass from delivery to cash",
            "pay a small or medium supplier within 60 days as a rule (Decree 802), or record why not",
        ),
    )
    assert plan.new[0].days_to_cash == 185


def test_sixty_days_are_in_time_and_sixty_one_are_not():
    assert plan_file(sheet({"到期日": "2027-01-19"}), LANGONG, {}).warnings == ()
    (warning,) = plan_file(sheet({"到期日": "2027-01-20"}), LANGONG, {}).warnings
    assert warning.problem == "61 days pass from delivery to cash"


def test_delivered_today_and_due_tomorrow_is_nothing_to_warn_of():
    assert plan_file(sheet({}), LANGONG, {}, today=date(2026, 11, 20)).warnings == ()
    assert plan_file(sheet({}), LANGONG, {}, today=date(2027, 1, 14)).warnings == ()


def test_goods_may_be_received_on_the_day_that_they_are_paid_for():
    plan = plan_file(sheet({"收货日期": "2027-01-15"}), LANGONG, {}).require()
    assert plan.new[0].days_to_cash == 0


def test_a_debt_that_is_due_or_not_yet_delivered_is_a_warning():
    due = plan_file(sheet({}), LANGONG, {}, today=date(2027, 1, 15)).require()
    assert [(w.column, w.problem) for w in due.warnings] == [("到期日", "the debt is due already")]
    early = plan_file(sheet({}), LANGONG, {}, today=date(2026, 11, 19)).require()
    assert [(w.column, w.problem) for w in early.warnings] == [
        ("收货日期", "the goods receipt lies in the future")
    ]


def test_a_payable_keeps_every_value():
    text = "3400204130-08123456：200,000.00；26342000000000048213:220000"
    (payable,) = plan_file(sheet({"发票号码": text}), LANGONG, {}).require().new
    assert (payable.core, payable.supplier, payable.supplier_name) == (LANGONG, WANYUE, "皖岳铸锻")
    assert (payable.order_no, payable.receipt_no) == ("LG-2026-0410", "GR-1")
    assert (payable.receipt_date, payable.due) == (date(2026, 11, 20), date(2027, 1, 15))
    assert payable.amount == 42_000_000
    assert [(i.code, i.number, i.amount) for i in payable.invoices] == [
        ("3400204130", "08123456", 20_000_000),
        ("", "26342000000000048213", 22_000_000),
    ]
    assert payable.keys[0] == (LANGONG, WANYUE, "3400204130-08123456")


def test_an_invoice_cell_is_read_in_the_usual_ways():
    assert parse_invoices("26342000000000048213") == [("", "26342000000000048213", None)]
    assert parse_invoices("034020413012-08123456:1.50") == [("034020413012", "08123456", parse_yuan("1.50"))]


def example(name: str, core: str) -> tuple[Payable, ...]:
    return plan_file((EXAMPLES / name).read_bytes(), core, {}).require().new


def test_the_example_has_the_rows_of_the_story():
    payables = example("payables.csv", LANGONG)
    assert len(payables) >= 20
    assert {p.supplier for p in payables} == {WANYUE, SUHENG, YONGTUO}
    amounts = sorted(p.amount for p in payables)
    assert (amounts[0], amounts[-1]) == (parse_yuan("50,000"), parse_yuan("5,000,000"))
    assert sum(amounts[10:12]) // 2 == parse_yuan("800,000")
    assert all(60 <= (p.due - date(2026, 11, 23)).days <= 180 for p in payables)
    assert any(len(p.invoices) > 1 for p in payables)
    assert len(example("payables-chenghai.csv", CHENGHAI)) == 5


def test_written_payables_read_back():
    payables = example("payables.csv", LANGONG)
    assert plan_file(payables_csv(payables), LANGONG, {}).new == payables
    assert plan_file(payables_csv(payables), LANGONG, by_key(payables)).unchanged == payables


def test_a_workbook_with_english_headers_reads_the_same():
    payables = example("payables.csv", LANGONG)
    book = openpyxl.Workbook()
    book.active.append([column.headers[1] for column in COLUMNS])
    for row in list(csv.reader(io.StringIO(payables_csv(payables).decode("utf-8-sig"))))[1:]:
        row[2], row[7] = date.fromisoformat(row[2]), date.fromisoformat(row[7])
        row[6] = float(row[6].replace(",", ""))
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    assert plan_file(stream.getvalue(), LANGONG, {}).require().new == payables


def test_an_example_can_be_moved_to_another_year():
    (first, *_), (moved, *_) = (
        example("payables.csv", LANGONG),
        shift_due(example("payables.csv", LANGONG), 365),
    )
    assert (moved.due - first.due).days == (moved.receipt_date - first.receipt_date).days == 365
    assert replace(moved, due=first.due, receipt_date=first.receipt_date) == first


def test_ten_thousand_rows_are_planned_in_a_moment():
    template = example("payables.csv", LANGONG)[0]
    rows = [
        PayableRow(n + 2, replace(template, invoices=(replace(template.invoices[0], number=f"{n:020d}"),)))
        for n in range(10_000)
    ]
    assert len(plan_import(rows, {}).new) == 10_000
    assert len(plan_import(rows, by_key(row.payable for row in rows)).unchanged) == 10_000


def test_columns_nobody_asked_for_are_named():
    data = (
        sheet({}).replace("订单号".encode(), "颜色,订单号".encode(), 1).replace(b"LG-2026", b"red,LG-2026", 1)
    )
    parsed = parse_payables(data, LANGONG)
    assert parsed.ignored_columns == ("颜色",)
    assert len(parsed.rows) == 1
