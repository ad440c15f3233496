"""One history out of the append-only files of three servers: that of the data which the last primary has.

A server that follows another anew forgets what it had and begins a new file with the other's data. What it writes
down from there is what the other wrote down, command by command. So the first commands of a file say in which
other server's file stands what came before, and so on back to the first file of the first primary. What is in no
part of that line was lost in a failover.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.append_only import read, sequence, written

#: So many commands at the beginning of a file are looked for elsewhere; the kit's marks are among them.
FIRST_WORDS = 12
#: Which database is spoken to is said again after each reconnection, and changes nothing.
_SAYS_NOTHING = frozenset({b"SELECT", b"PING", b"REPLCONF"})
Command = list[bytes]


class TornError(Exception):
    """A file begins with what stands in no other: the history cannot be put together."""


@dataclass
class _Part:
    """What one server wrote into one file. `fresh`: it had nothing before."""

    name: str
    fresh: bool
    commands: list[Command] = field(repr=False)


def lineage(folders: dict[str, Path], last: str) -> list[Command]:
    """The commands that made the data of the server `last`, in their order. `folders` are the servers' own.

    Raises:
        TornError: a part of it is missing.
    """
    parts = [part for host, folder in folders.items() for part in _parts(host, folder)]
    current = [part for part in parts if part.name.startswith(f"{last}:")][-1]
    line: list[list[Command]] = [current.commands]
    seen = {current.name}
    while not current.fresh:
        before = _before(current, [part for part in parts if part.name not in seen])
        current = before.of
        seen.add(current.name)
        line.append(current.commands[: before.at])
    return [command for piece in reversed(line) for command in piece]


@dataclass(frozen=True)
class _Place:
    of: _Part
    at: int
    alike: int


def _before(part: _Part, others: Iterable[_Part]) -> _Place:
    """Where in another part this one's first commands stand."""
    first = part.commands[:FIRST_WORDS]
    found = [
        _Place(other, at, alike)
        for other in others
        for at, command in enumerate(other.commands)
        if first and command == first[0] and (alike := _alike(first, other.commands[at : at + len(first)]))
    ]
    if not found:
        raise TornError(f"what {part.name} begins with stands nowhere else")
    return max(found, key=lambda place: (place.alike, place.of.fresh, place.at))


def _alike(first: list[Command], others: list[Command]) -> int:
    """How many commands are the same; 0 when one is not. The other file may end within them."""
    return len(others) if first[: len(others)] == others else 0


def _parts(host: str, folder: Path) -> list[_Part]:
    found = []
    for file in written(folder):
        number = sequence(file)
        base = file.with_name(file.name.replace(".incr.", ".base."))
        fresh = not base.exists() or base.stat().st_size == 0
        said = [command for command in read(file) if command[0].upper() not in _SAYS_NOTHING]
        found.append(_Part(f"{host}:{number}", fresh, said))
    return found
