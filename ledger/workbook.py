"""The first sheet of an XLSX file as rows of plain text.

Guards: what it unpacks to is bounded before anything is read (zip bombs, `ledger.unpacked`), XML entities are
refused there and by defusedxml, which openpyxl uses when it is there, formulas and broken cells become faults,
and numbers that a spreadsheet has already rounded (more than 15 digits) are refused instead of guessed.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

import openpyxl

from ledger.unpacked import InvalidFile, refuse_bombs

XLSX_MAGIC = b"PK\x03\x04"
MAX_COLUMNS = 60
MAX_SHEET_ROWS = 100_000
EXACT_DIGITS = 15


@dataclass(frozen=True)
class Fault:
    """A cell that has no trustworthy text."""

    value: str
    problem: str
    way_out: str


def xlsx_rows(data: bytes, at_most: int) -> Iterator[tuple[int, list[str | Fault]]]:
    """Row number and cells of the first sheet's rows that are not empty, ``at_most`` of them.

    Raises InvalidFile.
    """
    refuse_bombs(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of styles it does not know: nothing to us
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file claims about its size is not trusted
            rows = enumerate(islice(sheet.iter_rows(max_col=MAX_COLUMNS), MAX_SHEET_ROWS + 1), start=1)
            filled = ((number, cells) for number, row in rows if any(cells := _cells(number, row)))
            return iter(list(islice(filled, at_most)))
    except InvalidFile:
        raise
    except Exception as broken:
        # openpyxl raises whatever its parsers meet: KeyError, ValueError, BadZipFile, EntitiesForbidden …
        raise InvalidFile(
            "the file is not a readable XLSX workbook; save it again as .xlsx or as CSV"
        ) from broken


def _cells(number: int, row: Sequence[object]) -> list[str | Fault]:
    if number > MAX_SHEET_ROWS:
        raise InvalidFile(f"the sheet goes beyond row {MAX_SHEET_ROWS:,}; delete the rows below the data")
    return [_text(cell) for cell in row]


def _text(cell: object) -> str | Fault:
    value = getattr(cell, "value", None)
    kind = getattr(cell, "data_type", "n")
    if kind == "f":
        return Fault(str(value)[:60], "the cell holds a formula", "paste its value instead")
    if kind == "e":
        return Fault(str(value)[:60], "the cell holds a spreadsheet error", "type the value")
    if isinstance(value, bool):
        return Fault(str(value), "the cell holds true or false", "type the value")
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return (
            value.date().isoformat() if value.time() == value.min.time() else value.isoformat(" ", "seconds")
        )
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value).strip()


def _number(value: int | float) -> str | Fault:
    """The number as typed: a float of at most 15 digits has one shortest decimal text."""
    text = str(int(value)) if value == int(value) else repr(value)
    if len(text.lstrip("-").replace(".", "")) > EXACT_DIGITS and "." not in text:
        problem = f"a number of more than {EXACT_DIGITS} digits is rounded by spreadsheets"
        return Fault(text, problem, "format the column as text and enter it again")
    return text
