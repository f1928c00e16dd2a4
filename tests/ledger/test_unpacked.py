"""What a zip of XML may be.

given parts of a workbook
  when one tag or comment has no end: it should be refused after the first few pieces
  when they have too many elements, all together, or lie too deep: they should be refused while they are read
  when one declares a document type, in whatever encoding: it should be refused
  when one is no XML, or breaks off: it should count as far as it goes
given a zip
  when it is cut short, has a password, too many parts, or is packed as no spreadsheet is: it should be refused
"""

from __future__ import annotations

import io
import zipfile

import pytest

from ledger import unpacked
from ledger.unpacked import InvalidFile, elements, refuse_bombs

ROWS = b"<s>" + b"<row><c/></row>" * 10 + b"</s>"


def packed(*parts: bytes, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        for number, part in enumerate(parts):
            archive.writestr(f"xl/part{number}.xml", part)
    return stream.getvalue()


def test_elements_are_counted() -> None:
    assert elements(io.BytesIO(ROWS), 21) == 21
    with pytest.raises(InvalidFile, match="too large when unpacked"):
        elements(io.BytesIO(ROWS), 20)


def test_of_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "MAX_ELEMENTS", 41)
    refuse_bombs(packed(ROWS, b"\x89PNG"))
    with pytest.raises(InvalidFile, match="too large when unpacked"):
        refuse_bombs(packed(ROWS, ROWS))


def test_too_deep() -> None:
    refuse_bombs(packed(b"<a>" * 64 + b"</a>" * 64))
    with pytest.raises(InvalidFile, match="too large when unpacked"):
        refuse_bombs(packed(b"<a>" * 65 + b"</a>" * 65))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "text",
    ['<s a="{}"/>', "<s><!--{}--></s>", "<?p {}?><s/>", "<s{}/>", '<s><c a="{}', '<s a="{}<"/>', "<!--{}"],
)
def test_one_endless_tag(text: str, encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'
    refuse_bombs(packed((declared + text.format("x" * 1_000)).encode(encoding)))
    with pytest.raises(InvalidFile, match="too large when unpacked"):
        refuse_bombs(packed((declared + text.format("x" * 3_000_000)).encode(encoding)))


def test_a_long_text_is_no_tag() -> None:
    refuse_bombs(packed(b"<s>" + b"x" * 3_000_000 + b"</s>"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "declared", ['[<!ENTITY a "a">]', 'SYSTEM "file:///etc/passwd"', 'PUBLIC "x" "http://127.0.0.1/x"']
)
def test_document_types(encoding: str, declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE s {declared}><s>&a;</s>'
    with pytest.raises(InvalidFile, match="document type"):
        refuse_bombs(packed(text.encode(encoding)))


@pytest.mark.parametrize(
    "part", [b"", b"hello", b"<a><b", b"<a></b>", b"\0\xff\xfe", b"<a>" + b"x" * 200_000]
)
def test_what_is_no_xml_is_left_to_the_reader(part: bytes) -> None:
    refuse_bombs(packed(part))


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packed_as_no_spreadsheet_is(how: int) -> None:
    with pytest.raises(InvalidFile, match="damaged"):
        refuse_bombs(packed(ROWS, how=how))


def test_damaged_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = packed(ROWS * 50)
    flipped = bytearray(whole)
    flipped[60] ^= 255
    secret = bytearray(whole)
    secret[6] |= 1
    secret[whole.rindex(b"PK\x01\x02") + 8] |= 1
    for data in (whole[:-30], whole[30:], bytes(flipped), bytes(secret)):
        with pytest.raises(InvalidFile, match="damaged"):
            refuse_bombs(data)
    monkeypatch.setattr(unpacked, "MAX_PARTS", 1)
    refuse_bombs(whole)
    with pytest.raises(InvalidFile, match="too large"):
        refuse_bombs(packed(ROWS, ROWS))
