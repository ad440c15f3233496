"""What a spreadsheet shows of a number: the value under its cell's format (ECMA-376 part 1, 18.8.31).

    render(1250.5, "$#,##0.00")                  → "$1,250.50"
    render(46357, BUILT_IN[14])                  → "12/1/2026"
    render(1.5, "[h]:mm")                        → "36:00"

Shown as Excel does in the United States in a column that is wide enough, with three differences, since the text goes
into a message and not into a column: whole numbers without a format (`General`, `@`) keep all of their digits; what
only aligns (`_)`, `* `, `?`) leaves one space at most, and none at the ends; what Excel has only `####` for (a day
before 1900, a value that no section is for) is a number without a format. Nothing raises: what has no meaning in a
code is shown as it stands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from dispatcher.roster.excel._format_code import Condition, Section, sections_of
from dispatcher.roster.excel._format_dates import DAY_MAX, DAYS_TO_1904, date_text
from dispatcher.roster.excel._format_fractions import fraction_text, is_fraction
from dispatcher.roster.excel._format_numbers import (
    CommonNumber,
    common_number,
    general_text,
    number_text,
    shows_zero,
)

_DOLLARS = r'_($* #,##0{0}_);_($* \(#,##0{0}\);_($* "-"{1}_);_(@_)'
#: Formats that are known by number and not written in a workbook. 14 and 22 are the locale's: here the US one's.
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: r"$#,##0_);\($#,##0\)", 6: r"$#,##0_);[Red]\($#,##0\)",
    7: r"$#,##0.00_);\($#,##0.00\)", 8: r"$#,##0.00_);[Red]\($#,##0.00\)",
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "m/d/yyyy h:mm",
    **dict.fromkeys((*range(27, 32), 36, *range(50, 59)), "m/d/yyyy"), **dict.fromkeys(range(32, 36), "h:mm:ss"),
    37: r"#,##0_);\(#,##0\)", 38: r"#,##0_);[Red]\(#,##0\)",
    39: r"#,##0.00_);\(#,##0.00\)", 40: r"#,##0.00_);[Red]\(#,##0.00\)",
    41: _DOLLARS.format("", "").replace("$", ""), 42: _DOLLARS.format("", ""),
    43: _DOLLARS.format(".00", "??").replace("$", ""), 44: _DOLLARS.format(".00", "??"),
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
_GENERAL = frozenset(("", "general", "standard", "@"))
_SECTIONS_MAX: Final = 4
_SPACES = re.compile(r" {2,}")


def render(value: float, code: str, *, from_1904: bool = False) -> str:
    """The text that a cell of this value and format shows. `from_1904`: the workbook counts its days from 1904."""
    return format_of(code).shown(value, from_1904=from_1904)


@lru_cache(maxsize=256)
def format_of(code: str) -> NumberFormat:
    """The format with this code; those in use are kept."""
    return NumberFormat(code)


class _Rule(NamedTuple):
    """A section, the values that it is for (None: all that are left), and whether it says itself what is negative."""

    section: Section
    condition: Condition | None
    has_own_minus: bool

    def common(self) -> CommonNumber | None:
        """A quick way to show its numbers, if there is one."""
        return common_number(self.section.tokens) if self.section.kind == "number" else None


class NumberFormat:
    """One format, its code read. `is_plain`: it shows numbers as they are; `is_date`: it shows days or times."""

    def __init__(self, code: str) -> None:
        self.is_plain = code.lower() in _GENERAL
        rules = [] if self.is_plain else _rules(sections_of(code))
        self._rules = [(*rule, rule.common()) for rule in rules]
        self.is_date = any(rule.section.kind == "date" for rule in rules)

    def shown(self, value: float, *, from_1904: bool = False) -> str:
        """What is shown of this value, without the spaces that only align it."""
        return _SPACES.sub(" ", self.aligned(value, from_1904=from_1904)).strip(" ")

    def aligned(self, value: float, *, from_1904: bool = False) -> str:
        """The same, with a space for the width of each sign that the code leaves free."""
        if not math.isfinite(value):
            return str(value)
        for section, condition, has_own_minus, common in self._rules:
            if condition is None or condition.holds(value):
                if common is not None and value >= 0:
                    return common.text(value)
                if section.kind == "date":
                    return _date(value, section, from_1904=from_1904)
                return _number(value, section, has_own_minus=has_own_minus)
        return general_text(value)


def _rules(sections: Sequence[Section]) -> list[_Rule]:
    """Which values each section is for: those that it names, else those above zero, below it, and what is left."""
    if len(sections) > 1 and (len(sections) == _SECTIONS_MAX or sections[-1].kind == "text"):
        sections = sections[:-1]  # the last is for texts, which are taken as they are
    first = sections[0].condition
    if len(sections) == 1:
        return [_Rule(sections[0], first, first is not None and first.has_own_minus)]
    if len(sections) == 2 and sections[1].condition is None:
        first = first or Condition(">=", 0)
        return [
            _Rule(sections[0], first, first.has_own_minus),
            _Rule(sections[1], None, sections[0].condition is None or first.leaves_no_minus),
        ]
    first, second = first or Condition(">", 0), sections[1].condition or Condition("<", 0)
    rules = [_Rule(sections[0], first, first.has_own_minus), _Rule(sections[1], second, second.has_own_minus)]
    return rules + [_Rule(section, None, False) for section in sections[2:3]]


def _number(value: float, section: Section, *, has_own_minus: bool) -> str:
    if section.kind == "text":
        return general_text(value)
    if section.kind == "general":
        plain = general_text(abs(value))
        text = "".join(plain if token.kind == "general" else token.text for token in section.tokens)
    else:
        text = (fraction_text if is_fraction(section.tokens) else number_text)(abs(value), section.tokens)
    if (
        value >= 0
        or has_own_minus
        or (shows_zero(text) and any(token.kind == "digit" for token in section.tokens))
    ):
        return text
    return f"-{text}"


def _date(value: float, section: Section, *, from_1904: bool) -> str:
    elapsed = any(token.kind == "elapsed" for token in section.tokens)
    if 0 <= value < DAY_MAX - DAYS_TO_1904 * from_1904:
        return date_text(value, section, from_1904=from_1904)
    if elapsed and -DAY_MAX < value < 0:
        return "-" + date_text(-value, section, from_1904=from_1904)
    return general_text(value)
