"""Whatever people, files or servers wrote, before a terminal, a log or a spreadsheet gets it: no control characters.

An escape sequence in a text message must not move a cursor, fill a clipboard or hide a line. Letters of all scripts,
emoji and what joins them stay as they are, right-to-left letters and marks among them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import Any, TextIO

#: What ends a line somewhere becomes a line break like any other.
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
#: C0, DEL and C1; overrides, embeddings and isolates of direction; interlinear marks; half of a surrogate pair.
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff]"
)
_ANY = re.compile(f"{_BREAK.pattern}|{_CONTROL.pattern}|\t")
#: Stands where something was.
GONE = "\ufffd"


def strip_control_characters(text: str) -> str:
    """The text with line breaks as its only control characters; a tab is a space."""
    if text.isprintable() or not _ANY.search(text):
        return text
    return _CONTROL.sub(GONE, _BREAK.sub("\n", text)).replace("\t", " ")


def spelled_out(text: str) -> str:
    """The text with its line breaks, and everything that nobody sees, by name: `555⟨U+200B⟩1`."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else "⏎" if char == "\n" else f"⟨U+{ord(char):04X}⟩" for char in text
    )


def one_line(text: str) -> str:
    """The same on one line: what comes after a break stands behind a mark."""
    return strip_control_characters(text).strip("\n").replace("\n", " ⏎ ")


def escape_control_characters(document: str) -> str:
    """A JSON document as `json.dumps` writes it in ASCII: it escapes all but one of them, and loses nothing."""
    return document.replace("\x7f", "\\u007f")


class StrippedCsv:
    """A CSV writer; line breaks in a cell stay, quoted."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file)

    def writerow(self, row: Iterable[Any]) -> None:
        """Write one row."""
        self._writer.writerow([stripped_cell(cell) if isinstance(cell, str) else cell for cell in row])

    def writerows(self, rows: Iterable[Iterable[Any]]) -> None:
        """Write rows."""
        for row in rows:
            self.writerow(row)


def stripped_cell(cell: str) -> str:
    """A cell, guarded by now, as a CSV file may hold it."""
    if cell.startswith(("'\t", "'\r")):  # guarded against what it does not begin with any more
        cell = cell[1:]
    return strip_control_characters(cell)
