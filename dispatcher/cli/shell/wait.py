"""Waiting for a campaign, and why it takes as long as it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

from dispatcher.errors import MmsError, StoreUnavailable
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import UNFINISHED, CampaignState, RecipientState

Until = Literal["completed", "settled"]

POLL_SECONDS = 0.25
#: Redis away for longer than this ends the waiting.
STORE_PATIENCE_SECONDS = 60.0
#: A reader of files looks for new ones at least once a second.
_READING_BEGINS_WITHIN = timedelta(seconds=10)
_REFUSED = (RecipientState.INVALID, RecipientState.REJECTED, RecipientState.FAILED)
_ENDED_OTHERWISE = {CampaignState.PAUSED, CampaignState.CANCELLED, CampaignState.FAILED}


class StillWaitingError(MmsError):
    """The campaign did not come to the wanted end; the sentence says why."""


class MostlyRefusedError(MmsError):
    """The campaign is done, and most of it did not go or did not arrive."""


def require_most_arrived(campaign: Campaign) -> None:
    """Rows that were invalid, rejected or failed are at most half of those that could have gone: all but duplicates and
    people who opted out.

    Raises:
        MostlyRefusedError: they are more.
    """
    refused = {state: campaign.counts[state] for state in _REFUSED if campaign.counts[state]}
    most = sum(campaign.counts.values()) - campaign.counts[RecipientState.SKIPPED]
    if 2 * sum(refused.values()) > most:
        words = ", ".join(f"{count} {state.value}" for state, count in refused.items())
        raise MostlyRefusedError(
            f"most of {campaign.id} did not go or did not arrive: of {most} rows {words}",
            hint=f"`mms campaign report {campaign.id}` says why, row by row",
        )


def done_rows(campaign: Campaign) -> int:
    """Rows that need nothing more from us."""
    return sum(count for state, count in campaign.counts.items() if state not in UNFINISHED)


def wait_for(
    ledger: Ledger,
    campaign_id: str,
    until: Until,
    *,
    timeout: float | None = None,
    on_look: Callable[[Campaign], None] = lambda _: None,
) -> Campaign:
    """Return the campaign once it is completed, or settled. `timeout` in seconds.

    Raises:
        StillWaitingError: it was paused, cancelled or failed, only rows held for a person are left, or time is up.
    """
    started = seen = time.monotonic()
    while True:
        try:
            campaign = ledger.campaign(campaign_id)
            seen = time.monotonic()
        except StoreUnavailable:
            if time.monotonic() - seen > STORE_PATIENCE_SECONDS:
                raise
            time.sleep(POLL_SECONDS)
            continue
        on_look(campaign)
        if _arrived(campaign, until):
            return campaign
        _give_up_if_hopeless(campaign)
        if timeout is not None and time.monotonic() - started > timeout:
            raise StillWaitingError(
                f"campaign {campaign_id} is still {campaign.state.value} after {timeout:g} s: {why(campaign)}",
                hint=f"`mms campaign watch {campaign_id}` goes on watching",
            )
        time.sleep(POLL_SECONDS)


def _arrived(campaign: Campaign, until: Until) -> bool:
    if until == "settled":
        return campaign.settled_at is not None
    return campaign.finished_at is not None and campaign.state is CampaignState.COMPLETED


def _give_up_if_hopeless(campaign: Campaign) -> None:
    if campaign.state in _ENDED_OTHERWISE:
        reason = f": {campaign.reason}" if campaign.reason else ""
        raise StillWaitingError(f"campaign {campaign.id} is {campaign.state.value}{reason}")
    left = {state for state in UNFINISHED if campaign.counts[state]}
    held = campaign.settings.on_unconfirmed == "hold" and campaign.rows is not None
    if held and left == {RecipientState.UNCONFIRMED}:
        raise StillWaitingError(
            f"only unconfirmed rows are left in {campaign.id}, and they are held for a person",
            hint="look at the report and decide",
        )


def is_unread(campaign: Campaign) -> bool:
    """Whether nobody has begun to read the file, though there was time enough."""
    waited = datetime.now(UTC) - datetime.fromisoformat(campaign.created_at)
    unread = campaign.state is CampaignState.CHECKING and not campaign.rows_read
    return unread and waited > _READING_BEGINS_WITHIN


def why(campaign: Campaign) -> str:
    """What is being waited for, in a few words."""
    counts = campaign.counts
    if campaign.state is CampaignState.CHECKING:
        if is_unread(campaign):
            return "nobody reads the file; is `mms up` running?"
        return f"the file is being read, {campaign.rows_read} rows so far"
    if campaign.state is CampaignState.SCHEDULED:
        return f"it starts at {campaign.start_at}" if campaign.start_at else "it is about to start"
    if campaign.reason:
        return campaign.reason
    waiting = [
        f"{counts[state]} {state.value}"
        for state in (*UNFINISHED, RecipientState.QUEUED, RecipientState.SENT)
        if counts[state]
    ]
    return ", ".join(sorted(waiting)) or "nothing"
