"""One file of callbacks on this machine's disk, locked by the process that uses it.

A record is its length, a checksum, the time of receipt and the body; before the body the key that it came with, where
that was not proved yet. What an interrupted write left at the end fails its checksum and was never answered with 200,
so it is cut off. The first record is the file's id: how far it is drained stands in Redis under it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from dispatcher.errors import StoreUnavailable

_HEAD = struct.Struct("<II")
#: Milliseconds since 1970 in the lower 48 bits, above them how long the key is.
_TIME = struct.Struct("<Q")
_TIME_BITS = 48
#: No body that the receiver takes is longer; a greater length is damage.
_BODY_MAX = 1 << 20
_ID_MARK = b"spool:"
_ID_DIGITS = 32
logger = logging.getLogger(__name__)


class Spooled(NamedTuple):
    """One callback: its body, when it was received (ms since 1970), and the key that is still to be proved, if any."""

    raw: bytes
    received_ms: int
    key: bytes = b""

    def __repr__(self) -> str:
        return f"Spooled({len(self.raw)} bytes, received_ms={self.received_ms})"


class SpoolFile:
    """A locked file that grows at its end and is read from its beginning; to be used by one thread at a time."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._file = descriptor
        self.id, self._first = _identity(descriptor)
        self.end = self._first
        self.read = self._first
        for _, at in self._records(self._first):
            self.end = at
        torn = os.fstat(descriptor).st_size - self.end
        if torn:
            logger.warning("a spool ends in %d bytes of an interrupted write", torn)
            os.ftruncate(descriptor, self.end)

    @property
    def is_empty(self) -> bool:
        """Everything in it was read and forgotten."""
        return self.read >= self.end

    @property
    def size(self) -> int:
        """Bytes of its callbacks, also of those that were forgotten."""
        return self.end - self._first

    @property
    def oldest_ms(self) -> int:
        """When its first record came; 0 if it has none."""
        first = next(self._records(self.read), None)
        return first[0].received_ms if first else 0

    def append(self, records: list[Spooled]) -> None:
        """Write these behind the others; when this returns they are on disk.

        Raises:
            StoreUnavailable: the disk does not take them; none is kept.
        """
        packed = b"".join(map(_pack, records))
        before = self.end
        if not self.id:
            self.id = secrets.token_hex(_ID_DIGITS // 2)
            packed = _pack(Spooled(_ID_MARK + self.id.encode(), 0)) + packed
            before = 0
        try:
            written = 0
            while written < len(packed):
                written += os.pwrite(self._file, packed[written:], before + written)
            os.fsync(self._file)
        except OSError as error:
            with suppress(OSError):  # a disk that takes nothing: the next to write begins there again
                os.ftruncate(self._file, before)
            if before == 0:
                self.id = ""
            raise StoreUnavailable(f"callbacks cannot be spooled: {error.strerror}") from None
        if before == 0:
            self._first = self.read = len(_pack(Spooled(_ID_MARK + self.id.encode(), 0)))
        self.end = before + len(packed)

    def peek(self, most: int) -> tuple[list[Spooled], list[int]]:
        """The next records that were not dropped yet, the oldest first, and where each ends."""
        records: list[Spooled] = []
        ends: list[int] = []
        for record, end in self._records(self.read):
            records.append(record)
            ends.append(end)
            if len(records) == most:
                break
        return records, ends

    def forget(self, until: int) -> None:
        """What is before this place needs no reading any more; after the last record the file is a new, empty one."""
        self.read = max(self.read, min(until, self.end))
        if self.is_empty:
            os.ftruncate(self._file, 0)
            self.id, self._first, self.read, self.end = "", 0, 0, 0

    def close(self) -> None:
        """Let go of the file; an empty one goes."""
        if self.is_empty:
            self.path.unlink(missing_ok=True)
        os.close(self._file)

    def _records(self, at: int) -> Iterator[tuple[Spooled, int]]:
        while (found := _record_at(self._file, at)) is not None:
            yield found
            at = found[1]


def open_locked(path: Path, *, make: bool) -> SpoolFile | None:
    """The file, if nobody else has it; `make` makes it where there is none.

    Raises:
        StoreUnavailable: it cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if make else 0), 0o600)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnavailable(
            f"the spool cannot be opened: {error.strerror}",
            hint="give MMS_DATA_DIR a folder that can be written to",
        ) from None
    if not _lock(descriptor, path):
        os.close(descriptor)
        return None
    return SpoolFile(path, descriptor)


def _lock(descriptor: int, path: Path) -> bool:
    """False: somebody else has it, or took it away before it was ours."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _identity(file: int) -> tuple[str, int]:
    """The file's id, and where its first callback begins; a file from before there were ids has that of its bytes."""
    found = _record_at(file, 0)
    if found is None:
        return "", 0
    record, end = found
    if record.received_ms == 0 and record.raw.startswith(_ID_MARK):
        return record.raw[len(_ID_MARK) :].decode("ascii", "replace"), end
    return sha256(os.pread(file, end, 0)).hexdigest()[:_ID_DIGITS], 0


def _pack(record: Spooled) -> bytes:
    head = _TIME.pack(record.received_ms | len(record.key) << _TIME_BITS)
    body = head + record.key + record.raw
    return _HEAD.pack(len(record.key) + len(record.raw), zlib.crc32(body)) + body


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
    [packed] = _TIME.unpack_from(body)
    key_end = _TIME.size + (packed >> _TIME_BITS)
    record = Spooled(body[key_end:], packed & ((1 << _TIME_BITS) - 1), body[_TIME.size : key_end])
    return record, at + _HEAD.size + len(body)
