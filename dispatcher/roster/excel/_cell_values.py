"""What stands in a workbook's cell, as one would type it: escapes taken out, numbers as digits, days as dates."""

from __future__ import annotations

import datetime as dt
import re

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LINE_END = re.compile(r"\r\n?")
#: What is no text in any message: control characters but tab and line ends.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: In a format's code: what is literal or a colour, not a part of a date.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[dmyhs]", re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_NO_FORMAT = frozenset(("general", "standard", "@"))
#: Formats that are known by number: dates and times of day, and time gone by.
_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))
_BUILT_IN_ELAPSED = 46
_WHOLE = re.compile(r"-?\d{1,40}")
_DAY_MAX = 2_958_466  # the first day after 9999
_SECONDS = 86_400


def unescaped(text: str) -> str:
    """A text without `_xHHHH_`, which writers put for characters that XML cannot carry. A line end is one character."""
    if "_x" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    return _CONTROLS.sub("", text)


def kind_of(number: int, code: str) -> str:
    """What a number format shows: `date`, `elapsed` or a `number`."""
    if not code:
        if number == _BUILT_IN_ELAPSED:
            return "elapsed"
        return "date" if number in _BUILT_IN_DATES else "number"
    first = _LITERAL.sub("", code).partition(";")[0]
    if first.strip().lower() in _NO_FORMAT:
        return "number"
    if _ELAPSED.search(first):
        return "elapsed"
    return "date" if _DATE_LETTERS.search(first) else "number"


def number_text(raw: str) -> str:
    """A number as a person writes it, to the 15 digits that a workbook keeps.

    Raises:
        ValueError: it is none.
    """
    if _WHOLE.fullmatch(raw):
        return str(int(raw))
    value = float(raw)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}" if abs(value) >= 1e-5 else repr(value)


def dated_text(raw: str, kind: str, *, from_1904: bool) -> str:
    """A day, a time or both; a number that is neither stays one."""
    days = float(raw)
    if kind == "elapsed" or not 0 <= days < _DAY_MAX:
        return _elapsed(days) if kind == "elapsed" and 0 <= days < _DAY_MAX else number_text(raw)
    seconds = round(days * _SECONDS)
    if days < 1 and not from_1904:
        minutes, second = divmod(min(seconds, _SECONDS - 1), 60)
        return str(dt.time(minutes // 60, minutes % 60, second))
    if from_1904:
        seconds += 1462 * _SECONDS
    elif days < 60:  # Excel counts a 29 February 1900
        seconds += _SECONDS
    moment = dt.datetime(1899, 12, 30) + dt.timedelta(seconds=seconds)  # noqa: DTZ001 - a clock without a zone
    return _moment_text(moment)


def _moment_text(moment: dt.datetime) -> str:
    if moment.time() == dt.time():
        return moment.date().isoformat()
    return moment.isoformat(" ", "seconds" if moment.second else "minutes")


def _elapsed(days: float) -> str:
    minutes, seconds = divmod(round(days * _SECONDS), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def iso_text(raw: str) -> str:
    """A date that is written out (`2026-12-01T00:00:00`), without a time where it has none."""
    try:
        moment = dt.datetime.fromisoformat(raw)
    except ValueError:
        return raw
    return _moment_text(moment)
