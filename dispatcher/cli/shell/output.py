"""How the command speaks: data to standard output, words to standard error, JSON when asked."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from dispatcher.control_characters import escape_control_characters, strip_control_characters
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import RecipientState

#: A terminal's width, or enough for a table in a file.
_WIDTH_WITHOUT_TERMINAL = 120


class _CleanConsole(Console):
    """A console whose texts hold no control characters, whoever wrote them; its own styles are none of them."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield (
                segment if segment.control else segment._replace(text=strip_control_characters(segment.text))
            )


def out() -> Console:
    """Standard output as it is now. Texts are people's own: what stands in brackets there is no style."""
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    return _CleanConsole(file=sys.stdout, width=width, markup=False)


def say(text: str) -> None:
    """A line for the person, beside the data."""
    print(strip_control_characters(text), file=sys.stderr, flush=True)  # noqa: T201 - this is the one place that prints


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    print(escape_control_characters(json.dumps(data, indent=2, default=str)), flush=True)  # noqa: T201


def print_line(text: str) -> None:
    """One plain line on standard output."""
    print(strip_control_characters(text), flush=True)  # noqa: T201


def campaign_json(campaign: Campaign) -> dict[str, Any]:
    """A campaign as the contract names its fields."""
    return campaign.model_dump(mode="json", exclude={"settings"})


def counted(count: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def counts_table(campaign: Campaign) -> Group:
    """Recipients by state, those that there are, and their sum; above it, in one line, which campaign and its state."""
    table = Table()
    table.add_column("state")
    table.add_column("recipients", justify="right")
    for state in RecipientState:
        if campaign.counts[state]:
            table.add_row(state.value, str(campaign.counts[state]))
    table.add_section()
    table.add_row("all", str(sum(campaign.counts.values())))
    return Group(Text(f"\n{campaign.name} ({campaign.id}): {campaign.state.value}", style="italic"), table)


def facts_table(facts: Iterable[tuple[str, str | None]]) -> Table:
    """Names and values, without borders; what is not known is left out."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for name, value in facts:
        if value:
            table.add_row(name, value)
    return table


def mms(folder: Path | None = None) -> str:
    """`mms` if the shell finds ours by that name, else its path, seen from `folder` (default: here)."""
    ours = Path(sys.executable).with_name("mms")
    found = shutil.which("mms")
    if found is not None and os.path.realpath(found) == os.path.realpath(ours):
        return "mms"
    base = folder or Path.cwd()
    return str(ours.relative_to(base) if ours.is_relative_to(base) else ours)
