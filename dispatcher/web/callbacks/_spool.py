"""Callbacks on this machine's disk while Redis is away: the receiver's own file, before it those of dead receivers.

A file belongs to whoever has it locked, so that of a dead receiver, whatever its name and machine were, is anybody's
who shares the folder, or to whose folder it was brought. It is drained where it is: how far stands in Redis, moved by
the step that puts the callbacks there, so that a receiver killed on the way costs no callback and repeats none.

A receiver is called like its file, by which no two receivers have one name, and one that is started again after it was
killed has its name again. Whoever ends a dead one's file learns who is gone.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from dispatcher.errors import StoreUnavailable
from dispatcher.host.private_files import private_folder
from dispatcher.web.callbacks._spool_file import Spooled, SpoolFile, open_locked

#: A file of a receiver that is dead was not written for so long.
WHOLE_SECONDS = 2.0
#: What a callback takes, about.
_USUAL_BYTES = 2048


class PeekedRecords(NamedTuple):
    """Records, the oldest first; the id of the file that they lie in, and where in it each ends."""

    records: list[Spooled]
    spool_id: str
    ends: list[int]


class Spool:
    """The spool of a receiver at `place` (machine and port), which must be used by one thread at a time."""

    def __init__(self, folder: Path, place: str, max_bytes: int) -> None:
        self._folder = private_folder(folder)
        self._max_bytes = max_bytes
        self._own = _own_file(self._folder, place)
        self._left: list[SpoolFile] = []
        #: Dead receivers whose files were drained here and are gone, until somebody has said so.
        self.gone: set[str] = set()
        self._peeked_end = 0
        self.adopt()

    @property
    def name(self) -> str:
        """What its receiver is called."""
        return self._own.path.stem

    @property
    def is_empty(self) -> bool:
        """Everything in it was taken and forgotten, ours and what dead receivers left."""
        return self._own.is_empty and not self._left

    def adopt(self) -> bool:
        """Take what dead receivers left, to be drained before ours; whether there was any. Until it is taken claims
        that wait for receivers wait for the dead ones, too."""
        known = {self._own.path, *(file.path for file in self._left)}
        paths = [path for path in self._folder.glob("*.spool") if path not in known and _is_whole(path)]
        found = [open_locked(path, make=False) for path in paths]
        for file in filter(None, found):
            if file.is_empty:
                self._end(file)
            else:
                self._left.append(file)
        self._left.sort(key=lambda file: file.oldest_ms)
        return bool(self._left)

    def append(self, records: Iterable[Spooled]) -> None:
        """Write these behind the others; when this returns they are on disk.

        Raises:
            StoreUnavailable: the spool has its full size, or the disk does not take them; none is kept.
        """
        some = list(records)
        size = sum(_size(record) for record in some)
        if self._own.size + size > self._max_bytes:
            raise StoreUnavailable(
                "the spool of callbacks is full", hint="bring Redis back, or raise MMS_SPOOL_MB"
            )
        self._own.append(some)

    @property
    def used_bytes(self) -> int:
        """How much of its size is taken."""
        return self._own.size

    def has_room(self) -> bool:
        """Whether another callback of the usual size may be spooled."""
        return self._own.size + _USUAL_BYTES <= self._max_bytes

    def peek(self, most: int) -> PeekedRecords:
        """The next records that were not dropped yet: those of the dead receivers, then ours."""
        file = self._first
        records, ends = file.peek(most)
        self._peeked_end = ends[-1] if ends else 0
        return PeekedRecords(records, file.id, ends)

    def drop(self) -> None:
        """Forget what `peek` gave last; a dead receiver's file goes with its last record, ours is empty again."""
        file = self._first
        file.forget(self._peeked_end)
        if file.is_empty and file is not self._own:
            self._end(self._left.pop(0))

    def _end(self, file: SpoolFile) -> None:
        file.close()
        self.gone.add(file.path.stem)

    def close(self) -> None:
        """Let go of the files; an empty one goes."""
        for file in (self._own, *self._left):
            file.close()

    @property
    def _first(self) -> SpoolFile:
        return self._left[0] if self._left else self._own


def _is_whole(path: Path) -> bool:
    """Whether nobody writes it any more: it may be on its way here from another machine."""
    try:
        return not 0 <= time.time() - path.stat().st_mtime < WHOLE_SECONDS
    except FileNotFoundError:
        return False


def _size(record: Spooled) -> int:
    return 16 + len(record.key) + len(record.raw)


def _own_file(folder: Path, place: str) -> SpoolFile:
    """The receiver's own file, locked: the one that a dead receiver of this place left, or else a new one."""
    pattern = re.compile(rf"{re.escape(place)}-[0-9a-f]{{8}}\.spool")
    known = sorted(path for path in folder.iterdir() if pattern.fullmatch(path.name))
    new = folder / f"{place}-{secrets.token_hex(4)}.spool"
    for path in (*known, new):
        file = open_locked(path, make=path == new)
        if file is not None:
            _sync_folder(folder)
            return file
    raise StoreUnavailable(
        "the spool is in use by another process", hint="stop it, or use another MMS_DATA_DIR"
    )


def _sync_folder(folder: Path) -> None:
    """A new file's name must be on disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
