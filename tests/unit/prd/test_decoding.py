"""Bytes to text: what is refused, and in which words."""

from __future__ import annotations

import codecs

import pytest

from heph_nb.domain.prd import decode_prd
from heph_nb.domain.prd.decoding import MAX_BYTES, MAX_LINES
from heph_nb.errors import InvalidError


def refusal(data: bytes) -> InvalidError:
    with pytest.raises(InvalidError) as caught:
        decode_prd(data, "PRD.md")
    return caught.value


def test_utf8_comes_back_as_it_is():
    text = "# Prüfung\r\n- 必须 ✓\n"
    assert decode_prd(text.encode(), "PRD.md") == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_is_taken_off(encoding):
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    data = marks.get(encoding, b"") + "The tool must sort.".encode(encoding)
    assert decode_prd(data, "PRD.md") == "The tool must sort."


def test_an_empty_file_is_refused():
    assert "PRD.md is empty" in str(refusal(b""))


@pytest.mark.parametrize("data", [b"\n", b" \t\r\n\n", codecs.BOM_UTF8, "\u00a0\n".encode()])
def test_a_blank_file_is_refused(data):
    assert "only white space" in str(refusal(data))


def test_a_binary_file_is_refused_with_the_place_of_the_nul():
    error = refusal(b"MZ\x03\x04\x00\x00")
    assert error.facts["offset"] == 4
    assert "offset 4" in str(error)


def test_another_encoding_is_refused_with_offset_line_and_a_way_out():
    error = refusal("one\ntwo ü".encode("latin-1"))
    assert error.facts == {"name": "PRD.md", "offset": 8, "line": 2}
    assert "0xfc" in str(error)
    assert "iconv -f WINDOWS-1252 -t UTF-8 PRD.md" in str(error)


def test_other_kinds_of_documents_are_named():
    assert "is a PDF" in str(refusal(b"%PDF-1.7\n%\xe2\xe3"))
    assert "a Word document" in str(refusal(b"PK\x03\x04\x14\0"))


def test_the_offset_counts_from_the_start_of_the_file_mark_included():
    assert refusal(codecs.BOM_UTF8 + b"ab\xff").facts["offset"] == 5


def test_half_a_utf16_file_is_refused():
    assert "UTF-16" in str(refusal(codecs.BOM_UTF16_LE + b"a"))


def test_a_utf16_file_with_a_nul_is_refused():
    assert "NUL" in str(refusal(codecs.BOM_UTF16_LE + "a\0b".encode("utf-16-le")))


def test_a_file_that_is_too_large_is_refused_with_both_sizes():
    error = refusal(b"a" * (MAX_BYTES + 1))
    assert "2.0 MB" in str(error)
    assert error.facts["limit"] == MAX_BYTES


def test_a_file_with_too_many_lines_is_refused():
    assert f"{MAX_LINES:,}" in str(refusal(b"\na" * MAX_LINES))
