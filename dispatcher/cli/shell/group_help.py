"""The help of a group, drawn as Typer draws it, to the byte; a test compares the two.

Typer's own drawing loads what renders Markdown and tracebacks first, as long again as all else that `mms --help` does.
"""

from __future__ import annotations

import os
from typing import Any, ClassVar

from rich.align import Align
from rich.columns import Columns
from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

_STYLES = {"option": "bold cyan", "switch": "bold green", "types": "bold yellow", "usage": "yellow"}
_DIM = "dim"


class _Options(RegexHighlighter):
    """Options, types and the word of the usage stand out."""

    highlights: ClassVar[list[str]] = [
        r"(^|\W)(?P<switch>\-\w+)(?![a-zA-Z0-9])",
        r"(^|\W)(?P<option>\-\-[\w\-]+)(?![a-zA-Z0-9])",
        r"(?P<types>\<[^\>]+\>)",
        r"(?P<usage>Usage: )",
    ]


class _Brackets(RegexHighlighter):
    """The brackets of a type are dim."""

    highlights: ClassVar[list[str]] = [r"^(?P<types_sep>(\[|<))", r"(?P<types_sep>(\]|>))(\.\.\.)?$"]


def show(group: Any, context: Any) -> None:
    """Print the help of a group whose options are flags with a sentence."""
    console = _console()
    console.print(Padding(_options(group.get_usage(context)), 1), style="bold")
    if group.help:
        console.print(Padding(Align(_text(group.help), pad=False), (0, 1, 1, 1)))
    flags = _table(highlight=True)
    for option in group.get_params(context):
        kind = _brackets(Text(option.display_type_rich(context), style="bold yellow", overflow="fold"))
        flags.add_row(_options(",".join(option.opts)), "", "", "", kind, Columns([_text(option.help)]))
    console.print(_panel("Options", flags))
    commands = [group.get_command(context, name) for name in group.list_commands(context)]
    named = _table(highlight=False)
    named.add_column(style="bold cyan", no_wrap=True, width=max(len(command.name) for command in commands))
    named.add_column(ratio=10)
    for command in commands:
        named.add_row(Text(command.name), _text(command.help))
    console.print(_panel("Commands", named))


_options, _brackets = _Options(), _Brackets()


def _console() -> Console:
    """Standard output in Typer's colours, and what its variables say of it."""
    width = os.environ.get("TERMINAL_WIDTH")
    forced = any(os.environ.get(name) for name in ("GITHUB_ACTIONS", "FORCE_COLOR", "PY_COLORS"))
    return Console(
        theme=Theme({**_STYLES, "types_sep": _DIM}),
        highlighter=_options,
        force_terminal=False if os.environ.get("_TYPER_FORCE_DISABLE_TERMINAL") else forced or None,
        width=int(width) if width else None,
    )


def _text(said: str) -> Text:
    return _options(Text.from_markup(said.partition("\n\n")[0].replace("\n", " ")))


def _table(*, highlight: bool) -> Table:
    return Table(
        highlight=highlight, show_header=False, expand=True, box=None, pad_edge=False, padding=(0, 1)
    )


def _panel(title: str, table: Table) -> Panel:
    return Panel(table, border_style=_DIM, title=title, title_align="left")
