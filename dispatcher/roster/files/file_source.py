"""The bytes of a campaign file: what they are, unpacked, and no more of them than allowed.

A source is anything that can be read once: a file, an upload, chunks out of Redis. Nothing here seeks.
"""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Callable
from typing import IO, BinaryIO, NamedTuple, Protocol, cast

from dispatcher.roster.rejections import refused

#: Bytes looked at before deciding what a file is.
HEAD_BYTES = 1 << 16
_MIB = 1 << 20

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
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"<meta", "a web page"),
    (b"<table", "a web page"),
    (b"<?xml", "an XML document"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"


class Readable(Protocol):
    """What is asked of a stream."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""


class PulsedStream:
    """A foreign stream: `pulse` is called at each read, and what the system says of it is a refusal."""

    def __init__(self, stream: Readable, pulse: Callable[[], None] = lambda: None) -> None:
        self._stream = stream
        self._pulse = pulse

    def read(self, size: int = -1, /) -> bytes:
        """Read on.

        Raises:
            FileRefused: `cannot_be_read`.
        """
        self._pulse()
        try:
            return self._stream.read(size)
        except OSError as error:
            raise refused("cannot_be_read", reason=error.strerror or str(error)) from None


class BoundedStream:
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

    def __init__(self, stream: BoundedStream) -> None:
        self._stream = gzip.GzipFile(fileobj=cast(BinaryIO, stream), mode="rb")

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._stream.read(size)
        except (OSError, EOFError, zlib.error):
            raise refused("bad_gzip") from None


class RecognisedFile(NamedTuple):
    """A file recognised: text when `workbook` is None, else an .xlsx in a seekable place."""

    text: BoundedStream
    workbook: IO[bytes] | None


def _spooled(stream: BoundedStream) -> IO[bytes]:
    """The whole stream in a file, which another process can read."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the reader of the sheet closes it
    while block := stream.read(1 << 18):
        copy.write(block)
    copy.flush()
    copy.seek(0)
    return copy


def open_source(source: Readable, *, max_bytes: int) -> RecognisedFile:
    """Recognise a file by its content and unpack it.

    Raises:
        FileRefused: it is something else, damaged, or too large.
    """
    stream = BoundedStream(PulsedStream(source), max_bytes)
    if stream.head.startswith(_GZIP):
        stream = BoundedStream(_Unzipped(stream), max_bytes)
    if kind := _foreign_kind(stream.head):
        raise refused("unknown_format", kind=kind)
    return RecognisedFile(stream, _spooled(stream) if stream.head.startswith(_ZIP) else None)


def _foreign_kind(head: bytes) -> str | None:
    """What a file is that is no campaign file, by its first bytes; None if it may be one."""
    if head.startswith(_OLE):
        return (
            "a workbook with a password" if _LOCKED in head else "an old .xls or a workbook with a password"
        )
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, kind in _FOREIGN:
        if any(text[: len(magic)].lower() == magic.lower() for text in (head, plain)):
            return kind
    return None
