"""Reads the ledger's append-only file: every change that became true, in the order in which it did.

The server writes what a script changed, not the script, and syncs it before it answers. So this is the one record
that no lost reply, dead process or late reader can bend.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


class RewrittenError(Exception):
    """The server has rewritten the file: the beginning of the history is gone."""


def commands(folder: Path) -> Iterator[list[bytes]]:
    """The commands in the files of a server's data folder. Half a command at the end of a file is left out.

    Raises:
        RewrittenError: the file does not go back to the start.
    """
    files = written(folder)
    if not files or sequence(files[0]) != 1:
        raise RewrittenError(f"{len(files)} files, none of them the first")
    for file in files:
        yield from read(file)


def written(folder: Path) -> list[Path]:
    """The files in which a server wrote down what changed, in their order; snapshots are not among them."""
    return sorted((folder / "appendonlydir").glob("*.incr.aof"), key=sequence)


def read(file: Path) -> Iterator[list[bytes]]:
    """The commands in one of them."""
    yield from _read(file.read_bytes())


def sequence(file: Path) -> int:
    """Which of a server's files it is, from 1."""
    return int(file.name.split(".")[-3])


def _read(data: bytes) -> Iterator[list[bytes]]:
    position, held, open_transaction = 0, list[list[bytes]](), False
    while position < len(data):
        if data[position : position + 1] == b"#":  # a remark of the server
            position = data.index(b"\r\n", position) + 2
            continue
        command, position = _command(data, position)
        if not command:
            return
        name = command[0].upper()
        if name == b"MULTI":
            held, open_transaction = [], True
        elif name == b"EXEC":
            yield from held
            held, open_transaction = [], False
        elif open_transaction:
            held.append(command)
        else:
            yield command


def _command(data: bytes, position: int) -> tuple[list[bytes], int]:
    """One command and where the next begins; an empty one where the data ends within it."""
    try:
        end = data.index(b"\r\n", position)
        count = int(data[position + 1 : end])
        position, words = end + 2, []
        for _ in range(count):
            end = data.index(b"\r\n", position)
            length = int(data[position + 1 : end])
            word = data[end + 2 : end + 2 + length]
            position = end + 2 + length + 2
            if len(word) < length or position > len(data):
                return [], len(data)
            words.append(word)
    except ValueError:
        return [], len(data)
    return words, position
