"""What a cell of an OpenDocument spreadsheet shows: its paragraphs, without notes and drawings on top of it."""

from __future__ import annotations

import re
from typing import Any

from dispatcher.roster.excel._cell_values import iso_text, number_text, unescaped
from dispatcher.roster.excel._errors import SheetError, damaged
from dispatcher.roster.excel._package import Attributes
from dispatcher.roster.formula_guard import NO_SAVED_VALUE
from dispatcher.roster.size_limits import CELL_CHARACTERS

_SPACE = "urn:oasis:names:tc:opendocument:xmlns"
OFFICE = f"{_SPACE}:office:1.0"
STYLE = f"{_SPACE}:style:1.0"
TABLE = f"{_SPACE}:table:1.0"
_TEXT = f"{_SPACE}:text:1.0"
_PARAGRAPH = f"{_TEXT} p"
_SPACES = f"{_TEXT} s"
_SIGNS = {f"{_TEXT} tab": "\t", f"{_TEXT} line-break": "\n"}
#: In a paragraph, what is a part of its text; all else stands beside it.
_WITHIN = frozenset(
    f"{_TEXT} {name}" for name in ("span", "a", "meta", "ruby", "ruby-base", "date", "time", "sheet-name")
)
_CALC_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_BLANKS = re.compile(r"[ \t\r\n]+")
_TIME = re.compile(r"PT(\d{1,9})H(\d{1,2})M(\d{1,2})(?:[.,]\d+)?S")
#: Numbers from here on may be telephone numbers, whatever their format shows.
_PERHAPS_TELEPHONE = 1_000_000


class CellReader:
    """Takes the events between a cell's start and its end."""

    def __init__(self, parser: Any, attributes: Attributes, line: int, *, is_covered: bool) -> None:
        self._parser = parser
        self._attributes = attributes
        self._line = line
        self._is_covered = is_covered
        self._paragraphs: list[str] = []
        self._pieces: list[str] = []
        self._size = 0
        self._depth = 0
        #: The depth of the paragraph, and of what stands beside the text; 0: there is none.
        self._paragraph = self._aside = 0

    def start(self, tag: str, attributes: Attributes) -> None:
        """An element in the cell begins."""
        self._depth += 1
        if self._aside:
            return
        if not self._paragraph:
            if tag == _PARAGRAPH and not self._is_covered:
                self._paragraph, self._pieces = self._depth, []
                self._parser.CharacterDataHandler = self._text
            else:
                self._aside = self._depth
        elif tag == _SPACES:
            self._add(" " * min(times_of(attributes.get(f"{_TEXT} c")), CELL_CHARACTERS))
        elif tag in _SIGNS:
            self._add(_SIGNS[tag])
        elif tag not in _WITHIN:
            self._aside = self._depth
            self._parser.CharacterDataHandler = None

    def end(self) -> bool:
        """An element ends; whether it is the cell."""
        if not self._depth:
            self._parser.CharacterDataHandler = None
            return True
        if self._aside == self._depth:
            self._aside = 0
            if self._paragraph:
                self._parser.CharacterDataHandler = self._text
        elif self._paragraph == self._depth:
            self._paragraphs.append("".join(self._pieces))
            self._paragraph = 0
            self._parser.CharacterDataHandler = None
        self._depth -= 1
        return False

    def shown(self, *, as_typed: bool) -> tuple[str, str | None]:
        """What it shows, and what was typed where that may be a telephone number that is shown otherwise.

        Raises:
            SheetError: its value is not what its type says.
        """
        if self._is_covered:
            return "", None
        text = unescaped("\n".join(self._paragraphs)) if self._paragraphs else self._value()
        if self._attributes.get(_CALC_TYPE) == "error" and not text.startswith("#"):
            return "#VALUE!", None
        if self._attributes.get(f"{OFFICE} value-type") != "float":
            return text, None
        typed = self._number()
        if as_typed:
            return typed, None
        is_shown = "".join(filter(str.isdigit, text)) == typed
        return text, None if is_shown or len(typed) < len(str(_PERHAPS_TELEPHONE)) else typed

    def _text(self, data: str) -> None:
        text = _BLANKS.sub(" ", data)
        self._add(text if self._pieces else text.lstrip(" "))

    def _add(self, text: str) -> None:
        self._size += len(text)
        if self._size > CELL_CHARACTERS:
            raise SheetError("cell_too_large", self._line)
        self._pieces.append(text)

    def _number(self) -> str:
        try:
            return number_text(self._attributes.get(f"{OFFICE} value", ""))
        except (ValueError, OverflowError):
            raise damaged("a cell for a number holds none", self._line) from None

    def _value(self) -> str:
        """The value of a cell without a text, which some programs leave out."""
        kind = self._attributes.get(f"{OFFICE} value-type", "")
        if kind in ("float", "currency"):
            return self._number()
        if kind == "percentage":
            return f"{float(self._number()) * 100:.15g}%"
        if kind == "date":
            return iso_text(self._attributes.get(f"{OFFICE} date-value", ""))
        if kind == "time":
            written = self._attributes.get(f"{OFFICE} time-value", "")
            return _TIME.sub(lambda found: f"{int(found[1]):02}:{found[2]:>02}:{found[3]:>02}", written)
        if kind == "boolean":
            return self._attributes.get(f"{OFFICE} boolean-value", "").upper()
        if not kind and f"{TABLE} formula" in self._attributes:
            return NO_SAVED_VALUE
        return unescaped(self._attributes.get(f"{OFFICE} string-value", ""))


def times_of(written: str | None) -> int:
    """For how many cells, rows or spaces an element stands."""
    return (
        max(1, int(written))
        if written and written.isascii() and written.isdigit() and len(written) < 10
        else 1
    )
