"""How far the demo's campaigns are: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from dispatcher.cli.demo._campaigns import final_rows
from dispatcher.cli.shell.output import say
from dispatcher.cli.shell.tables import out
from dispatcher.cli.shell.wait import why
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import CampaignState

LINE_SECONDS = 2.0


class Lines:
    """Progress without a terminal."""

    def __init__(self) -> None:
        self._last = 0.0

    def show(self, campaigns: Sequence[Campaign]) -> None:
        """Say how far each is, if the last time is long enough ago."""
        if time.monotonic() - self._last < LINE_SECONDS:
            return
        self._last = time.monotonic()
        for campaign in campaigns:
            rows = campaign.rows if campaign.rows is not None else "?"
            say(
                f"  {campaign.id} {campaign.state.value}: {final_rows(campaign)} of {rows} final; {_why(campaign)}"
            )


class Bars:
    """Progress on a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def show(self, campaigns: Sequence[Campaign]) -> None:
        """Move the bars."""
        for campaign in campaigns:
            if campaign.id not in self._bars:
                self._bars[campaign.id] = self._progress.add_task(campaign.id, total=None, why="")
            self._progress.update(
                self._bars[campaign.id],
                total=campaign.rows,
                completed=final_rows(campaign),
                why=why(campaign),
            )


def _why(campaign: Campaign) -> str:
    return "reading the file" if campaign.state is CampaignState.CHECKING else why(campaign)


@contextmanager
def progress_of_campaigns() -> Iterator[Lines | Bars]:
    """The way to show progress that suits where the output goes."""
    if not sys.stdout.isatty():
        yield Lines()
        return
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[why]}"),
    )
    with Progress(*columns, console=out()) as progress:
        yield Bars(progress)
