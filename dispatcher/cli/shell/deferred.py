"""Commands that are imported when they run: a group knows the name, the place and the first sentence of each.

So `mms --help` loads no command, and a command none of its neighbours. A test compares the sentences with those that
the commands say themselves.
"""

from __future__ import annotations

import gc
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
        found = _imported(self.place)
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

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help, without loading any of the commands."""
        if self.rich_markup_mode is None:  # TYPER_USE_RICH=0
            super().format_help(ctx, formatter)
            return
        from dispatcher.cli.shell.group_help import show  # noqa: PLC0415 - what draws is loaded when it draws

        show(self, ctx)


def _imported(place: str) -> Any:
    """What is called so there. Whatever comes with it stays: looking through it for rubbish, again and again while it
    grows, is a tenth of a short command."""
    module, _, attribute = place.partition(":")
    gc.disable()
    try:
        return getattr(import_module(module), attribute)
    finally:
        gc.freeze()
        gc.enable()
