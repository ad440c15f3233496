"""A campaign file that can be read only once, standard input (`-`) or a pipe, is copied before a command reads it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import typer

from dispatcher.cli.shell.output import say
from dispatcher.errors import InputError
from dispatcher.roster.files.file_source import BoundedStream, PulsedStream, Readable
from dispatcher.roster.files.pasted_list import with_heading
from dispatcher.settings import settings

#: What the copy is called, and so the campaign, if nobody says otherwise.
_NAME = "campaign"
_STANDARD_INPUT = "-"
_NOTED, _COPIED = f"{__name__}.standard_input", f"{__name__}.copied"
#: A writer that was started together with the command may open the pipe after it.
_WRITER_SECONDS = 0.5
_BLOCK = 1 << 18
#: A longer list is not looked at for its heading: all of it is in memory then.
_LIST_BYTES = 16 << 20


def readable_again(context: typer.Context, file: Path) -> Path:
    """The file, or where it can be read only once a copy of it, for this user and for as long as the command runs.

    Raises:
        InputError: there is no standard input, or nobody writes into the pipe.
        FileRefused: more comes than a campaign file may have.
    """
    if context.resilient_parsing:
        return file
    if str(file) == _STANDARD_INPUT or (file.is_fifo() and _is_standard_input(file)):
        if sys.stdin is None:
            raise InputError("standard input is closed", hint="name a file, or write into this command")
        context.meta[_NOTED] = True
        if sys.stdin.isatty():
            say("reading the list from this terminal; Ctrl-D on a line of its own ends it")
        return _copied(context, sys.stdin.buffer)
    if file.is_fifo():
        with _Pipe(file) as pipe:
            return _copied(context, pipe)
    return file


def list_readable_again(context: typer.Context, file: Path) -> Path:
    """The same of a campaign file, where numbers without a heading get one as they do when they are pasted.

    Raises:
        InputError, FileRefused: as `readable_again`.
    """
    path = readable_again(context, file)
    if is_copied(context) and path.stat().st_size <= _LIST_BYTES:
        with suppress(UnicodeDecodeError):
            listed = with_heading(path.read_bytes().decode("utf-8-sig"))
            if listed is not None:
                path.write_bytes(listed)
    return path


def is_copied(context: typer.Context) -> bool:
    """Whether the command's file is a copy, which is gone when the command ends."""
    return bool(context.meta.get(_COPIED))


def nobody_can_answer(context: typer.Context) -> bool:
    """Whether the command's file came where answers would come."""
    return bool(context.meta.get(_NOTED)) and not sys.stdin.isatty()


class _Pipe:
    """A pipe that somebody writes into; waiting for nobody is no answer."""

    def __init__(self, file: Path) -> None:
        try:
            self._descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise InputError(
                f"{file} cannot be opened: {error.strerror}", hint="name an existing file"
            ) from None
        self._first = self._await_a_writer()
        if self._first == b"":
            os.close(self._descriptor)
            raise InputError(f"{file} is a pipe into which nobody writes", hint="start its writer first")
        os.set_blocking(self._descriptor, True)

    def __enter__(self) -> _Pipe:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def read(self, size: int = -1, /) -> bytes:
        first, self._first = self._first, None
        return first or os.read(self._descriptor, size)

    def _await_a_writer(self) -> bytes | None:
        """The first bytes, None if they will come, none if nobody writes."""
        until = time.monotonic() + _WRITER_SECONDS
        try:
            while not (first := os.read(self._descriptor, _BLOCK)) and time.monotonic() < until:
                time.sleep(0.02)
        except BlockingIOError:
            return None
        return first


def _copied(context: typer.Context, source: Readable) -> Path:
    context.meta[_COPIED] = True
    folder = tempfile.mkdtemp(prefix="mms-file-")
    context.call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))
    try:
        stream = BoundedStream(PulsedStream(source), settings().max_file_mb << 20)
        with (Path(folder) / _NAME).open("wb") as copy:
            while block := stream.read(_BLOCK):
                copy.write(block)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # the context, which is not entered yet, is not closed
        raise
    return Path(folder) / _NAME


def _is_standard_input(file: Path) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(sys.stdin.fileno()))
    except (OSError, ValueError):
        return False
