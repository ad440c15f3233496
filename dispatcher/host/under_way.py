"""What a supervised process still waits for while it is to stop: a number in a file of its own, for its supervisor."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

#: The variable that marks a supervised process: `RUN_DIRECTORY#PID_OF_THE_SUPERVISOR`.
MARK = "MMS_SUPERVISED"

_PREFIX = "under-way-"
_DIGITS = 8


def tell_under_way(count: int) -> None:
    """So many messages of this process are still to be answered and recorded; nobody hears it without a supervisor."""
    run = run_directory_of(os.environ.get(MARK, ""))
    if run is None:
        return
    with suppress(OSError):  # a full disk: it is waited for less, and what is cut off is looked for
        descriptor = os.open(run / f"{_PREFIX}{os.getpid()}", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, f"{count:{_DIGITS}d}".encode(), 0)
        finally:
            os.close(descriptor)


def under_way(run: Path) -> int:
    """What all processes of that supervisor said last."""
    return sum(_read(file) for file in run.glob(f"{_PREFIX}*"))


def forget_under_way(run: Path) -> None:
    """Remove what processes said that are gone."""
    for file in run.glob(f"{_PREFIX}*"):
        file.unlink(missing_ok=True)


def run_directory_of(mark: str) -> Path | None:
    """Where the supervisor of this mark writes; None where there is none."""
    run = mark.rpartition("#")[0]
    return Path(run) if run else None


def _read(file: Path) -> int:
    try:
        return int(file.read_text("ascii") or 0)
    except (OSError, ValueError):
        return 0
