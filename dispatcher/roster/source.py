"""The bytes of a campaign file: what they are, unpacked, and no more of them than allowed.

A source is anything that can be read once: a file, an upload, chunks out of Redis. Nothing here seeks.
"""

from __future__ import annotations

import gzip
import tempfile
import zlib
from typing import IO, BinaryIO, NamedTuple, Protocol, cast

from dispatcher.roster.flaws import refused

#: Bytes looked at before deciding what a file is.
HEAD_BYTES = 1 << 16
_SPOOL_BYTES = 8 << 20
_MIB = 1 << 20

_FOREIGN = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old .xls or a workbook with a password"),
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
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
)
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"


class Readable(Protocol):
    """What is asked of a stream."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""


class Peeked:
    """A stream of which the first bytes are known before it is read. `size` at most is let through."""

    def __init__(self, stream: Readable, max_bytes: int) -> None:
        self._stream = stream
        self._max_bytes = max_bytes
        self._passed = 0
        self.head = self._look_ahead()
        self._unread = self.head

    def _look_ahead(self) -> bytes:
        head = b""
        while len(head) < HEAD_BYTES and (more := self._stream.read(HEAD_BYTES - len(head))):
            head += more
        return head

    def read(self, size: int = -1, /) -> bytes:
        """Read on, the head first.

        Raises:
            FileRefused: `too_large`, or `bad_gzip` when a compressed stream is damaged or cut off.
        """
        if self._unread:
            wanted = len(self._unread) if size < 0 else size
            data, self._unread = self._unread[:wanted], self._unread[wanted:]
        else:
            data = self._stream.read(size)
        self._passed += len(data)
        if self._passed > self._max_bytes:
            raise refused("too_large", limit=self._max_bytes // _MIB or f"{self._max_bytes / _MIB:.2g}")
        return data


class _Unzipped:
    """A gzip stream whose defects are refusals."""

    def __init__(self, stream: Peeked) -> None:
        self._stream = gzip.GzipFile(fileobj=cast(BinaryIO, stream), mode="rb")

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._stream.read(size)
        except (OSError, EOFError, zlib.error):
            raise refused("bad_gzip") from None


class Opened(NamedTuple):
    """A file recognised: text when `workbook` is None, else an .xlsx in a seekable place."""

    text: Peeked
    workbook: IO[bytes] | None


def _spooled(stream: Peeked) -> IO[bytes]:
    """The whole stream where one can seek, on disk when it is large."""
    copy = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115 - the reader of the sheet closes it
    while block := stream.read(1 << 18):
        copy.write(block)
    copy.seek(0)
    return copy


def open_source(source: BinaryIO, *, max_bytes: int) -> Opened:
    """Recognise a file by its content and unpack it.

    Raises:
        FileRefused: it is something else, damaged, or too large.
    """
    stream = Peeked(source, max_bytes)
    if stream.head.startswith(_GZIP):
        stream = Peeked(_Unzipped(stream), max_bytes)
    head = stream.head
    for magic, kind in _FOREIGN:
        if head[: len(magic)].lower() == magic.lower():
            raise refused("unknown_format", kind=kind)
    return Opened(stream, _spooled(stream) if head.startswith(_ZIP) else None)
