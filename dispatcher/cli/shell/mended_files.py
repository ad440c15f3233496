"""What a person mended of a campaign file, in a JSON file beside it: `spring.csv.mends.json` for `spring.csv`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dispatcher.cli.shell.context import open_file
from dispatcher.cli.shell.output import counted, say
from dispatcher.errors import FileRefused, InputError
from dispatcher.roster.mends import Mend, document_of, in_words, mended, mends_of

_ENDING = ".mends.json"
_OURS = frozenset({"bad_mends", "too_many_mends", "mend_elsewhere"})


def mends_path(file: Path) -> Path:
    """Where the mends of this file are."""
    return file.with_name(f"{file.name}{_ENDING}")


def mends_beside(file: Path) -> tuple[Mend, ...]:
    """The mends of this file; none if there is no file of them.

    Raises:
        FileRefused, InputError: it cannot be read.
    """
    path = mends_path(file)
    try:
        document = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", hint="see who may read it") from None
    with _said_of(file):
        return mends_of(document)


def say_mended(file: Path, cells: int) -> None:
    """A word on mends, so that none counts in silence."""
    if cells:
        say(f"note: {counted(cells, 'cell')} mended by {mends_path(file).name}")


def write_mends(file: Path, mends: Sequence[Mend]) -> None:
    """Put them beside the file, whole or not at all; without any, nothing stays there.

    Raises:
        InputError: it cannot be written.
    """
    path = mends_path(file)
    try:
        if not mends:
            path.unlink(missing_ok=True)
            return
        new = path.with_name(f"{path.name}.new")
        new.touch(mode=0o600)
        new.write_text(document_of(mends), "utf-8")
        os.replace(new, path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}", hint="choose a folder you may write"
        ) from None


def noting_mends(did: str, file: Path) -> str:
    """What the audit log says of a deed with this file: which lines were mended, not what stands there."""
    mends = mends_beside(file)
    return f"{did}, {in_words(mends)}" if mends else did


@contextmanager
def open_mended(file: Path) -> Iterator[BinaryIO]:
    """A campaign file with what was mended of it.

    Raises:
        FileRefused, InputError: one of the two cannot be opened, or the mends are of another file; also what reading it
            raises.
    """
    with open_file(file) as source:
        mends = mends_beside(file)
        with _said_of(file):
            yield mended(source, mends)


@contextmanager
def _said_of(file: Path) -> Iterator[None]:
    """What is wrong with the mends is said of their file."""
    try:
        yield
    except FileRefused as refusal:
        if refusal.code not in _OURS:
            raise
        path = mends_path(file)
        hint = f"delete {path}, or mend anew with `mms campaign check {file} --mend`"
        raise FileRefused(refusal.code, f"{path}: {refusal.message}", line=refusal.line, hint=hint) from None
