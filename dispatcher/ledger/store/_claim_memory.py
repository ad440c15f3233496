"""How many claims are known to have been counted: what was acted on outside must not be unknown inside.

Every claim that is granted is counted in the ledger, and the count is remembered here before its request leaves: in
this process, and in `DATA_DIR/witness/{ledger}/claims` for those that come after it. A server that knows of fewer
when it begins has lost something that it had confirmed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger(__name__)

_LENGTH = 64


class Counted(NamedTuple):
    """So many claims were counted, the last of them in this run of the server."""

    claims: int = 0
    run: str = ""


class ClaimMemory:
    """What this process and its data folder, if it has one, remember of one ledger after the other."""

    def __init__(self, data_dir: Path | None) -> None:
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._ledger = ""
        self._most = Counted()

    def known(self, ledger: str) -> Counted:
        """The most that was counted in the ledger of this name."""
        with self._lock:
            if ledger != self._ledger:
                self._ledger, self._most = ledger, Counted()
            self._most = max(self._most, self._written())
            return self._most

    def remember(self, counted: Counted) -> None:
        """So many are known now of the ledger that was asked for last.

        No sync: a killed process's file stays, and after a power cut one that lags behind raises no false alarm.
        """
        with self._lock:
            if counted.claims <= self._most.claims:
                return
            self._most = counted
            try:
                self._write(counted)
            except OSError as error:
                log.debug("the data folder remembers no claims: %s", error.strerror)

    def _file(self) -> Path | None:
        return self._data_dir / "witness" / self._ledger / "claims" if self._data_dir else None

    def _written(self) -> Counted:
        try:
            return _read(((file := self._file()) and file.read_bytes()) or b"")
        except OSError:
            return Counted()

    def _write(self, counted: Counted) -> None:
        """The greatest of what all processes of this folder wrote stays."""
        if (file := self._file()) is None:
            return
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _read(os.pread(descriptor, _LENGTH, 0)).claims < counted.claims:
                line = f"{counted.claims:020d} {counted.run:<42.42}\n"
                os.pwrite(descriptor, line.encode("ascii"), 0)
        finally:
            os.close(descriptor)


def _read(line: bytes) -> Counted:
    try:
        claims, _, run = line.decode("ascii").strip().partition(" ")
        return Counted(int(claims), run)
    except ValueError:
        return Counted()
