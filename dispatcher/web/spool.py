"""Callbacks on this machine's disk while Redis is away: one file that grows at its end and is read from its beginning.

A record is its length, a checksum, the time of receipt and the body. What an interrupted write left at the end
fails its checksum and was never answered with 200, so it is cut off.
"""

from __future__ import annotations

import fcntl
import logging
import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.private_files import private_folder

_HEAD = struct.Struct("<II")
_TIME = struct.Struct("<Q")
#: No body that the door takes is longer; a greater length is damage.
_BODY_MAX = 1 << 20
logger = logging.getLogger(__name__)


class Spooled(NamedTuple):
    """One callback: its body and when it was received (ms since 1970)."""

    raw: bytes
    received_ms: int


class Spool:
    """The spool of one door, which must be used by one thread at a time.

    A file belongs to whoever has it locked. A new spool takes over what dead doors of this folder left.
    """

    def __init__(self, folder: Path, name: str, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._path, self._file = _own_file(private_folder(folder), name)
        self._end = _whole_records(self._file)
        os.ftruncate(self._file, self._end)
        self._read = self._peeked = 0
        self._adopt(folder)

    @property
    def is_empty(self) -> bool:
        """Everything in it was taken and forgotten."""
        return self._end == 0

    def append(self, records: Iterable[Spooled]) -> None:
        """Write these behind the others; when this returns they are on disk.

        Raises:
            StoreUnavailable: the spool has its full size, or the disk does not take them; none is kept.
        """
        packed = b"".join(_pack(record) for record in records)
        if self._end + len(packed) > self._max_bytes:
            raise StoreUnavailable(
                "the spool of callbacks is full", hint="bring Redis back, or raise MMS_SPOOL_MB"
            )
        self._write(packed)

    def peek(self, most: int) -> list[Spooled]:
        """The next records that were not dropped yet, the oldest first."""
        records: list[Spooled] = []
        at = self._read
        while len(records) < most and (found := _record_at(self._file, at)) is not None:
            records.append(found[0])
            at = found[1]
        self._peeked = at
        return records

    def drop(self) -> None:
        """Forget what `peek` gave last; after the last record the file is empty again."""
        self._read = self._peeked
        if self._read == self._end:
            os.ftruncate(self._file, 0)
            self._read = self._end = self._peeked = 0

    def close(self) -> None:
        """Let go of the file; an empty one goes."""
        if self.is_empty:
            self._path.unlink(missing_ok=True)
        os.close(self._file)

    def _write(self, packed: bytes) -> None:
        try:
            written = 0
            while written < len(packed):
                written += os.pwrite(self._file, packed[written:], self._end + written)
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, self._end)
            raise StoreUnavailable(f"callbacks cannot be spooled: {error.strerror}") from None
        self._end += len(packed)

    def _adopt(self, folder: Path) -> None:
        """Append what dead doors left; killed half-way, it is adopted again, and receipts may come twice."""
        for path in sorted(folder.glob("*.spool")):
            if path == self._path:
                continue
            file = _locked(path)
            if file is None:
                continue
            size = _whole_records(file)
            for at in range(0, size, _BODY_MAX):
                self._write(os.pread(file, min(_BODY_MAX, size - at), at))
            path.unlink(missing_ok=True)
            os.close(file)


def _own_file(folder: Path, name: str) -> tuple[Path, int]:
    """The door's own file, locked; another name if a door of that name lives still."""
    for path in (folder / f"{name}.spool", folder / f"{name}-{os.getpid()}.spool"):
        file = _locked(path)
        if file is not None:
            _sync_folder(folder)
            return path, file
    raise StoreUnavailable(
        "the spool is in use by another process", hint="stop it, or use another MMS_DATA_DIR"
    )


def _locked(path: Path) -> int | None:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(
            f"the spool cannot be opened: {error.strerror}",
            hint="give MMS_DATA_DIR a folder that can be written to",
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def _sync_folder(folder: Path) -> None:
    """A new file's name must be on disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pack(record: Spooled) -> bytes:
    body = _TIME.pack(record.received_ms) + record.raw
    return _HEAD.pack(len(record.raw), zlib.crc32(body)) + body


def _record_at(file: int, at: int) -> tuple[Spooled, int] | None:
    """The record that begins here and where it ends; None at the end, or where a write was interrupted."""
    head = os.pread(file, _HEAD.size, at)
    if len(head) < _HEAD.size:
        return None
    length, checksum = _HEAD.unpack(head)
    if length > _BODY_MAX:
        return None
    body = os.pread(file, _TIME.size + length, at + _HEAD.size)
    if len(body) < _TIME.size + length or zlib.crc32(body) != checksum:
        return None
    [received_ms] = _TIME.unpack_from(body)
    return Spooled(body[_TIME.size :], received_ms), at + _HEAD.size + len(body)


def _whole_records(file: int) -> int:
    """Where the last whole record ends."""
    end = 0
    while (found := _record_at(file, end)) is not None:
        end = found[1]
    torn = os.fstat(file).st_size - end
    if torn:
        logger.warning("a spool ends in %d bytes of an interrupted write", torn)
    return end
