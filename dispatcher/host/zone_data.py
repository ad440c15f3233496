"""Time zones: the locked data in every process, and the names that are a place's clock.

Python prefers the machine's zone files, which are as old as its system; rules change several times a year. So nothing
of the machine is read here: neither its files nor `PYTHONTZPATH`. A name such as `EST` or `Etc/GMT+5` is an offset
without summer time, an hour off for half of the year, so it is no clock that a person is up by.
"""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import tzdata

from dispatcher.errors import InputError

VERSION: str = tzdata.IANA_VERSION

#: What people write for a clock, without its summer time or none of it, and the place that they mean.
_MEANT = {
    "America/New_York": "est edt et est5edt eastern gmt-5 utc-5 etc/gmt+5 utc-4 gmt-4",
    "America/Chicago": "cst cdt ct cst6cdt central gmt-6 utc-6 etc/gmt+6",
    "America/Denver": "mdt mt mst7mdt mountain gmt-7 utc-7 etc/gmt+7",
    "America/Phoenix": "mst",
    "America/Los_Angeles": "pst pdt pt pst8pdt pacific gmt-8 utc-8 etc/gmt+8",
    "America/Anchorage": "akst akdt alaska gmt-9 utc-9 etc/gmt+9",
    "Pacific/Honolulu": "hst hdt hast hawaii gmt-10 utc-10 etc/gmt+10",
    "America/Halifax": "ast adt atlantic etc/gmt+4",
    "America/St_Johns": "nst ndt newfoundland",
    "Europe/London": "bst gb gb-eire gmt gmt0 gmt+0 gmt-0 greenwich etc/gmt",
    "Europe/Paris": "cet cest met",
    "Europe/Athens": "eet eest",
    "Europe/Lisbon": "wet west",
}
_PLACES = {word: place for place, words in _MEANT.items() for word in words.split()}


def use_locked_data() -> None:
    """Read zones from the locked package alone, from now on in this process."""
    zoneinfo.reset_tzpath(())
    ZoneInfo.clear_cache()


@cache
def names() -> dict[str, str]:
    """Every name that is a place's clock, and UTC, by the name in lower case."""
    known = (name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return {name.casefold(): name for name in (*known, "UTC", "Etc/UTC")}


def name_of_place(written: str) -> str | None:
    """The proper name of a place's clock, however it is written; None: it is no such name."""
    return names().get(written.strip().replace(" ", "_").casefold())


def name_to_use(written: str) -> str:
    """What to write in place of a name that is no place's clock."""
    word = written.strip().casefold()
    place = _PLACES.get(word, "America/New_York")
    if word == "mst":
        return f"{place} (no summer time) or America/Denver"
    if place == "Europe/London":
        return f"{place} or UTC"
    return place


def zone_named(written: str) -> ZoneInfo:
    """The zone of a place, or UTC.

    Raises:
        InputError: there is none of this name, or it is no place's clock; the hint has the name to use.
    """
    name = name_of_place(written)
    if name is not None:
        return ZoneInfo(name)
    hint = f"write {name_to_use(written)}"
    if written.strip().casefold() in _PLACES or _is_offset(written):
        raise InputError(f"{written[:40]!r} is no place's clock: it says nothing of summer time", hint=hint)
    raise InputError(f"there is no time zone {written[:40]!r}", hint=f"{hint}, or another name of a place")


def _is_offset(written: str) -> bool:
    try:
        ZoneInfo(written.strip())
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def known_since() -> datetime:
    """A moment before which the data were not made: the year of its version, or the newest date that it names."""
    year = datetime(int(VERSION[:4]), 1, 1, tzinfo=UTC)
    try:
        facts = Path(tzdata.__file__).with_name("zoneinfo").joinpath("leapseconds").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return year
    stamps = (line.split()[1] for line in facts.splitlines() if line.startswith("#updated "))
    return max([year, *(datetime.fromtimestamp(int(stamp), UTC) for stamp in stamps if stamp.isdigit())])
