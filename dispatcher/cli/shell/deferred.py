"""Commands that are imported when they run: a group knows the name, the place and the first sentence of each.

So `mms --help` loads no command, and a command none of its neighbours. A test compares the sentences with those that
the commands say themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


class Deferred(TyperCommand):
    """A command, or a group of them, that is not imported yet.

    `place` is `package.module:name` of its function or of its `typer.Typer`; `says` the first sentence of its help.
    """

    def __init__(self, name: str, place: str, says: str) -> None:
        super().__init__(name, help=says)
        self.place = place

    @cached_property
    def command(self) -> Any:
        """The command itself, imported now."""
        module, _, attribute = self.place.partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            return get_group(found)
        alone = typer.Typer(add_completion=False)
        alone.command(self.name)(found)
        return get_command(alone)

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """The context of the command itself: from here on nothing knows this stand-in."""
        return self.command.make_context(*arguments, **options)


class DeferredGroup(TyperGroup):
    """A group of such commands; a class of it names them in the order of the help."""

    deferred: ClassVar[Iterable[tuple[str, str, str]]] = ()

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, place, says in self.deferred:
            self.add_command(Deferred(name, place, says))
