"""Following campaigns on a terminal, or line by line where there is none."""

from __future__ import annotations

import sys
import time

from rich.live import Live
from rich.text import Text

from dispatcher.cli.campaign._status_lines import HEADINGS, Glance, Glances
from dispatcher.cli.shell.output import counts_table, out, say
from dispatcher.cli.shell.wait import wait_for
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.settings import Settings

_LINE_EVERY_SECONDS = 5.0


def watch_campaign(ledger: Ledger, config: Settings, campaign_id: str) -> Campaign:
    """Show progress until everything is sent; then the table.

    Raises:
        StillWaitingError: it was paused, cancelled or failed.
    """
    glances = Glances(ledger, config)
    follow = _live if sys.stdout.isatty() else _lines
    campaign = follow(ledger, glances, campaign_id)
    out().print(counts_table(campaign))
    return campaign


def _live(ledger: Ledger, glances: Glances, campaign_id: str) -> Campaign:
    with Live(console=out(), auto_refresh=False, vertical_overflow="crop") as live:

        def show(campaign: Campaign) -> None:
            glance = glances.at(campaign)
            head = f"{_headings()}\n{' '.join(glance.columns)}\n"
            live.update(Text(f"{head}{campaign.state.value}: {glance.why}", no_wrap=True), refresh=True)

        return wait_for(ledger, campaign_id, "completed", on_look=show)


def _lines(ledger: Ledger, glances: Glances, campaign_id: str) -> Campaign:
    last: float | None = None

    def show(campaign: Campaign) -> None:
        nonlocal last
        if last is None:
            say(_headings())
        if last is None or time.monotonic() - last >= _LINE_EVERY_SECONDS:
            last = time.monotonic()
            say(_line(glances.at(campaign)))

    return wait_for(ledger, campaign_id, "completed", on_look=show)


def _headings() -> str:
    return " ".join(HEADINGS)


def _line(glance: Glance) -> str:
    return f"{' '.join(glance.columns)}  {glance.campaign.state.value}: {glance.why}"
