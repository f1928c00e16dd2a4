"""Tables in files.

given a file that is empty, too large, damaged, an old workbook, a zip bomb or in another encoding
  it should refuse the file and say what to do
given headers that lack a column, or have one twice
  it should refuse the file and name the column
given cells that hold formulas, errors, or numbers that a spreadsheet has rounded
  it should report the cell
given CSV in UTF-8 with or without mark or GB 18030, or XLSX
  it should read the same text from each
written CSV, given a text that a spreadsheet would run
  it should be neutral, and read back as it was
"""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Invalid
from ledger.sheets import MAX_BYTES, Column, InvalidFile, RowReader, neutral, read_table, write_csv
from ledger.workbook import Fault

COLUMNS = (
    Column("name", ("名称", "name")),
    Column("amount", ("金额(元)", "amount (yuan)")),
    Column("note", ("备注", "note"), required=False),
)


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def cells(data: bytes) -> list[dict[str, object]]:
    return [dict(row.cells) for row in read_table(data, COLUMNS).rows]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\n\n , ,\n", "empty"),
        (b"x" * (MAX_BYTES + 1), "split it"),
        (b"\xd0\xcf\x11\xe0rest", "old .xls"),
        ("名称,金额".encode("utf-16"), "neither UTF-8"),
        (b"\xff\xfe\xff", "neither UTF-8"),
        (b"PK\x03\x04 not a zip", "damaged"),
        (b'name,amount (yuan)\n"open,1\n', "quotation mark"),
        ("名称,备注\n".encode(), r"lacks 金额\(元\)"),
        ("名称,name,金额(元)\n".encode(), "there already"),
    ],
)
def test_an_unusable_file_is_refused(data, why):
    with pytest.raises(InvalidFile, match=why):
        read_table(data, COLUMNS)


def test_a_zip_that_is_no_workbook_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(InvalidFile, match="not a readable XLSX"):
        read_table(stream.getvalue(), COLUMNS)


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(101 * 1024 * 1024))
    assert len(stream.getvalue()) < 200_000
    with pytest.raises(InvalidFile, match="too large when unpacked"):
        read_table(stream.getvalue(), COLUMNS)


def test_xml_entities_in_a_workbook_are_refused():
    good, bad = io.BytesIO(workbook(["name", "amount (yuan)"], ["a", "1"])), io.BytesIO()
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for part in source.namelist():
            target.writestr(part, bomb if part.endswith("sheet1.xml") else source.read(part))
    with pytest.raises(InvalidFile, match="declares a document type"):
        read_table(bad.getvalue(), COLUMNS)


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr("ledger.sheets.MAX_ROWS", 3)
    for data in (
        b"name,amount (yuan)\n" + b"a,1\n" * 4,
        workbook(["name", "amount (yuan)"], *[["a", 1]] * 4),
    ):
        with pytest.raises(InvalidFile, match="more than 3 rows"):
            read_table(data, COLUMNS)


def test_data_far_below_is_refused_instead_of_left_out(monkeypatch):
    monkeypatch.setattr("ledger.workbook.MAX_SHEET_ROWS", 5)
    rows = [["name", "amount (yuan)"], ["a", 1], *[[]] * 4, ["b", 2]]
    with pytest.raises(InvalidFile, match="goes beyond row 5"):
        read_table(workbook(*rows), COLUMNS)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("=1+1", "formula"),
        (True, "true or false"),
        ("#DIV/0!", "spreadsheet error"),
        (25342000000012345678, "rounded"),
        (2.5342e19, "rounded"),
    ],
)
def test_a_cell_without_trustworthy_text_is_a_fault(cell, why):
    (row,) = cells(workbook(["name", "amount (yuan)"], [cell, 1]))
    assert isinstance(row["name"], Fault)
    assert why in row["name"].problem


def test_a_formula_in_csv_is_a_fault():
    (row,) = cells(b"name,amount (yuan)\n=cmd|' /C calc'!A0,1\n")
    assert isinstance(row["name"], Fault)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_is_read_in_each_usual_encoding(encoding, delimiter):
    data = f"名称{delimiter} 金额（元）\r\n皖岳铸锻{delimiter}420000.00\r\n".encode(encoding)
    assert cells(data) == [{"name": "皖岳铸锻", "amount": "420000.00"}]


def test_a_workbook_gives_the_text_as_typed():
    rows = [
        ["NAME", "Amount (Yuan)", "note"],
        [" 皖岳铸锻 ", 420000, date(2027, 5, 23)],
        [None, None, None],
        ["007", 0.1, datetime(2027, 5, 24, 10, 30)],  # noqa: DTZ001 — cells have no zone
        [123, 268350.5, None],
    ]
    table = read_table(workbook(*rows), COLUMNS)
    assert [row.number for row in table.rows] == [2, 4, 5]
    assert [dict(row.cells) for row in table.rows] == [
        {"name": "皖岳铸锻", "amount": "420000", "note": "2027-05-23"},
        {"name": "007", "amount": "0.1", "note": "2027-05-24 10:30:00"},
        {"name": "123", "amount": "268350.5", "note": ""},
    ]


def test_rows_are_numbered_as_a_spreadsheet_shows_them_and_strange_columns_left_out():
    table = read_table(b"\nname,colour,amount (yuan)\n\na,red,1\n", COLUMNS)
    assert table.ignored == ("colour",)
    assert [row.number for row in table.rows] == [4]


def test_a_reader_reports_what_it_cannot_read_and_forgives_an_empty_cell_that_may_be_empty():
    (row,) = read_table(b"name,amount (yuan),note\n,x,\n", COLUMNS).rows
    problems = []
    reader = RowReader(row, COLUMNS, problems)

    def refuse(_: str) -> str:
        raise Invalid("the value is odd; change it")

    assert reader.text("name") is None
    assert reader.read("amount", refuse) is None
    assert reader.text("note") is None
    assert [(p.row, p.column, p.problem, p.way_out) for p in problems] == [
        (2, "名称", "the cell is empty", "fill it in"),
        (2, "金额(元)", "the value is odd", "change it"),
    ]


@pytest.mark.parametrize("text", ["a\u202eb", "x" * 65])
def test_a_reader_refuses_text_that_people_cannot_read(text):
    (row,) = read_table(f"name,amount (yuan)\n{text},1\n".encode(), COLUMNS).rows
    problems = []
    assert RowReader(row, COLUMNS, problems).text("name") is None
    assert len(problems) == 1


@given(st.text(alphabet="=+-@'＝a1 ,\"\t", max_size=6))
def test_written_csv_is_neutral_and_reads_back(text):
    data = write_csv(["name", "amount (yuan)"], [["x" + text, "1"], [text, "2"]])
    assert not neutral(text).startswith(("=", "+", "-", "@", "\t"))
    assert data.startswith(b"\xef\xbb\xbf")
    if text.strip() == text and not text.startswith("'"):
        assert cells(data)[1]["name"] == text
