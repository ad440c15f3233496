"""Where an area code is: its states or provinces and its time zones, from `data/area_codes.csv`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple


class AreaPlaces(NamedTuple):
    """States or provinces by their two letters, and IANA zones. Both empty: nobody knows where."""

    states: tuple[str, ...]
    zones: tuple[str, ...]


_NOWHERE = AreaPlaces((), ())


@cache
def area_places() -> dict[str, AreaPlaces]:
    """Every known area code of the United States and Canada."""
    text = (Path(__file__).with_name("data") / "area_codes.csv").read_text("ascii")
    rows = [line.split(",") for line in text.splitlines() if not line.startswith("#")]
    return {code: AreaPlaces(tuple(states.split()), tuple(zones.split())) for code, states, zones in rows[1:]}


def places_of(number: str) -> AreaPlaces:
    """Where a number of 11 digits may be; empty for toll-free and unknown area codes."""
    return area_places().get(number[1:4], _NOWHERE)
