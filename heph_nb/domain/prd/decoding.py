"""Bytes of a PRD file to text, or an error that says what is wrong with the file."""

from __future__ import annotations

import codecs

from heph_nb.errors import InvalidError

MAX_BYTES = 2 * 1024 * 1024
"""Largest PRD that is read, in bytes. The longest PRDs seen in practice have about 100 kB."""

_OTHER_KINDS = {b"%PDF": "a PDF", b"PK\x03\x04": "a Word document or an archive", b"{\\rtf": "an RTF document"}
"""What files begin with that people also call documents."""

MAX_LINES = 150_000
"""Most lines of a PRD. Lines are what takes time and memory to read."""


def decode_prd(data: bytes, name: str) -> str:
    """Decode a PRD file: UTF-8 with or without a byte order mark, or UTF-16 with one.

    Parameters
    ----------
    data : bytes
        The content of the file.
    name : str
        What the messages call the file.

    Returns
    -------
    str
        The text, without a byte order mark; line ends as they are.

    Raises
    ------
    InvalidError
        The file is empty, blank, binary, not UTF-8, larger than `MAX_BYTES`, or longer than `MAX_LINES`.

    Examples
    --------
    >>> decode_prd(b"The tool must sort.", "PRD.md")
    'The tool must sort.'
    """
    if len(data) > MAX_BYTES:
        size = len(data) / 1024 / 1024
        limit = MAX_BYTES // 1024 // 1024
        raise InvalidError(
            f"{name} has {size:.1f} MB; a PRD may have at most {limit} MB. "
            "Give the document itself, without attachments.",
            name=name, size=len(data), limit=MAX_BYTES,
        )  # fmt: skip
    if not data:
        raise InvalidError(f"{name} is empty: it has no bytes.", name=name)
    text = _utf16(data, name) if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else _utf8(data, name)
    if not text.strip("\ufeff \t\r\n\f\v\u00a0"):
        raise InvalidError(f"{name} is blank: it has only white space.", name=name)
    if (lines := text.count("\n") + 1) > MAX_LINES:
        raise InvalidError(f"{name} has {lines:,} lines; a PRD may have at most {MAX_LINES:,}.", name=name, lines=lines)
    return text


def _utf8(data: bytes, name: str) -> str:
    for sign, kind in _OTHER_KINDS.items():
        if data.startswith(sign):
            message = f"{name} is {kind}, not a text file. Export the document as Markdown or plain text (UTF-8)."
            raise InvalidError(message, name=name)
    if (at := data.find(0)) >= 0:
        raise InvalidError(
            f"{name} is not a text file: there is a NUL byte at offset {at}. "
            "Export the document as Markdown or plain text (UTF-8).",
            name=name, offset=at,
        )  # fmt: skip
    skip = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    try:
        return data[skip:].decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + skip
        line = data.count(b"\n", 0, at) + 1
        raise InvalidError(
            f"{name} is not UTF-8: byte 0x{data[at]:02x} at offset {at} (line {line}). Convert it first, for example: "
            f"iconv -f WINDOWS-1252 -t UTF-8 {name} > {name}.utf8",
            name=name, offset=at, line=line,
        ) from None  # fmt: skip


def _utf16(data: bytes, name: str) -> str:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError as error:
        raise InvalidError(
            f"{name} begins like UTF-16 but is not: offset {error.start}. Save it again as UTF-8.",
            name=name, offset=error.start,
        ) from None  # fmt: skip
    if (at := text.find("\0")) >= 0:
        raise InvalidError(f"{name} is not a text file: there is a NUL character at {at}.", name=name, offset=at)
    return text
