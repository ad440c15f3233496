"""Cells that spreadsheets would run as formulas: guarded by an apostrophe when written, bare when read.

Whatever writes a CSV file guards its cells here, so that what one part of the program wrote another reads as it was.
"""

from __future__ import annotations

import re
from typing import Final

#: Stands for the value of a formula that a workbook was saved without: no program has computed it.
NO_SAVED_VALUE: Final = "#NO_VALUE!"
#: What a formula begins with, and the guard itself. Nearly every cell begins with something else.
_SUSPECT = frozenset("'=+-@\t\r")
_GUARDED_STARTS = tuple("'" + start for start in "=+-@\t\r")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(cell: str) -> str:
    """A cell that a spreadsheet shows and does not run; `bare` gives the cell back, its own apostrophes too."""
    return "'" + cell if cell[:1] in _SUSPECT and _FORMULA.match(cell) else cell


def bare(cell: str) -> str:
    """A cell without the apostrophe that `guarded` (or another careful program) put before a formula."""
    return cell[1:] if cell[:1] == "'" and _GUARDED.match(cell) else cell


def has_guards(text: str) -> bool:
    """Whether any cell in this text may be guarded. Quick; it may say yes too often, never no."""
    return "'" in text and any(start in text for start in _GUARDED_STARTS)
