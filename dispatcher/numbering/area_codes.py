"""Every area code of the North American Numbering Plan, from `data/area_codes.csv`: where it is, and for what.

Every exchange of a geographic code of the US or of Canada is a fixed or mobile line there, so that such a number needs
no closer look. A code that is not in the table may have come into service since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dispatcher.numbering.regions import NAMES


class AreaCode(NamedTuple):
    """One code. `country` has two letters, and is empty for codes without a place: `use` says what those are for.

    `states` are states or provinces, `zones` IANA names: of all that the code reaches into. `in_service` is None where
    that was not announced.
    """

    country: str
    states: tuple[str, ...]
    zones: tuple[str, ...]
    in_service: date | None = None
    use: str = ""


class _Table(NamedTuple):
    as_of: date
    codes: dict[str, AreaCode]


@cache
def _table() -> _Table:
    text = (Path(__file__).with_name("data") / "area_codes.csv").read_text("ascii")
    marked = [line for line in text.splitlines() if line.startswith("# as of: ")]
    rows = [line.split(",") for line in text.splitlines() if not line.startswith("#")]
    codes = {
        code: AreaCode(country, tuple(states.split()), tuple(zones.split()), _day(since), use)
        for code, country, states, zones, since, use in rows[1:]
    }
    return _Table(date.fromisoformat(marked[0].rpartition(" ")[2]), codes)


def _day(written: str) -> date | None:
    return date.fromisoformat(written) if written else None


def as_of() -> date:
    """The day of the list that the table follows."""
    return _table().as_of


@cache
def area_codes(extra: str = "") -> Mapping[str, AreaCode]:
    """All codes by their three digits, and besides those of a setting like `679=US-MI,861=US-IL`.

    A code that is added has the zones of all codes of its state or province.

    Raises:
        ValueError: the setting is not of that form, or names no place; says which part.
    """
    added = (_added(part.strip()) for part in extra.split(",") if part.strip())
    return {**_table().codes, **dict(added)}


def _added(written: str) -> tuple[str, AreaCode]:
    code, _, place = map(str.strip, written.partition("="))
    if not (len(code) == 3 and code.isascii() and code.isdecimal() and can_be_area_code(code)):
        raise ValueError(f"{written[:40]!r} begins with no area code; write codes and places like 679=US-MI")
    country, _, state = place.upper().partition("-")
    zones = {
        zone: None
        for each in _table().codes.values()
        if each.country == country and (not each.states or state in each.states)
        for zone in each.zones
    }
    if not zones or (country not in ("US", "CA") and state):
        raise ValueError(
            f"{written[:40]!r} names no place; write a state or province like US-MI or CA-ON, {_ISLANDS}"
        )
    return code, AreaCode(country, (state,) if state else (), tuple(zones))


_ISLANDS = f"or one of {', '.join(code for code in NAMES if code not in ('US', 'CA'))}"


def can_be_area_code(npa: str) -> bool:
    """Whether the plan allows such an area code: `[2-9]XX`, not N11, middle digit not 9, not 37X or 96X."""
    return npa[0] >= "2" and npa[1:] != "11" and npa[1] != "9" and npa[:2] not in ("37", "96")


def is_for_services(npa: str) -> bool:
    """Whether the plan keeps such an area code for services (the last two digits alike): it is never a place's."""
    return npa[1] == npa[2]


def can_be_exchange(nxx: str) -> bool:
    """Whether the plan allows such an exchange: `[2-9]XX`, not N11."""
    return nxx[0] >= "2" and nxx[1:] != "11"
