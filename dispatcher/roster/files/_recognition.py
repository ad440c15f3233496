"""What a file is, by its first bytes: text, a workbook, or something that no campaign is read from."""

from __future__ import annotations

import re

_FOREIGN = (
    (b"PK\x05\x06", "an empty archive"),
    (b"PK\x07\x08", "an archive in several parts"),
    (b"%PDF-", "a PDF"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3\x00", "a database"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "a Rich Text document"),
    (b"MIME-Version:", "a web archive (.mht)"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Excel before 5.0, without a container around it: the record that begins a file, and its length.
_BIFF = re.compile(rb"\t[\x00\x02\x04\x08][\x04\x06\x08\x10]\x00")
_EXCEL_XML = b"urn:schemas-microsoft-com:office:spreadsheet"
_FLAT_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<meta", b"<body", b"<table")
_TAG = re.compile(rb"<[a-z!?]")


def kind_of_workbook(head: bytes) -> str | None:
    """`xls`, `ods`, `xml` or `html` by the first bytes of a file that is no archive; None: it is none of these."""
    if head.startswith(_OLE) or _BIFF.match(head):
        return "xls"
    text = _plain(head)
    if not _TAG.match(text):
        return None
    if _EXCEL_XML in text and b"<html" not in text:
        return "xml"
    if _FLAT_ODS in text:
        return "ods"
    return "html" if text.startswith(_WEB_PAGE) or b"<table" in text else None


def foreign_kind(head: bytes) -> str | None:
    """What a file is that is no campaign file, by its first bytes; None if it may be one."""
    text = _plain(head)
    for magic, kind in _FOREIGN:
        if head.startswith(magic) or text.startswith(magic.lower()):
            return kind
    return "an XML document" if text.startswith(b"<?xml") else None


def _plain(head: bytes) -> bytes:
    """The same in small letters without what may stand before a first word; UTF-16 as far as it is ASCII."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[2:].replace(b"\0", b"")
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
