"""Cells as fields of a CSV file, a column at a time: no formula, no control character, quoted where they need it.

To the byte what `StrippedCsv` writes of `guarded` cells; nearly every column needs nothing done, as its text tells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dispatcher.control_characters import stripped_cell
from dispatcher.roster.formula_guard import guarded

#: A cell that may begin a formula, in cells joined by commas that begin with one.
_SUSPECT_START = re.compile(r",['=+\-@]")


def fields(cells: Sequence[str]) -> Sequence[str]:
    """A column's cells as fields."""
    text = "," + ",".join(cells)
    plain = text.isprintable() and '"' not in text and text.count(",") == len(cells)
    return cells if plain and not _SUSPECT_START.search(text) else list(map(field, cells))


def field(cell: str) -> str:
    """One cell as a field."""
    text = stripped_cell(guarded(cell))
    if '"' in text:
        text = text.replace('"', '""')
    elif "," not in text and "\n" not in text:
        return text
    return f'"{text}"'
