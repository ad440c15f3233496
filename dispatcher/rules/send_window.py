"""When one message may leave: allowed hours, and a start on each recipient's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dispatcher.model.campaign import CampaignSettings, QuietHours
from dispatcher.rules.quiet_hours import ANY_TIME, Hours, Party, Window, all_zones, place_of
from dispatcher.rules.times import LocalMoment, moment_in, moment_on, parse_start
from dispatcher.settings import Settings

#: The clock that is ahead of all others, and the one that is behind them.
_FIRST_CLOCK = "Pacific/Kiritimati"
_LAST_CLOCK = ZoneInfo("Etc/GMT+12")


class SendWindow:
    """The windows of one campaign's messages. `at` is the campaign's start as it was written, `margin_seconds` how
    early hours close, `extra_area_codes` those that the installation adds to our table.

    Raises:
        InputError: `at` is not a time.
    """

    def __init__(
        self, policy: QuietHours, at: str | None, margin_seconds: float, extra_area_codes: str = ""
    ) -> None:
        start = parse_start(at) if at else None
        self._wall = start.wall if isinstance(start, LocalMoment) else None
        self._start = start if isinstance(start, datetime) else None
        self._hours = Hours(policy, margin_seconds, extra_area_codes)
        self._extra_area_codes = extra_area_codes
        self.is_always_open = policy == "off" and self._wall is None

    @classmethod
    def under(cls, campaign: CampaignSettings, config: Settings) -> SendWindow:
        """That of a campaign, by what this installation says of hours and area codes."""
        return cls(campaign.quiet_hours, campaign.at, config.hours_margin, config.area_codes_extra)

    @property
    def begins(self) -> datetime | None:
        """When the first message may leave; for a start on the recipients' clocks, when the first clock on earth may
        show it. None: at once."""
        if self._wall is not None:
            return moment_in(self._wall, _FIRST_CLOCK)
        return self._start

    def window(self, parties: Sequence[Party], now_ms: int) -> Window | None:
        """The window, now or next, in which these may have a message together; None: not within eight days."""
        if self.is_always_open:
            return ANY_TIME
        starts_ms = self.starts_ms(parties)
        window = self._hours.window(parties, max(now_ms, starts_ms))
        return window and Window(max(window.from_ms, starts_ms), window.until_ms)

    def starts_ms(self, parties: Sequence[Party]) -> int:
        """When the start has come on all these recipients' own clocks; 0 when it is not on theirs."""
        if self._wall is None:
            return 0
        zones = {zone for party in parties for zone in self._zones(party)}
        return max(int(moment_in(self._wall, zone).timestamp() * 1000) for zone in zones)

    def _zones(self, party: Party) -> tuple[str, ...]:
        number, zone = party
        place = place_of(number, self._extra_area_codes)
        return (zone,) if zone else place.zones if place else all_zones()


def last_start(at: str) -> datetime:
    """The instant of a start; for one on the recipients' clocks, when the last clock on earth shows it.

    Raises:
        InputError: `at` is not a time.
    """
    start = parse_start(at)
    return moment_on(start.wall, _LAST_CLOCK) if isinstance(start, LocalMoment) else start
