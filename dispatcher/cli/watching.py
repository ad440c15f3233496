"""Following campaigns on a terminal, or line by line where there is none."""

from __future__ import annotations

import sys
import time

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from dispatcher.cli.output import counts_table, out, say
from dispatcher.cli.waiting import wait_for, why
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import UNFINISHED

_LINE_EVERY_SECONDS = 5.0


def done_rows(campaign: Campaign) -> int:
    """Rows that need nothing more from us."""
    return sum(count for state, count in campaign.counts.items() if state not in UNFINISHED)


def watch_campaign(ledger: Ledger, campaign_id: str) -> Campaign:
    """Show progress until everything is sent; then the table.

    Raises:
        StillWaitingError: it was paused, cancelled or failed.
    """
    campaign = _bar(ledger, campaign_id) if sys.stdout.isatty() else _lines(ledger, campaign_id)
    out().print(counts_table(campaign))
    return campaign


def _bar(ledger: Ledger, campaign_id: str) -> Campaign:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[why]}")) as progress:
        bar = progress.add_task(campaign_id, total=None, why="")

        def show(campaign: Campaign) -> None:
            progress.update(bar, total=campaign.rows, completed=done_rows(campaign), why=why(campaign))

        return wait_for(ledger, campaign_id, "completed", on_look=show)


def _lines(ledger: Ledger, campaign_id: str) -> Campaign:
    last = 0.0

    def show(campaign: Campaign) -> None:
        nonlocal last
        if time.monotonic() - last >= _LINE_EVERY_SECONDS:
            last = time.monotonic()
            rows = "?" if campaign.rows is None else str(campaign.rows)
            say(
                f"{campaign.id} {campaign.state.value}: {done_rows(campaign)} of {rows} rows done; {why(campaign)}"
            )

    return wait_for(ledger, campaign_id, "completed", on_look=show)
