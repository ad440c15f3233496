"""One row of a campaign file: either a recipient or an invalid row. Both are data, neither is an exception."""

from __future__ import annotations

from typing import NamedTuple


def masked(number: str) -> str:
    """A number fit for a log or a repr: its last two digits only."""
    return f"***{number[-2:]}" if len(number) > 4 else "***"


class Recipient(NamedTuple):
    """A row that can be sent.

    `row` counts the data rows of the file from 1, `line` is the file's own line where the row begins.
    `number` has 11 digits without `+`. `text` is rendered, None for media alone. `cells` are the file's own
    columns as they stood, in the order of the headings. `group` is the value of the group column, if any.
    """

    row: int
    line: int
    number: str
    sender: str | None
    text: str | None
    media: tuple[str, ...]
    timezone: str | None
    group: str | None
    cells: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Recipient(row={self.row}, line={self.line}, number={masked(self.number)})"


class InvalidRow(NamedTuple):
    """A row that is not sent. `state` is `invalid`, or `skipped` (a duplicate, or without consent).

    `code` is stable (`too_short`, `duplicate`, …), `message` a sentence for a person, `column` the heading it is
    about. `number` is what could be read of it, if anything. `beyond` are the cells that stand after the last heading;
    they live as long as the file is read, not in the ledger.
    """

    row: int
    line: int
    state: str
    column: str | None
    code: str
    message: str
    number: str | None
    cells: tuple[str, ...]
    beyond: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"InvalidRow(row={self.row}, line={self.line}, code={self.code})"
