"""Workbooks and forms that no honest program makes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Callable

import openpyxl

MIB = 1024 * 1024
_NS = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEAD = b'<?xml version="1.0"?><worksheet ' + _NS + b"><sheetData>"
TAIL = b"</sheetData></worksheet>"
STRINGS = b'<?xml version="1.0"?><sst ' + _NS + b">"
BOUNDARY = b"frontier"


def workbook(sheet: bytes, strings: bytes | None = None) -> bytes:
    """A workbook with this sheet, and these strings if given."""
    usual, made = io.BytesIO(), io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    book.save(usual)
    with zipfile.ZipFile(usual) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name.endswith("sheet1.xml"):
                target.writestr(name, sheet)
            elif name.endswith("sharedStrings.xml") and strings is not None:
                target.writestr(name, strings)
            else:
                target.writestr(name, source.read(name))
    return made.getvalue()


def bombs(size: int, *names: str) -> dict[str, bytes]:
    """Workbooks whose sheet unpacks to that many bytes, by what they are full of."""
    made = _bombs(size)
    return {name: made[name]() for name in names or made}


def _bombs(size: int) -> dict[str, Callable[[], bytes]]:
    def full(part: bytes) -> bytes:
        return part * (size // len(part))

    return {
        "cells": lambda: workbook(HEAD + full(b"<row>" + b"<c/>" * 1000 + b"</row>") + TAIL),
        "rows": lambda: workbook(HEAD + full(b"<row/>") + TAIL),
        "blank values": lambda: workbook(HEAD + full(b"<row>" + b"<c><v> </v></c>" * 60 + b"</row>") + TAIL),
        "depth": lambda: workbook(HEAD + b"<row><c><is>" + full(b"<r>") + TAIL),
        "siblings that never end": lambda: workbook(HEAD + b"<row><c><is>" + full(b"<r/>") + TAIL),
        "one text": lambda: workbook(
            HEAD + b'<row><c t="inlineStr"><is><t>' + full(b"a") + b"</t></is></c></row>" + TAIL
        ),
        "one attribute": lambda: workbook(HEAD + b'<row a="' + full(b"a") + b'"/>' + TAIL),
        "strings": lambda: workbook(HEAD + TAIL, STRINGS + full(b"<si><t>a</t></si>") + b"</sst>"),
        "nothing": lambda: workbook(full(b"\0")),
    }


def entities() -> dict[str, bytes]:
    """Workbooks that name entities: of files, of the net, of themselves."""
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"ha") for n in range(10))
    declared = {
        "a file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        "the net": b'<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:1/">]>',
        "a parameter": b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:1/"> %a;]>',
        "an outer type": b'<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        "laughs": b"<!DOCTYPE x [" + laughs + b'<!ENTITY a "&l9;">]>',
    }
    cell = b'<row><c t="inlineStr"><is><t>&a;</t></is></c></row>'
    head, rest = HEAD.split(b"?>", 1)
    found = {name: workbook(head + b"?>" + text + rest + cell + TAIL) for name, text in declared.items()}
    text = STRINGS.replace(b"?>", b"?>" + declared["a file"]) + b"<si><t>&a;</t></si></sst>"
    found["a file, in the strings"] = workbook(HEAD + b'<row><c t="s"><v>0</v></c></row>' + TAIL, text)
    return found


def zips() -> dict[str, bytes]:
    """Zips that are no workbooks."""
    found = {}
    for name, entry in {
        "upwards": "../../etc/passwd",
        "root": "/etc/passwd",
        "long name": "a" * 60_000,
    }.items():
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(entry, "x")
        found[name] = stream.getvalue()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(2_000):
            archive.writestr(f"xl/{number}.xml", "")
    found["many parts"] = stream.getvalue()
    whole = workbook(HEAD + TAIL)
    found |= {f"cut at {size}": whole[:size] for size in (4, 30, 100, len(whole) - 10)}
    found |= {"cut in front": whole[20:], "twice": whole + whole, "text behind": whole + b"x" * 70_000}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bombs(2 * MIB, "nothing")["nothing"])
    found["a zip in a zip"] = stream.getvalue()
    lying = bytearray(whole)
    place = lying.rindex(b"PK\x01\x02")
    lying[place + 24 : place + 28] = b"\xff\xff\xff\x7f"
    found["lies about a size"] = bytes(lying)
    return found


def form(*parts: tuple[bytes, bytes], end: bool = True) -> bytes:
    """A multipart body of (headers, content)."""
    body = b"".join(b"--" + BOUNDARY + b"\r\n" + head + b"\r\n\r\n" + text + b"\r\n" for head, text in parts)
    return body + (b"--" + BOUNDARY + b"--\r\n" if end else b"")


def file_part(content: bytes, name: bytes = b"a.csv") -> tuple[bytes, bytes]:
    """A part as browsers send it."""
    return (
        b'Content-Disposition: form-data; name="file"; filename="%s"\r\nContent-Type: text/csv' % name,
        content,
    )


class Stream:
    """A body of many bytes that is made while it is read; `read` counts them."""

    def __init__(self, size: int, start: bytes = b"") -> None:
        self.size, self.read, self._start = size, 0, start

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._start
        chunk = b"1," * (32 * 1024)
        while self.read < self.size:
            self.read += len(chunk)
            yield chunk
