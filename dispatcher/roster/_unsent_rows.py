"""Rows that are not sent, as they are told: with their cells, the column and a sentence that says why."""

from __future__ import annotations

from collections.abc import Sequence

from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.roster.formula_guard import NO_SAVED_VALUE, bare
from dispatcher.roster.rejections import SKIPPED_CODES, RowError, row_sentence

#: Of what an errors file says about a row, so many characters are said again.
_SAID_CHARACTERS = 300


def unsent_row(
    error: RowError,
    row: int,
    line: int,
    names: Sequence[str],
    cells: tuple[str, ...],
    beyond: Sequence[str],
) -> InvalidRow:
    """A row that could not be read, or is left out, with its columns' `names`; `beyond` are its cells after the last of
    them. A formula without a value is that and nothing else."""
    if error.column is not None and cells[names.index(error.column)].strip() == NO_SAVED_VALUE:
        error = RowError("no_saved_value", error.column)
    beyond = list(beyond)
    while beyond and not beyond[-1].strip():
        beyond.pop()
    state = "skipped" if error.code in SKIPPED_CODES else "invalid"
    said = (error.column, error.code, error.sentence, error.number)
    return InvalidRow(row, line, state, *said, cells, tuple(beyond))


def still_invalid(recipient: Recipient, code: str, said: str) -> InvalidRow:
    """A row of an errors file that looks right, because what made it invalid is not in that file. `said` is its
    sentence there."""
    row, line, number, *_, cells = recipient
    sentence = bare(said).strip()[:_SAID_CHARACTERS] or row_sentence(code, what="content", line="?")
    return InvalidRow(row, line, "invalid", None, code, sentence, number, cells)


def seen_before(recipient: Recipient, column: str, *, says_no: bool) -> InvalidRow:
    """A row whose number another row has: it is sent once, or, where a row `says_no`, not at all. `column` is that of
    the numbers."""
    row, line, number, *_, cells = recipient
    code = "no_consent" if says_no else "duplicate"
    sentence = row_sentence(code, reason="another row with this number says no")
    return InvalidRow(row, line, "skipped", column, code, sentence, number, cells)
