"""Tables in files: CSV and XLSX in, CSV out.

A file comes from someone else's ERP, so nothing in it is trusted: sizes are bounded, formulas are refused,
and every cell becomes plain text that is then parsed strictly. The first row that is not empty carries the
headers; rows are numbered as a spreadsheet shows them.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ledger.errors import GoldTicketError, Invalid
from ledger.unpacked import InvalidFile
from ledger.workbook import MAX_COLUMNS, MAX_SHEET_ROWS, XLSX_MAGIC, Fault, xlsx_rows

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 10_000
MAX_CELL = 2_000
MOST_IN_HEADER = 20_000
"""Characters of the first line that are looked at to find the delimiter."""

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FORMULA = ("the cell holds a formula", "give its value instead")

T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """A column that is looked for: its key, and the headers by which it is known, the shown one first."""

    key: str
    headers: tuple[str, ...]
    required: bool = True

    @property
    def label(self) -> str:
        """The header as the template has it."""
        return self.headers[0]


@dataclass(frozen=True)
class Problem:
    """One wrong (or doubtful) cell: where it is, what it says, what is wrong, and the way out."""

    row: int
    column: str
    value: str
    problem: str
    way_out: str


@dataclass(frozen=True)
class Row:
    """One row: its number in the spreadsheet and the text of each column by key ("" when empty)."""

    number: int
    cells: Mapping[str, str | Fault]


@dataclass(frozen=True)
class Table:
    """The rows, and the headers that nobody asked for."""

    rows: tuple[Row, ...]
    ignored: tuple[str, ...]


class RowReader:
    """Reads the cells of one row; what is wrong is added to ``problems`` and reads as None."""

    def __init__(self, row: Row, columns: Sequence[Column], problems: list[Problem]) -> None:
        self._row = row
        self._columns = {column.key: column for column in columns}
        self._problems = problems
        self.failed = False

    def read(self, key: str, parse: Callable[[str], T]) -> T | None:
        """The parsed cell. None for an empty cell; that is a problem only if the column is required."""
        cell = self._row.cells.get(key, "")
        if isinstance(cell, Fault):
            self.wrong(key, cell.value, cell.problem, cell.way_out)
            return None
        if not cell:
            if self._columns[key].required:
                self.wrong(key, "", "the cell is empty", "fill it in")
            return None
        try:
            return parse(cell)
        except GoldTicketError as error:
            problem, _, way_out = error.message.rpartition("; ")
            self.wrong(key, cell, problem, way_out)
            return None

    def text(self, key: str, longest: int = 64) -> str | None:
        """A short text of printable characters."""

        def parse(cell: str) -> str:
            if len(cell) > longest:
                raise Invalid(f"the text has {len(cell)} characters; keep it within {longest}")
            if not cell.isprintable():
                raise Invalid("the text has an invisible character; type it again")
            return cell

        return self.read(key, parse)

    def wrong(self, key: str, value: str, problem: str, way_out: str) -> None:
        """Note a problem of this row's cell; the row has failed."""
        self.failed = True
        label = self._columns[key].label
        self._problems.append(Problem(self._row.number, label, value[:80], problem, way_out))


def read_table(data: bytes, columns: Sequence[Column]) -> Table:
    """Read CSV (UTF-8, GB 18030) or XLSX. Raises InvalidFile when the file as a whole is unusable."""
    if len(data) > MAX_BYTES:
        raise InvalidFile(f"the file has {len(data):,} bytes, at most {MAX_BYTES:,} are read; split it")
    lines = xlsx_rows(data, MAX_ROWS + 2) if data.startswith(XLSX_MAGIC) else _csv_rows(data, columns)
    header = next(lines, None)
    if header is None:
        raise InvalidFile("the file is empty; fill in the template")
    places, ignored = _places([cell if isinstance(cell, str) else "" for cell in header[1]], columns)
    rows: list[Row] = []
    for number, cells in lines:
        if len(rows) >= MAX_ROWS:
            raise InvalidFile(f"the file has more than {MAX_ROWS:,} rows; split it")
        row = {key: cells[place] if place < len(cells) else "" for key, place in places.items()}
        rows.append(Row(number, row))
    return Table(tuple(rows), ignored)


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """CSV that a spreadsheet opens as UTF-8, with no cell that it would take for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([neutral(cell) for cell in headers])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def neutral(cell: str) -> str:
    """The cell, with an apostrophe in front if a spreadsheet would run it as a formula (CWE-1236)."""
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def _csv_rows(data: bytes, columns: Sequence[Column]) -> Iterator[tuple[int, list[str | Fault]]]:
    text = _decoded(data)
    first = next((line for line in io.StringIO(text) if line.strip()), "")[:MOST_IN_HEADER]
    delimiter = max(
        ",\t;", key=lambda mark: len(_known(first.split(mark, MAX_COLUMNS)[:MAX_COLUMNS], columns))
    )
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
        ):
            if number > MAX_SHEET_ROWS:
                raise InvalidFile(
                    f"the file goes beyond row {MAX_SHEET_ROWS:,}; delete the rows below the data"
                )
            if any(stripped := [_csv_cell(cell) for cell in cells[:MAX_COLUMNS]]):
                yield number, stripped
    except csv.Error as broken:
        raise InvalidFile(
            f"the CSV is broken ({broken}); look for a quotation mark that is not closed"
        ) from None


def _csv_cell(cell: str) -> str | Fault:
    text = cell.strip().strip("\ufeff\u3000")
    if len(text) > MAX_CELL:
        return Fault(text[:60], f"the cell has {len(text):,} characters", "shorten it")
    if text.startswith("="):
        return Fault(text[:60], *_FORMULA)
    return text[1:] if text.startswith("'") else text  # an apostrophe marks text in spreadsheets


def _decoded(data: bytes) -> str:
    if data.startswith(_OLD_OFFICE):
        raise InvalidFile(
            "the file is an old .xls workbook or is protected by a password; save it as .xlsx or CSV"
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InvalidFile("the file is neither UTF-8 nor GB 18030 text nor XLSX; save it as CSV UTF-8 or .xlsx")


def _places(headers: Sequence[str], columns: Sequence[Column]) -> tuple[dict[str, int], tuple[str, ...]]:
    places: dict[str, int] = {}
    ignored = []
    for place, header in enumerate(headers):
        key = _key(header, columns)
        if key is None:
            ignored.append(header)
        elif key in places:
            raise InvalidFile(
                f"the header {header!r} stands for a column that is there already; keep one of them"
            )
        else:
            places[key] = place
    missing = [column.label for column in columns if column.required and column.key not in places]
    if missing:
        raise InvalidFile(
            f"the first row lacks {', '.join(missing)}; use the headers of the template", missing=missing
        )
    return places, tuple(header for header in ignored if header)


def _known(headers: Sequence[str], columns: Sequence[Column]) -> set[str]:
    return {key for header in headers if (key := _key(header, columns))}


def _key(header: str, columns: Sequence[Column]) -> str | None:
    wanted = _plain(header)
    return next((c.key for c in columns if any(_plain(name) == wanted for name in c.headers)), None)


def _plain(header: str) -> str:
    """The header without what people vary: case, spaces, underscores, brackets, quotation marks."""
    return re.sub(r"[\s_()（）\"'*:：\ufeff]", "", header).lower()
