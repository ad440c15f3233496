"""A process that plays a supervised part and notes its life in a file."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


def main(notes: Path, *manners: str) -> None:
    """Run until told to end. Manners: `stubborn` ignores SIGTERM, `dies` ends at once, `pool` has a child,
    `tells` notes what it was given."""
    if "stubborn" in manners:
        signal.signal(signal.SIGTERM, lambda *_: note(notes, f"asked {os.getpid()}"))
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if "pool" in manners and os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        note(notes, f"pool {os.getpid()}")
        time.sleep(600)
    if "tells" in manners:
        note(notes, f"told PART={os.environ['PART']}")
        note(
            notes, f"files {' '.join(sorted(file for file in os.listdir('/proc/self/fd') if _is_open(file)))}"
        )
    note(notes, f"start {os.getpid()}")
    os.write(1, b"here are my last words\n")
    if "dies" in manners:
        sys.exit(3)
    try:
        time.sleep(600)
    finally:
        note(notes, f"end {os.getpid()}")


def _is_open(file: str) -> bool:
    """Whether it still is: the listing itself had one."""
    return Path(f"/proc/self/fd/{file}").exists()


def note(notes: Path, line: str) -> None:
    """Append a line in one write."""
    with notes.open("a") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
