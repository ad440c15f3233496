"""What ends the reading of a workbook, as it is told to the process that asked."""

from __future__ import annotations


class SheetError(Exception):
    """The workbook cannot be read on. `code` and `words` are those of a refused file, `line` a row of the sheet."""

    def __init__(self, code: str, line: int | None = None, **words: object) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.words = words


def damaged(reason: str, line: int | None = None) -> SheetError:
    """The workbook is not what the format asks for."""
    return SheetError("bad_workbook", line, reason=reason)
