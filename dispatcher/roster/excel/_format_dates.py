"""Days, times of day and times gone by as a section of a number format shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from dispatcher.roster.excel._format_code import Section, Token
from dispatcher.roster.excel._format_numbers import exact, rounded

_SECONDS: Final = 86_400
#: The first day after 9999, and the days between the two beginnings of time.
DAY_MAX: Final = 2_958_466
DAYS_TO_1904: Final = 1462
_BUDDHIST = 543

#: Months and days of a language, in full and short.
Names = tuple[list[str], ...]


def _names(*lines: str) -> Names:
    return tuple(line.split() for line in lines)


_ENGLISH = _names(
    "January February March April May June July August September October November December",
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
    "Sun Mon Tue Wed Thu Fri Sat",
)
_FRENCH = _names(
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "dimanche lundi mardi mercredi jeudi vendredi samedi",
    "dim. lun. mar. mer. jeu. ven. sam.",
)
_SPANISH = _names(
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ene feb mar abr may jun jul ago sep oct nov dic",
    "domingo lunes martes miércoles jueves viernes sábado",
    "dom lun mar mié jue vie sáb",
)
_LANGUAGES = {0x0C: _FRENCH, 0x0A: _SPANISH}


class Moment(NamedTuple):
    """A serial number taken apart. `weekday` counts from Sunday; `total` are the seconds since day 0, `fraction` of the
    next one in thousandths."""

    year: int
    month: int
    day: int
    weekday: int
    hour: int
    minute: int
    second: int
    total: int
    thousandths: int


def date_text(value: float, section: Section, *, from_1904: bool) -> str:
    """A value that is a date or a time, from 0 to below `DAY_MAX`."""
    tokens = _told_minutes(section.tokens)
    twelve = any(token.kind == "ampm" for token in tokens)
    moment = moment_of(value, places=_decimals(tokens), from_1904=from_1904)
    names = _LANGUAGES.get(section.language, _ENGLISH)
    pieces, place = [], 0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        zeros = _zeros_at(tokens, place) if token.kind == "point" else 0
        if zeros:
            pieces.append(f".{_fraction(moment, zeros)}")
            place += zeros
        else:
            pieces.append(_piece(token, moment, names, twelve=twelve))
    return "".join(pieces)


def moment_of(value: float, *, places: int, from_1904: bool) -> Moment:
    """The serial number's parts, rounded to so many decimals of a second (3 at most)."""
    thousandths = int(rounded(exact(value) * _SECONDS, min(places, 3)) * 1000)
    total, rest = divmod(thousandths, 1000)
    day, seconds = divmod(total, _SECONDS)
    minutes, second = divmod(seconds, 60)
    return Moment(
        *_calendar(day + DAYS_TO_1904 * from_1904), minutes // 60, minutes % 60, second, total, rest
    )


def _calendar(day: int) -> tuple[int, int, int, int]:
    """Year, month, day and weekday. Excel knows a day 0 of January 1900 and a 29 February of that year."""
    weekday = (day - 1) % 7
    if day in (0, 60):
        return (1900, 1, 0, weekday) if not day else (1900, 2, 29, weekday)
    date = dt.date(1899, 12, 31 if day < 60 else 30) + dt.timedelta(min(day, DAY_MAX - 1))
    return date.year, date.month, date.day, weekday


def _told_minutes(tokens: Sequence[Token]) -> list[Token]:
    """The tokens, with those `m` that are minutes as `n`: after hours, or before seconds."""
    told = list(tokens)
    parts = [place for place, token in enumerate(tokens) if token.kind in ("date", "elapsed")]
    for before, place, after in zip([None, *parts], parts, [*parts[1:], None], strict=False):
        token = tokens[place]
        if token.kind != "date" or token.text not in ("m", "mm"):
            continue
        follows = before is not None and tokens[before].text[0] == "h"
        leads = after is not None and tokens[after].text[0] == "s"
        if follows or leads:
            told[place] = Token("date", "n" * len(token.text))
    return told


def _zeros_at(tokens: Sequence[Token], place: int) -> int:
    """How many zeros stand here: after a point, so many decimals of a second."""
    count = 0
    while place + count < len(tokens) and tokens[place + count] == ("digit", "0"):
        count += 1
    return count


def _decimals(tokens: Sequence[Token]) -> int:
    return max(
        (_zeros_at(tokens, place + 1) for place, token in enumerate(tokens) if token.kind == "point"),
        default=0,
    )


def _fraction(moment: Moment, zeros: int) -> str:
    return f"{moment.thousandths:03}".ljust(zeros, "0")[:zeros]


def _piece(token: Token, moment: Moment, names: Names, *, twelve: bool) -> str:
    if token.kind == "date":
        return _DATE_PARTS[token.text[0]](len(token.text), moment, names, twelve)
    if token.kind == "elapsed":
        unit = {"h": 3600, "m": 60, "s": 1}[token.text[0]]
        return f"{moment.total // unit:0{len(token.text)}}"
    if token.kind == "ampm":
        half = "P" if moment.hour >= 12 else "A"
        return f"{half}M" if len(token.text) > 3 else half.lower() if token.text[0] == "a" else half
    return "" if token.kind == "text" else token.text


def _year(length: int, moment: Moment, _names: Names, _twelve: bool) -> str:
    return f"{moment.year % 100:02}" if length < 3 else f"{moment.year:04}"


def _buddhist(length: int, moment: Moment, _names: Names, _twelve: bool) -> str:
    year = moment.year + _BUDDHIST
    return f"{year % 100:02}" if length < 3 else f"{year}"


def _month(length: int, moment: Moment, names: Names, _twelve: bool) -> str:
    if length < 3:
        return f"{moment.month:0{length}}"
    name = names[1 if length == 3 else 0][moment.month - 1]
    return name[0] if length == 5 else name


def _day(length: int, moment: Moment, names: Names, _twelve: bool) -> str:
    return f"{moment.day:0{length}}" if length < 3 else names[3 if length == 3 else 2][moment.weekday]


def _hour(length: int, moment: Moment, _names: Names, twelve: bool) -> str:
    hour = (moment.hour % 12 or 12) if twelve else moment.hour
    return f"{hour:0{min(length, 2)}}"


def _minute(length: int, moment: Moment, _names: Names, _twelve: bool) -> str:
    return f"{moment.minute:0{length}}"


def _second(length: int, moment: Moment, _names: Names, _twelve: bool) -> str:
    return f"{moment.second:0{min(length, 2)}}"


_DATE_PARTS: dict[str, Callable[[int, Moment, Names, bool], str]] = {
    "y": _year,
    "e": lambda _, moment, *__: f"{moment.year}",
    "b": _buddhist,
    "g": lambda *_: "",
    "m": _month,
    "d": _day,
    "h": _hour,
    "n": _minute,
    "s": _second,
}
