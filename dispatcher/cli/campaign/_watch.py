"""`mms campaign watch`: following a campaign on a terminal, or line by line where there is none."""

from __future__ import annotations

import sys
import time

from rich.live import Live
from rich.text import Text

from dispatcher.cli.campaign._status_lines import HEADINGS, StatusLine, StatusLines
from dispatcher.cli.shell.context import open_ledger
from dispatcher.cli.shell.options import CampaignId
from dispatcher.cli.shell.output import say
from dispatcher.cli.shell.tables import counts_table, out
from dispatcher.cli.shell.wait import wait_for
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.settings import Settings

_LINE_EVERY_SECONDS = 5.0


def watch_command(campaign_id: CampaignId) -> None:
    """Follow a campaign live until everything is sent: rows done, delivered, failed (or rejected), pace, time left.

    Ctrl-C stops watching, not sending.

    Example: mms campaign watch spring-x7k2mp
    """
    watch_campaign(*open_ledger(), campaign_id)


def watch_campaign(ledger: Ledger, config: Settings, campaign_id: str) -> Campaign:
    """Show progress until everything is sent; then the table.

    Raises:
        StillWaitingError: it was paused, cancelled or failed.
    """
    status_lines = StatusLines(ledger, config)
    follow = _live if sys.stdout.isatty() else _lines
    campaign = follow(ledger, status_lines, campaign_id)
    out().print(counts_table(campaign))
    return campaign


def _live(ledger: Ledger, status_lines: StatusLines, campaign_id: str) -> Campaign:
    with Live(console=out(), auto_refresh=False, vertical_overflow="crop") as live:

        def show(campaign: Campaign) -> None:
            line = status_lines.at(campaign)
            head = f"{_headings()}\n{' '.join(line.columns)}\n"
            live.update(Text(f"{head}{campaign.state.value}: {line.why}", no_wrap=True), refresh=True)

        return wait_for(ledger, campaign_id, "completed", on_look=show)


def _lines(ledger: Ledger, status_lines: StatusLines, campaign_id: str) -> Campaign:
    last: float | None = None

    def show(campaign: Campaign) -> None:
        nonlocal last
        if last is None:
            say(_headings())
        if last is None or time.monotonic() - last >= _LINE_EVERY_SECONDS:
            last = time.monotonic()
            say(_line(status_lines.at(campaign)))

    return wait_for(ledger, campaign_id, "completed", on_look=show)


def _headings() -> str:
    return " ".join(HEADINGS)


def _line(line: StatusLine) -> str:
    return f"{' '.join(line.columns)}  {line.campaign.state.value}: {line.why}"
