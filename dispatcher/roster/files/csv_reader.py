"""CSV in its dialects: separator found, records with the file's own line numbers, no defect passed over."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice

from dispatcher.errors import FileRefused
from dispatcher.roster._heading_row import Sought
from dispatcher.roster.files._dialect import dialect_of, first_line_dialect
from dispatcher.roster.files.decoding import DecodedLines
from dispatcher.roster.files.decoding_error import DecodingError
from dispatcher.roster.files.plain_lines import plain_records
from dispatcher.roster.readings import Reading, Remark
from dispatcher.roster.rejections import refused, refused_at
from dispatcher.roster.size_limits import COLUMNS_MAX

_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_SEP_LINE = re.compile(r'"?sep=([^"\w\s]|\t)"?[ ,;|\t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)

Record = tuple[int, list[str]]
#: Lines where records begin, and the records.
RecordBlock = tuple[Sequence[int], Sequence[list[str]]]
#: Records of a block at most, and how many are read between two looks at how long their text is.
BLOCK_RECORDS = 1024
_STEP = 16
#: Characters of a block of plain lines, about.
_TEXT_CHARACTERS = 1 << 15


def _lines_within(record: list[str]) -> int:
    """How many lines of the file a record stands on."""
    text = "".join(cell + "|" for cell in record)
    return 1 + text.count("\n") + text.count("\r") - text.count("\r\n")


def refused_by_letters(error: DecodingError, lines: int | None = 0) -> FileRefused:
    """The refusal of a file that cannot be decoded. So many `lines` stand before what was decoded last; None: nobody
    counted them."""
    line = None if lines is None else lines + 1 + error.lines
    names = ", ".join(choice.value for choice in error.question.choices) if error.question else ""
    return refused(error.code, line=line, question=error.question, encoding=error.encoding, names=names)


class CsvRecords:
    """The records of a CSV file, each with the line where it begins; blank lines are left out, but counted.

    `sought` says which headings name the recipients, `below_titles` whether headings may stand below a title.
    `suspicious`, if set, is asked about every inner line of a cell that spans lines: whether it looks like a row of its
    own, swallowed by a quote that nobody closed.
    """

    def __init__(self, lines: DecodedLines, sought: Sought, *, below_titles: bool = True) -> None:
        self._lines = lines
        sep_line = _SEP_LINE.match(lines.head)
        self._skipped = 1 if sep_line else 0
        head = lines.head[sep_line.end() :] if sep_line else lines.head
        separators = (sep_line[1],) if sep_line else _SEPARATORS
        dialect = dialect_of if below_titles else first_line_dialect
        self.separator, line = dialect(head, separators, sought)
        #: The line of the headings, or one before it: what stands above is a title.
        self.heading_line = line + self._skipped
        self._head = head
        self._padded = f'{self.separator} "' in head
        self.suspicious: Callable[[list[str]], bool] | None = None
        self._reader = csv.reader(
            islice(lines, self._skipped, None),
            delimiter=self.separator,
            strict=True,
            skipinitialspace=self._padded,
        )
        #: The last line of the last record, without those before the reader's first.
        self._last = 0

    @property
    def form(self) -> str:
        """The dialect in words."""
        return f"CSV, {self._lines.encoding.upper()}, {_SEPARATORS.get(self.separator, repr(self.separator))}"

    @property
    def may_be_guarded(self) -> bool:
        """Whether cells may carry a formula guard."""
        return self._lines.may_be_guarded

    def ahead(self, line: int, most: int) -> list[list[str]]:
        """The first records behind this line, as far as the head of the file has them; nothing is read for it. A defect
        ends them, and is told when it is read."""
        reader = csv.reader(
            io.StringIO(self._head, newline=""), delimiter=self.separator, skipinitialspace=self._padded
        )
        records: list[list[str]] = []
        skipped, last = self._skipped, 0
        try:
            for record in reader:
                first, last = last + 1, reader.line_num
                if record and first + skipped > line:
                    records.append(record)
                if len(records) == most:
                    break
        except csv.Error:
            pass
        return records

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Which encoding was decided on, once there was something to decide."""
        return self._lines.readings

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is odd about the file's letters, as far as it was read."""
        return self._lines.remarks

    def settle(self) -> None:
        """Find out what `readings` has to say, if the whole file must be looked at. No record can be had afterwards."""
        try:
            self._lines.settle()
        except DecodingError as error:
            raise refused_by_letters(error, None) from None

    def __iter__(self) -> Iterator[Record]:
        reader = self._reader
        try:
            for record in reader:
                first, self._last = self._last + 1, reader.line_num
                self._require_sound(first + self._skipped, record, spans_lines=self._last > first)
                if record:
                    yield first + self._skipped, record
        except (csv.Error, DecodingError, FileRefused) as error:
            raise self._refusal(error) from None

    def blocks(self) -> Iterator[RecordBlock]:
        """The records that are left, hundreds at a time. The same as one by one and defects too, but that a blank line
        is a record without cells."""
        while True:
            if (plain := self._plain()) is not None:
                yield plain
                continue
            records, defect = self._gathered()
            lines = self._lines_of(records, all_read=defect is None)
            if type(lines) is not range or max(map(len, records), default=0) > COLUMNS_MAX:
                sound, refusal = self._sound(lines, records)
                lines, records, defect = lines[:sound], records[:sound], refusal or defect
            if records:
                yield lines, records
            if defect is not None:
                raise self._refusal(defect) from None
            if not records:
                return

    def _plain(self) -> RecordBlock | None:
        """The next records, if nothing about them needs a reader of CSV."""
        if self._padded:
            return None
        try:
            text = self._lines.many(_TEXT_CHARACTERS)
        except (DecodingError, FileRefused) as error:
            raise self._refusal(error) from None
        if (records := plain_records(text, self.separator)) is None:
            self._lines.take_back(text)
            return None
        first = self._last + 1 + self._skipped
        self._skipped += len(records)  # the reader of CSV does not count these lines
        return range(first, first + len(records)), records

    def _gathered(self) -> tuple[list[list[str]], Exception | None]:
        """The next records, none at the end, and the defect that they end at. Their text is bounded as their number."""
        records: list[list[str]] = []
        chunks = self._lines.chunks_read
        try:
            while len(records) < BLOCK_RECORDS and self._lines.chunks_read <= chunks + 1:
                before = len(records)
                records.extend(
                    islice(self._reader, _STEP)
                )  # when the reader raises, what it gave before is kept
                if len(records) < before + _STEP:
                    break
        except (csv.Error, DecodingError, FileRefused) as error:
            return records, error
        return records, None

    def _lines_of(self, records: list[list[str]], *, all_read: bool) -> Sequence[int]:
        """The lines where these records begin."""
        first = self._last + 1 + self._skipped
        if all_read and self._reader.line_num == self._last + len(records):
            self._last = self._reader.line_num
            return range(first, first + len(records))
        lines = list(accumulate(map(_lines_within, records), initial=first))
        self._last = lines.pop() - 1 - self._skipped
        return lines

    def _sound(self, lines: Sequence[int], records: list[list[str]]) -> tuple[int, FileRefused | None]:
        """How many of these are sound, and what is wrong with the next."""
        for place, (line, record) in enumerate(zip(lines, records, strict=True)):
            try:
                self._require_sound(line, record, spans_lines=_lines_within(record) > 1)
            except FileRefused as refusal:
                return place, refusal
        return len(records), None

    def _require_sound(self, line: int, record: list[str], *, spans_lines: bool) -> None:
        if spans_lines:
            self._refuse_swallowed_rows(line, record)
        if len(record) > COLUMNS_MAX:
            raise refused("too_many_columns", line=line, limit=COLUMNS_MAX)

    def _refuse_swallowed_rows(self, line: int, record: list[str]) -> None:
        if self.suspicious is None:
            return
        for cell in record:
            for inner in cell.splitlines()[1:]:
                if self.suspicious(inner.split(self.separator)):
                    raise refused("unclosed_quote", line=line)

    def _refusal(self, error: Exception) -> FileRefused:
        first, at = self._last + 1 + self._skipped, self._reader.line_num + self._skipped
        if isinstance(error, FileRefused):
            return error if error.line else refused_at(error, at + 1)
        if isinstance(error, DecodingError):
            return refused_by_letters(error, at)
        text = str(error)
        if "field larger" in text:
            return refused("cell_too_large", line=first)
        if "unexpected end" in text:
            return refused("unclosed_quote", line=first)
        return refused("bad_quote" if "expected after" in text else "bad_csv", line=at)
