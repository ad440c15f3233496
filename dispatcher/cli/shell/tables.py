"""What the command draws: tables, without a control character whoever wrote their texts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from dispatcher.control_characters import strip_control_characters
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
