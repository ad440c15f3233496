"""The file that a service writes its output to: appended by its process itself, kept small by the supervisor."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MAX_BYTES = 10 * 1024 * 1024
TAIL_BYTES = 8192


class ProcessLog:
    """`FOLDER/NAME.log` and, once that was full, `FOLDER/NAME.log.1`.

    The process holds the file itself, opened for appending, so nothing stands between the two that could break
    or block. A full file is copied and cut; lines written in that instant may be lost.
    """

    def __init__(self, folder: Path, name: str, *, max_bytes: int = MAX_BYTES) -> None:
        self.path = folder / f"{name}.log"
        self._max_bytes = max_bytes
        self._life_began = 0

    def open(self) -> int:
        """A descriptor for a new life of the process; the caller closes it."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        descriptor = os.open(self.path, flags, 0o600)
        self._life_began = os.fstat(descriptor).st_size
        return descriptor

    def rotate(self) -> None:
        """Set a full file aside."""
        try:
            if self.path.stat().st_size <= self._max_bytes:
                return
            shutil.copy(self.path, self.path.with_name(f"{self.path.name}.1"))
            os.truncate(self.path, 0)
            self._life_began = 0
        except OSError:
            return  # a full disk must not end the supervisor; the next look tries again

    def last_words(self, lines: int = 6) -> str:
        """The last lines that the process wrote in its present life."""
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(self._life_began, size - TAIL_BYTES, 0))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])
