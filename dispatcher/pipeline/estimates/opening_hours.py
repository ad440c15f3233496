"""Whether a running campaign waits for allowed hours, and until when, in the words of the clock that opens first."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.views.samples import samples
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.estimates.remaining import remaining_of
from dispatcher.rules.quiet_hours import Party, place_of
from dispatcher.rules.send_window import SendWindow
from dispatcher.settings import Settings

_DAY_MS = 86_400_000
#: Whose clock is told where nobody knows whose it is.
_USUAL_CLOCK = "America/New_York"


class Opening(NamedTuple):
    """When the first of those that are left may be written to, ms since 1970, and whose clock that is."""

    at_ms: int
    zone: str

    def in_words(self, now_ms: int) -> str:
        """`8:00 AM New York`; with the day of the week when it is more than a day away."""
        local = dt.datetime.fromtimestamp(self.at_ms / 1000, ZoneInfo(self.zone))
        day = f"{local:%A} " if self.at_ms - now_ms > _DAY_MS else ""
        place = self.zone.rpartition("/")[2].replace("_", " ")
        return f"{day}{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'} {place}"


def waits_for_hours(ledger: Ledger, campaign: Campaign, now_ms: int, config: Settings) -> Opening | None:
    """None when somebody may be written to now, nobody is left, or it does not run.

    A few unsent batches are looked at; those that are left are like them.
    """
    send_window = SendWindow.under(campaign.settings, config)
    if campaign.state is not CampaignState.RUNNING or send_window.is_always_open:
        return None
    rest = remaining_of(campaign, samples(ledger, [campaign.id])[campaign.id], frozenset())
    found = []
    for places in rest.by_places:
        parties = [(f"1{area}", zone) for area, zone in sorted(places, key=str)]
        window = send_window.window(parties, now_ms)
        if window is not None and window.allows(now_ms):
            return None
        if window is not None:
            found.append(Opening(window.from_ms, _clock_of(parties, config.area_codes_extra)))
    return min(found, default=None)


def _clock_of(parties: list[Party], extra_area_codes: str) -> str:
    number, zone = parties[0]
    place = place_of(number, extra_area_codes)
    return zone or (place.zones[0] if place else _USUAL_CLOCK)
