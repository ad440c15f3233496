"""`DATA_DIR/run`: who works with this data folder now, and what it started."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from dispatcher.errors import InputError
from dispatcher.host.private_files import private_folder, write_private
from dispatcher.stack.roles import UP, Role


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
def only_one(data_dir: Path, role: Role = UP) -> Iterator[Path]:
    """Hold this role of the data folder for this process, and each of its services; yields the role's `run` directory.

    Roles with different services may share a folder. The system lets go when the process ends.

    Raises:
        InputError: another process holds it or one of them, or the folder cannot be made.
    """
    top = private_folder(data_dir.absolute() / "run")
    run = top if role is UP else private_folder(top / role.command)
    with ExitStack() as held:
        held.enter_context(_hold(run / "lock", f"`mms {role.command}`", role, data_dir))
        for name in role.services:
            held.enter_context(_hold(top / f"{name}.lock", name, role, data_dir))
        yield run


def host_file(data_dir: Path, service: str) -> Path:
    """What the host is called in the names of this service's workers, if not by its own name."""
    return data_dir / "run" / f"{service}.host"


@contextmanager
def _hold(lock: Path, what: str, role: Role, data_dir: Path) -> Iterator[None]:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _in_use(os.pread(descriptor, 64, 0), what, data_dir) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} mms {role.command}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _in_use(said: bytes, what: str, data_dir: Path) -> InputError:
    pid, _, command = said.decode("ascii", "replace").strip().partition(" ")
    of = f" of `{command}`" if command and command not in what else ""
    return InputError(
        f"{what} already runs for {data_dir.absolute()}: process {pid or 'unknown'}{of}",
        hint=f"use that one, end it with `kill {pid}`, or give this one another MMS_DATA_DIR",
    )


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
