"""`DATA_DIR/run`: who works with this data folder now, and what it started."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from dispatcher.errors import InputError
from dispatcher.host.private_files import private_folder, write_private


@dataclass(frozen=True)
class Stack:
    """What a running `mms up` tells other commands of this machine; no secrets."""

    pid: int
    mode: str
    carrierx_url: str
    web_url: str
    flower_url: str
    ready: bool


@contextmanager
def only_one(data_dir: Path) -> Iterator[Path]:
    """Hold the data folder for this process; yields its `run` directory. The system lets go when the process
    ends.

    Raises:
        InputError: another process holds it, or the folder cannot be made.
    """
    run = private_folder(data_dir.absolute() / "run")
    descriptor = os.open(run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise InputError(
                f"`mms up` already runs for {data_dir.absolute()}: process {holder}",
                hint=f"use that one, end it with `kill {holder}`, or give this one another MMS_DATA_DIR",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield run
    finally:
        os.close(descriptor)


def publish(run: Path, stack: Stack) -> None:
    """Tell other commands where everything is."""
    write_private(run / "stack.json", json.dumps(asdict(stack)))


def unpublish(run: Path) -> None:
    """Nothing runs any more."""
    (run / "stack.json").unlink(missing_ok=True)


def published(data_dir: Path) -> Stack | None:
    """What runs for this data folder, None when nothing was published. After a SIGKILL it may be stale."""
    try:
        return Stack(**json.loads((data_dir / "run" / "stack.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
