"""What the first bytes of a text say of its encoding: a byte-order mark, or zeros where UTF-16 and UTF-32 have them."""

from __future__ import annotations

import codecs

from dispatcher.roster.files._encodings import Encoding

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_SAMPLE_BYTES = 4096
#: Of a campaign file so much is ASCII at least, for it has phone numbers.
_ASCII = 0.25


def marked(head: bytes) -> tuple[Encoding | None, int]:
    """The encoding by its mark, and how long the mark is."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return Encoding(name, name, name.upper()), len(bom)
    return None, 0


def wide_without_mark(head: bytes) -> Encoding | None:
    """UTF-16 or UTF-32 that lost its mark."""
    sample = head[:_SAMPLE_BYTES]
    if b"\0" not in sample:
        return None
    for name in _WIDE:
        try:
            text = codecs.getincrementaldecoder(name)().decode(sample)
        except UnicodeDecodeError:
            continue
        if text and "\0" not in text and sum(map(str.isascii, text)) >= len(text) * _ASCII:
            return Encoding(name, name, name.upper())
    return None
