"""What a person who waits wants to know of a campaign now and then: pace, time left, and what it waits for."""

from __future__ import annotations

import datetime as dt
import time
from typing import NamedTuple

from dispatcher.cli.shell.wait import done_rows, why
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.estimates.estimate import estimated
from dispatcher.pipeline.estimates.opening_hours import waits_for_hours
from dispatcher.pipeline.estimates.pace import pace_of
from dispatcher.settings import Settings

#: What costs Redis something is looked up at most so often.
_EVERY_SECONDS = 2.0
#: A line's columns, each as wide as its heading.
HEADINGS = ("     rows", "     done", "delivered", "   failed", "    pace", "time left")


class StatusLine(NamedTuple):
    """`pace` in rows a second, `left_seconds` to the last message; None where nobody knows. `opens` says until when
    all that are left wait for allowed hours."""

    campaign: Campaign
    pace: float | None
    left_seconds: float | None
    opens: str | None

    @property
    def why(self) -> str:
        """What is being waited for; a long wait says that nothing is lost by leaving."""
        if self.opens is not None:
            return f"waits until {self.opens}; Ctrl-C is safe"
        words = why(self.campaign)
        return f"{words}; Ctrl-C is safe" if self.campaign.state is CampaignState.SCHEDULED else words

    @property
    def columns(self) -> tuple[str, ...]:
        """Rows, those done with, delivered, failed or rejected, pace, time left: each as wide as its heading."""
        counts = self.campaign.counts
        failed = counts[RecipientState.FAILED] + counts[RecipientState.REJECTED]
        texts = (
            str(self.campaign.rows if self.campaign.rows is not None else self.campaign.rows_read),
            str(done_rows(self.campaign)),
            str(counts[RecipientState.DELIVERED]),
            str(failed),
            "" if self.pace is None else f"{self.pace:.1f}/s",
            "" if self.left_seconds is None else in_hours(self.left_seconds),
        )
        return tuple(text.rjust(len(heading)) for text, heading in zip(texts, HEADINGS, strict=True))


class StatusLines:
    """The status lines of campaigns of one ledger."""

    def __init__(self, ledger: Ledger, config: Settings) -> None:
        self._ledger = ledger
        self._config = config
        self._looked = 0.0
        self._known: tuple[float | None, float | None, str | None] = (None, None, None)

    def at(self, campaign: Campaign) -> StatusLine:
        """The campaign with what is known of it, at most two seconds old."""
        if time.monotonic() - self._looked > _EVERY_SECONDS:
            self._known = self._looked_up(campaign)
            self._looked = time.monotonic()
        return StatusLine(campaign, *self._known)

    def _looked_up(self, campaign: Campaign) -> tuple[float | None, float | None, str | None]:
        ledger, config = self._ledger, self._config
        now_ms = ledger.agenda.now_ms()
        finish_at = estimated(ledger, campaign, config).finish_at
        left = dt.datetime.fromisoformat(finish_at).timestamp() - now_ms / 1000 if finish_at else None
        opening = waits_for_hours(ledger, campaign, now_ms, config)
        opens = opening.in_words(now_ms) if opening else None
        return pace_of(ledger, campaign, now_ms).now, left, opens


def in_hours(seconds: float) -> str:
    """`0:04:10`; hours go on counting past a day."""
    whole = max(0, round(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
