"""Whether a zip of XML (an XLSX workbook) can be unpacked and read without harm.

Measured before there was this guard: a workbook of 53 KB made the reader take 4.5 GB, one of 137 KB 76 seconds. So the
parts are gone through once with a bare parser that keeps nothing, and what has too many elements, lies too deep or
declares a document type (entities, XXE) is refused before anything builds a tree of it.
"""

from __future__ import annotations

import io
import zipfile
from typing import IO
from xml.parsers import expat

from ledger.errors import Invalid

MAX_UNPACKED = 32 * 1024 * 1024
MAX_PARTS = 1_000
MAX_ELEMENTS = 500_000
"""Of all parts: 10,000 rows of 20 cells have 410,000."""
MAX_DEPTH = 64
MAX_TOKEN = 256 * 1024
"""Bytes of one tag or comment: a reader that gets it in pieces begins anew with each of them, 12 MB took 20 seconds."""
_USUAL = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""LZMA would take as much memory as its header says."""
_CHUNK = 64 * 1024


class InvalidFile(Invalid):
    """A file that can't be read at all; a wrong row is no reason for it."""

    code = "invalid-file"
    title = "The file cannot be read"


def refuse_bombs(data: bytes) -> None:
    """Raises InvalidFile for a zip that is damaged, or whose parts are too many, too large or too intricate."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            parts = container.infolist()
            # zipfile never unpacks more of a part than its entry declares, so the declared sizes are a true bound
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise _too_large()
            left = MAX_ELEMENTS
            for part in parts:
                if part.compress_type not in _USUAL:
                    raise zipfile.BadZipFile("no spreadsheet is packed like this")
                with container.open(part) as stream:
                    left -= elements(stream, left)
    except InvalidFile:
        raise
    except Exception as broken:
        # zipfile raises whatever it meets: BadZipFile, ValueError, zlib.error, RuntimeError for a password …
        raise InvalidFile(
            "the file is damaged: its zip container can't be opened; export it again"
        ) from broken


def elements(stream: IO[bytes], most: int) -> int:
    """How many XML elements a part has, 0 for what is no XML. Raises InvalidFile beyond `most`, for a part that lies
    too deep, and for one that declares a document type."""
    count = depth = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal count, depth
        count, depth = count + 1, depth + 1
        if count > most or depth > MAX_DEPTH:
            raise _too_large()

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        raise InvalidFile("the workbook declares a document type, which no spreadsheet does; export it again")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        read = 0
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
            read += len(chunk)
            if read - parser.CurrentByteIndex > MAX_TOKEN:
                raise _too_large()
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError):
        return count  # a picture, or broken: nobody reads on from here
    return count


def _too_large() -> InvalidFile:
    return InvalidFile("the workbook is too large when unpacked; keep the data sheet only, or save it as CSV")
