"""A campaign that was just submitted: what is said of it, and the waiting for its end."""

from __future__ import annotations

from typing import NamedTuple

from dispatcher.cli.campaign._status_lines import StatusLines
from dispatcher.cli.shell import output, tables
from dispatcher.cli.shell.wait import Until, is_unread, require_most_arrived, wait_for
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.pipeline.preflight.result import Tally
from dispatcher.settings import Settings


class Submitted(NamedTuple):
    """Its id, and how many rows of its file go."""

    ledger: Ledger
    config: Settings
    campaign_id: str
    tally: Tally

    def print_json(self) -> None:
        """The campaign as it stands, with how many rows of its file go."""
        campaign = output.campaign_json(self.ledger.campaign(self.campaign_id))
        output.print_json({**campaign, "checked": self.tally.model_dump()})

    def wait(self, until: Until, timeout_seconds: float | None, *, as_json: bool) -> None:
        """Wait, say what is waited for, and show what became of it.

        Raises:
            StillWaitingError: it did not come to that end.
            MostlyRefusedError: it did, but most of it was refused or failed.
        """
        said, status_lines = "", StatusLines(self.ledger, self.config)

        def tell(campaign: Campaign) -> None:
            nonlocal said
            line = status_lines.at(campaign)
            kind = f"{campaign.state.value} {is_unread(campaign)} {line.opens}"
            if kind != said:
                said = kind
                output.say(f"{campaign.state.value}: {line.why}")

        try:
            campaign = wait_for(self.ledger, self.campaign_id, until, timeout=timeout_seconds, on_look=tell)
        finally:
            if as_json:
                self.print_json()
        if not as_json:
            tables.out().print(tables.counts_table(campaign))
        require_most_arrived(campaign)
