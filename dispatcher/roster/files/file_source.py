"""The bytes of a campaign file: what they are, unpacked, and no more of them than allowed.

A source is anything that can be read once: a file, an upload, chunks out of Redis. Nothing here seeks.
"""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Callable
from typing import IO, BinaryIO, NamedTuple, Protocol, cast

from dispatcher.roster.files._recognition import foreign_kind, kind_of_workbook
from dispatcher.roster.files._zip_archive import ZipArchive
from dispatcher.roster.rejections import refused

#: Bytes looked at before deciding what a file is.
HEAD_BYTES = 1 << 16
_MIB = 1 << 20

_PACKED = (".gz", ".zip")
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
#: How often a file is looked into: it may be packed, and packed once more.
_LOOKS = 3


def unpacked_name(filename: str) -> str:
    """A file's name without the ends that say it is packed: `spring.csv` of `spring.csv.gz`."""
    while filename.lower().endswith(_PACKED):
        filename = filename.rpartition(".")[0]
    return filename


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
            FileRefused: `too_large`, or `bad_gzip`, `bad_zip` when a packed stream is damaged or cut off.
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
    """A file recognised: text when `workbook` is None, else a workbook in a seekable place, of this `kind`: `xlsx`,
    `xls`, `ods`, `xml` (Excel 2003) or `html`."""

    text: BoundedStream
    workbook: IO[bytes] | None = None
    kind: str = ""


def _spooled(stream: BoundedStream) -> IO[bytes]:
    """The whole stream in a file, which another process can read."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the reader of the sheet closes it
    while block := stream.read(1 << 18):
        copy.write(block)
    copy.flush()
    copy.seek(0)
    return copy


def open_source(source: Readable, *, max_bytes: int) -> RecognisedFile:
    """Recognise a file by its content and unpack it. A foreign stream comes as a `PulsedStream`.

    Raises:
        FileRefused: it is something else, damaged, or too large.
    """
    stream = BoundedStream(source, max_bytes)
    for _ in range(_LOOKS):
        if stream.head.startswith(_GZIP):
            stream = BoundedStream(_Unzipped(stream), max_bytes)
        elif stream.head.startswith(_ZIP):
            file = _spooled(stream)
            archive = ZipArchive(file)
            if archive.workbook is not None:
                return RecognisedFile(stream, file, archive.workbook)
            stream = BoundedStream(archive.only_file(), max_bytes)
        else:
            return _recognised(stream)
    raise refused("unknown_format", kind="an archive in an archive")


def _recognised(stream: BoundedStream) -> RecognisedFile:
    if kind := kind_of_workbook(stream.head):
        return RecognisedFile(stream, _spooled(stream), kind)
    if foreign := foreign_kind(stream.head):
        raise refused("unknown_format", kind=foreign)
    return RecognisedFile(stream)
