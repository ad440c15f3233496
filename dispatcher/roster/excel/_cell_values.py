"""What stands in a workbook's cell: escapes taken out, numbers as they are shown, and as one would type them."""

from __future__ import annotations

import datetime as dt
import math
import re

from dispatcher.roster.excel._format_numbers import general_text
from dispatcher.roster.excel.number_format import NumberFormat, render

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LINE_END = re.compile(r"\r\n?")
#: What is no text in any message: control characters but tab and line ends.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: Numbers that are written in the file as they are shown without a format: most of them.
_PLAIN = re.compile(r"0|-?[1-9]\d{0,39}|-?(?:0|[1-9]\d{0,8})\.\d{0,8}[1-9]")
_PLAIN_CHARACTERS = 11
_WHOLE = re.compile(r"-?\d{1,40}")
#: From here on a number may be a telephone number, and what is shown of it may not have all of its digits.
_PERHAPS_TELEPHONE = 1e9
_TELEPHONE_DIGITS = 10
#: Values of one style whose texts are kept.
_REMEMBERED = 4096
_DAY_ZERO = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a clock without a zone


def unescaped(text: str) -> str:
    """A text without `_xHHHH_`, which writers put for characters that XML cannot carry. A line end is one character."""
    if "_x" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    return _CONTROLS.sub("", text)


def number_text(raw: str) -> str:
    """A number without a format; every digit of a whole one.

    Raises:
        ValueError: it is none.
    """
    if _PLAIN.fullmatch(raw) and (len(raw) <= _PLAIN_CHARACTERS or "." not in raw):
        return raw
    return str(int(raw)) if _WHOLE.fullmatch(raw) else general_text(_finite(raw))


def _finite(raw: str) -> float:
    value = float(raw)
    if not math.isfinite(value):
        raise ValueError
    return value


class StyledNumbers(dict[str, tuple[str, str | None]]):
    """The numbers of one cell style, as they are written in the file → what is shown of them, and what one would have
    typed where that says more to who looks for a telephone number: all of its digits, or that it is a day.

    With `as_typed` the latter is taken for both.
    """

    def __init__(self, number_format: NumberFormat, *, from_1904: bool, as_typed: bool) -> None:
        super().__init__()
        self._format = number_format
        self._from_1904 = from_1904
        self._as_typed = as_typed

    def __missing__(self, raw: str) -> tuple[str, str | None]:
        found = self._texts(_finite(raw), raw)
        if len(self) < _REMEMBERED:
            self[raw] = found
        return found

    def _texts(self, value: float, raw: str) -> tuple[str, str | None]:
        typed = self._iso(value) if self._format.is_date else number_text(raw)
        if self._as_typed:
            return typed, None
        shown = self._format.shown(value, from_1904=self._from_1904)
        digits = "".join(filter(str.isdigit, shown))
        if self._format.is_date:
            return shown, typed if len(digits) >= _TELEPHONE_DIGITS else None
        if abs(value) < _PERHAPS_TELEPHONE or digits == typed:
            return shown, None
        return shown, typed

    def _iso(self, value: float) -> str:
        code = "yyyy-mm-dd" if value.is_integer() else "yyyy-mm-dd hh:mm:ss"
        return render(value, code, from_1904=self._from_1904)

    def of_iso(self, written: str) -> str:
        """A day that is written out (`2026-12-01T00:00:00`), as the style shows it if that is a date's."""
        text = iso_text(written)
        if not self._format.is_date or self._as_typed:
            return text
        try:
            moment = dt.datetime.fromisoformat(written)
        except ValueError:
            return text
        days = (moment.replace(tzinfo=None) - _DAY_ZERO) / dt.timedelta(days=1)
        return self._format.shown(days)


def iso_text(raw: str) -> str:
    """A date that is written out (`2026-12-01T00:00:00`), without a time where it has none."""
    try:
        moment = dt.datetime.fromisoformat(raw)
    except ValueError:
        return raw
    if moment.time() == dt.time():
        return moment.date().isoformat()
    return moment.isoformat(" ", "seconds" if moment.second else "minutes")
