"""What the form shows of rows that cannot be sent: each with its cell to be mended, a page at a time, and what was
mended so far."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from dispatcher.control_characters import spelled_out
from dispatcher.roster.mendable_rows import MENDED_CHARACTERS, MendableRow, text_of
from dispatcher.roster.mends import Mend
from dispatcher.web.actions.mending import keep_mends
from dispatcher.web.site.site import Site

#: A field of the form with what was written into a row's invalid cell: `mend-`, the row's line, the cell's mark.
_FIELD = re.compile(r"mend-(\d{1,9})-([0-9a-f]{16})")
#: Mends that are listed, to be taken back, and characters of each text in that list.
_LISTED = 200
_LINES_NAMED = 20
_SHOWN_CHARACTERS = 80


class MendingRow(NamedTuple):
    """A row that cannot be sent. `value` is what its field holds; `was` spells out what cannot be seen of the cell, and
    is empty where all can. One that `changed` since the check is judged when all is checked again."""

    row: MendableRow
    value: str
    was: str
    changed: bool

    @property
    def is_long(self) -> bool:
        """Whether it is mended in the file itself."""
        return len(self.row.value) > MENDED_CHARACTERS

    @property
    def has_lines(self) -> bool:
        """Whether it is a whole row, spans lines, or is too long for one."""
        return self.row.place is None or not {"\n", "\r"}.isdisjoint(self.value) or len(self.value) > 120


class MendingPage(NamedTuple):
    """The rows on a page, `number` of `pages`."""

    token: str
    number: int
    pages: int
    rows: tuple[MendingRow, ...]


class MendedCell(NamedTuple):
    """One mend, as the list of them shows it."""

    line: int
    column: str
    before: str
    after: str


def is_mend(field: str) -> bool:
    """Whether a field of the form holds a mended cell."""
    return _FIELD.fullmatch(field) is not None


def keep_mends_of(site: Site, token: str, values: Mapping[str, str]) -> str:
    """Keep what the form says of cells, and take back what it says so of. Answers what there is to say of cells that
    are not what the form was made of any more.

    Raises:
        InputError: a text is too long, or has control characters.
    """
    cells = {
        (int(found[1]), found[2]): value
        for name, value in values.items()
        if (found := _FIELD.fullmatch(name))
    }
    passed_over = keep_mends(site, token, page_number(values.get("rows_page", "")), cells)
    back = values.get("take_back", "")
    if back == "all":
        site.staged_uploads.mends.take_back_all(token)
    elif back.isdecimal() and len(back) < 10:
        site.staged_uploads.mends.take_back(token, [int(back)])
    return _said_of_lines(passed_over) if passed_over else ""


def _said_of_lines(lines: list[int]) -> str:
    named = ", ".join(map(str, lines[:_LINES_NAMED])) + (" and more" if len(lines) > _LINES_NAMED else "")
    of = f"line {named} was" if len(lines) == 1 else f"lines {named} were"
    return f"What was written into {of} not taken over: it was mended or checked meanwhile, and this is how it stands."


def page_number(text: str) -> int:
    """The number of a page of rows as a form or an address says it."""
    return int(text) if text.isdecimal() and len(text) < 7 else 1


def mending_page(site: Site, token: str, number: int) -> MendingPage | None:
    """A page of the rows that the last check found invalid; None if there are none."""
    found = site.staged_uploads.mends.page(token, number)
    if found is None:
        return None
    mends = site.staged_uploads.mends.of_lines(token, [row.line for row in found.rows])
    rows = tuple(_mending_row(row, mends.get(row.line, ())) for row in found.rows)
    return MendingPage(token, found.number, found.pages, rows)


def _mending_row(row: MendableRow, mends: tuple[Mend, ...]) -> MendingRow:
    value = row.value
    if mends and mends[-1].column == row.column:
        value = text_of(mends[-1].after)
    return MendingRow(row, value, "" if row.value.isprintable() else _shown(row.value), value != row.value)


def mended_cells(site: Site, token: str) -> list[MendedCell]:
    """The first mends of a file."""
    return [
        MendedCell(mend.line, _column(mend), _shown(text_of(mend.before)), _shown(text_of(mend.after)))
        for mend in site.staged_uploads.mends.all(token)[:_LISTED]
    ]


def _column(mend: Mend) -> str:
    if mend.column is None:
        return "the whole row"
    return mend.column if isinstance(mend.column, str) else f"column {mend.column}"


def _shown(text: str) -> str:
    short = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
    return spelled_out(short)
