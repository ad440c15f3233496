"""What the system shows of this process: its command line and its environment, written over in place (Linux).

A fork goes on showing those of its parent. The process list should name the service, and the mark in the environment
is how a process that escaped every record is found.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_MEMORY = Path("/proc/self/mem")
#: `proc_pid_stat(5)` counts from 1, and two fields stand before the closing parenthesis of the name.
_FIRST = 48 - 3
_COMM_BYTES = 15


class _Plate(NamedTuple):
    """Where the system reads: addresses of the arguments and of the environment, first byte and end."""

    arguments: tuple[int, int]
    environment: tuple[int, int]


def has_room_for(variable: str) -> bool:
    """Whether this `NAME=VALUE` fits, and the memory can be written: one byte is written over itself."""
    try:
        begin, end = _plate().environment
        with _MEMORY.open("r+b", buffering=0) as memory:
            first = os.pread(memory.fileno(), 1, begin)
            os.pwrite(memory.fileno(), first, begin)
    except (OSError, ValueError, IndexError):
        return False
    return len(variable.encode()) + 1 < end - begin


def write(title: str, variable: str) -> None:
    """Show this title as the command line, and this one `NAME=VALUE` as the whole environment.

    Only for a process whose environment stands elsewhere by now: libc reads it where it was put last.

    Raises:
        OSError: it cannot be written.
    """
    plate = _plate()
    with _MEMORY.open("r+b", buffering=0) as memory:
        for (begin, end), text in (
            (plate.environment, variable),
            (plate.arguments, title),
        ):
            room = end - begin
            os.pwrite(memory.fileno(), text.encode()[: room - 1].ljust(room, b"\0"), begin)
    with suppress(OSError):
        Path("/proc/self/comm").write_bytes(title.encode()[:_COMM_BYTES])


def _plate() -> _Plate:
    fields = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    addresses = [int(field) for field in fields[_FIRST : _FIRST + 4]]
    return _Plate((addresses[0], addresses[1]), (addresses[2], addresses[3]))
