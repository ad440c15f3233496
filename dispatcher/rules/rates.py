"""Rates as people write them, and what the limiter makes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dispatcher.errors import InputError
from dispatcher.rules.times import parse_duration

_RATE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(?:/\s*(s|sec|second|m|min|minute|h|hour))?\s*$", re.IGNORECASE)
_CAP = re.compile(r"^\s*(\d+)\s*/\s*(\S+)\s*$")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600}

#: What the limiter counts in: from one in twelve days to a million a second.
SLOWEST, FASTEST = 1e-6, 1e6
#: Seconds of a limit that may go at once. What is due to a round trip or two is not lost, nothing more.
BURST_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Rate:
    """Legs and segments per second, with how many may go at once."""

    per_second: float
    burst: float

    @property
    def interval_us(self) -> float:
        """Microseconds that one leg or segment pays for (the emission interval of GCRA)."""
        return 1_000_000 / self.per_second

    @property
    def tolerance_us(self) -> float:
        """Microseconds by which a claim may run ahead of its time (the burst tolerance of GCRA)."""
        return (self.burst - 1) * self.interval_us


def rate_text(per_second: float) -> str:
    """A rate as people write it, in the unit that makes it a whole number if one does: `20/s`, `1/m`."""
    for unit, seconds in _UNIT_SECONDS.items():
        per_unit = per_second * seconds
        if per_unit >= 0.999999 and abs(per_unit - round(per_unit)) < 1e-6 * per_unit:
            return f"{round(per_unit)}/{unit}"
    return f"{per_second:g}/s"


def parse_rate(text: str, *, burst: float | None = None) -> Rate:
    """Read `20/s`, `600/m`, `1000/h` or `20`.

    Raises:
        InputError: it is not a rate, or none that the limiter can count in.
    """
    match = _RATE.match(text)
    per_second = float(match[1]) / _UNIT_SECONDS[(match[2] or "s")[0].lower()] if match else 0.0
    if not SLOWEST <= per_second <= FASTEST:
        raise InputError(f"{text!r} is not a rate", hint="write it like 20/s, 600/m or 1000/h")
    return Rate(per_second, burst if burst is not None else max(1.0, per_second * BURST_SECONDS))


def parse_cap(text: str) -> tuple[int, int]:
    """Read a frequency cap, `3/7d`: at most so many messages in so many ms. An empty text is (0, 0), none.

    Raises:
        InputError: it is not a cap.
    """
    if not text.strip():
        return 0, 0
    match = _CAP.match(text)
    if match is None or int(match[1]) < 1:
        raise InputError(f"{text!r} is not a frequency cap", hint="write it like 3/7d or 1/24h")
    return int(match[1]), int(parse_duration(match[2]).total_seconds() * 1000)
