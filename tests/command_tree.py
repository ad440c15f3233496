"""The commands of `mms` as they are, without their stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from dispatcher.cli.main import app
from dispatcher.cli.shell.deferred import Deferred

Path = tuple[str, ...]

ROOT: Any = get_command(app)


def real(command: Any) -> Any:
    """The command that this one is, or stands for."""
    return command.command if isinstance(command, Deferred) else command


def commands(command: Any = ROOT, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every command and group below this one, itself too, by the words that it is called with."""
    found = real(command)
    yield path, found
    for name, inner in getattr(found, "commands", {}).items():
        yield from commands(inner, (*path, name))


def deferred() -> Iterator[tuple[Path, Deferred]]:
    """Every stand-in."""
    for path, command in commands():
        for name, inner in getattr(command, "commands", {}).items():
            if isinstance(inner, Deferred):
                yield (*path, name), inner
