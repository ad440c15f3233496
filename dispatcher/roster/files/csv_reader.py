"""CSV in its dialects: separator found, records with the file's own line numbers, no defect passed over."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import islice

from dispatcher.errors import FileRefused
from dispatcher.roster.files.decoding import DecodedLines, DecodingError
from dispatcher.roster.rejections import refused, refused_at
from dispatcher.roster.size_limits import COLUMNS_MAX

_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_SEP_LINE = re.compile(r'"?sep=([^"\w\s]|\t)"?[ ,;|\t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)

Record = tuple[int, list[str]]


def _first_record(head: str, separator: str) -> list[str]:
    """The first record with a letter or a digit in it, as this separator cuts it."""
    lines = io.StringIO(head, newline="")
    try:
        for record in csv.reader(lines, delimiter=separator):
            if any(map(str.isalnum, "".join(record))):
                return record
    except csv.Error:
        pass
    return []


def _separator(head: str, is_recipient: Callable[[str], bool]) -> str:
    """The separator under which the headings make most sense: a recipient column, then most columns."""

    def sense(separator: str) -> tuple[bool, int]:
        record = _first_record(head, separator)
        return any(map(is_recipient, record)), len(record)

    return max(_SEPARATORS, key=sense)


class CsvRecords:
    """The records of a CSV file, each with the line where it begins; blank lines are left out, but counted.

    `suspicious`, if set, is asked about every inner line of a cell that spans lines: whether it looks like a
    row of its own, swallowed by a quote that nobody closed.
    """

    def __init__(self, lines: DecodedLines, is_recipient: Callable[[str], bool]) -> None:
        self._lines = lines
        sep_line = _SEP_LINE.match(lines.head)
        self._skipped = 1 if sep_line else 0
        head = lines.head[sep_line.end() :] if sep_line else lines.head
        self.separator = sep_line[1] if sep_line else _separator(head, is_recipient)
        self._padded = f'{self.separator} "' in head
        self.suspicious: Callable[[list[str]], bool] | None = None

    @property
    def form(self) -> str:
        """The dialect in words."""
        return f"CSV, {self._lines.encoding.upper()}, {_SEPARATORS.get(self.separator, repr(self.separator))}"

    @property
    def may_be_guarded(self) -> bool:
        """Whether cells may carry a formula guard."""
        return self._lines.may_be_guarded

    def __iter__(self) -> Iterator[Record]:
        lines = islice(self._lines, self._skipped, None)
        reader = csv.reader(lines, delimiter=self.separator, strict=True, skipinitialspace=self._padded)
        last = 0
        try:
            for record in reader:
                first, last = last + 1, reader.line_num
                if last > first:
                    self._refuse_swallowed_rows(first + self._skipped, record)
                if len(record) > COLUMNS_MAX:
                    raise refused("too_many_columns", line=first + self._skipped, limit=COLUMNS_MAX)
                if record:
                    yield first + self._skipped, record
        except (csv.Error, DecodingError, FileRefused) as error:
            raise self._refusal(error, first=last + 1, at=reader.line_num) from None

    def _refuse_swallowed_rows(self, line: int, record: list[str]) -> None:
        if self.suspicious is None:
            return
        for cell in record:
            for inner in cell.splitlines()[1:]:
                if self.suspicious(inner.split(self.separator)):
                    raise refused("unclosed_quote", line=line)

    def _refusal(self, error: Exception, *, first: int, at: int) -> FileRefused:
        first, at = first + self._skipped, at + self._skipped
        if isinstance(error, FileRefused):
            return error if error.line else refused_at(error, at + 1)
        if isinstance(error, DecodingError):
            return refused(error.code, line=at + 1 + error.lines, encoding=error.encoding)
        text = str(error)
        if "field larger" in text:
            return refused("cell_too_large", line=first)
        if "unexpected end" in text:
            return refused("unclosed_quote", line=first)
        return refused("bad_quote" if "expected after" in text else "bad_csv", line=at)
