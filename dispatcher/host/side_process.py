"""A process of our own beside this one, for one piece of work that costs much or that cannot be trusted to end.

It bounds its own memory and computing time, gives way to other work, says what it found in frames of msgpack on its
standard output, and ends with whoever asked for it.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgpack

#: The folder that our packages lie in.
_CODE = Path(__file__).parents[2]
_BLOCK = 1 << 18
#: How often it is looked whether anybody still waits, on either side.
PULSE_SECONDS = 0.25
_NICE = 4


class SilentError(Exception):
    """The process has said nothing for too long."""


class SideProcess:
    """`python -m module argument… PARENT`, without our environment and its secrets; use it in a `with`.

    `stdin` is a file that it reads, or None for a pipe that `say` writes into; files of `inherited` stay open in it.
    """

    def __init__(
        self,
        run: Sequence[str],
        arguments: Sequence[str] = (),
        *,
        stdin: IO[bytes] | None = None,
        inherited: Sequence[int] = (),
    ) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own code, no shell
            [sys.executable, "-P", *run, *arguments, str(os.getpid())],
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_CODE)},
            cwd="/",
            stdin=stdin or subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=inherited,
            start_new_session=True,  # Ctrl-C is the asking process's to answer
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """End it, with all that it started itself."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def say(self, frame: Any) -> None:
        """Tell it something. If it is no more, its frames have ended, too."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(msgpack.packb(frame))
            self._process.stdin.flush()

    def frames(self, pulse: Callable[[], None], *, silent_seconds: float = float("inf")) -> Iterator[Any]:
        """What it says, to its end. `pulse` is called again and again meanwhile; what it raises comes out of here.

        Raises:
            SilentError: nothing came for `silent_seconds`.
        """
        unpacker = msgpack.Unpacker(max_buffer_size=0)
        while block := self._block(pulse, silent_seconds):
            unpacker.feed(block)
            yield from unpacker

    def _block(self, pulse: Callable[[], None], silent_seconds: float) -> bytes:
        assert self._process.stdout is not None
        source = self._process.stdout.fileno()
        until = time.monotonic() + silent_seconds
        while time.monotonic() < until:
            pulse()
            if _is_readable(source, PULSE_SECONDS):
                return os.read(source, _BLOCK)
        raise SilentError


def _is_readable(source: int, seconds: float) -> bool:
    look = select.poll()
    look.register(source, select.POLLIN | select.POLLHUP)
    return bool(look.poll(int(seconds * 1000)))


def bound_itself(*, memory_mb: int, cpu_seconds: int) -> None:
    """For the process itself: no more memory and time than this, no core file, a place behind those who send."""
    memory = memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICE)


def end_with(parent: int) -> None:
    """For the process itself: end when the parent has, with all that was started here."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(PULSE_SECONDS)
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()
