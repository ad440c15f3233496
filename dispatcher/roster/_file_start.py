"""How a campaign file begins: its records recognised, its line of headings, the first rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice

from dispatcher.model.campaign import CampaignSettings
from dispatcher.roster._first_rows import ROWS_MOST
from dispatcher.roster._first_rules import records_as_first
from dispatcher.roster.columns import sought_headings
from dispatcher.roster.excel.reader import ExcelRecords, SheetWish
from dispatcher.roster.files.csv_reader import CsvRecords, Record, refused_by_letters
from dispatcher.roster.files.decoding import DecodedLines
from dispatcher.roster.files.decoding_error import DecodingError
from dispatcher.roster.files.file_source import RecognisedFile
from dispatcher.roster.rejections import refused


def records_of(
    opened: RecognisedFile,
    settings: CampaignSettings,
    max_bytes: int,
    pulse: Callable[[], None],
    *,
    by_first_rules: bool = False,
) -> CsvRecords | ExcelRecords:
    """The records of a file that was recognised; by today's rules, unless it was checked by the first.

    Raises:
        FileRefused: its encoding cannot be told, or not be read.
    """
    if opened.workbook is not None and not by_first_rules:
        wish = SheetWish(settings.sheet, settings.hidden_rows, settings.to)
        return ExcelRecords(opened.workbook, opened.kind, max_bytes=max_bytes, pulse=pulse, wish=wish)
    try:
        if by_first_rules:
            return records_as_first(opened, max_bytes, pulse)
        return CsvRecords(DecodedLines(opened.text, settings.encoding), sought_headings(settings.to))
    except DecodingError as defect:
        raise refused_by_letters(defect) from None


def first_record(unread: Iterator[Record], heading_line: int) -> Record:
    """The line of the headings and what stands there.

    Raises:
        FileRefused: nothing does.
    """
    for line, record in unread:
        if line >= heading_line and any(map(str.strip, record)):
            return line, [cell.replace("\ufeff", "") for cell in record]
    raise refused("empty_file")


def rows_ahead(
    records: CsvRecords | ExcelRecords, unread: Iterator[Record], line: int
) -> tuple[list[list[str]], Iterator[Record]]:
    """The rows that follow this line, as many as tell something of their columns, and what is unread with them."""
    if isinstance(records, CsvRecords):
        return records.ahead(line, ROWS_MOST), unread
    rows = list(islice(unread, ROWS_MOST))
    return [cells for _, cells in rows], chain(rows, unread)


def cell_at(record: list[str], index: int | None) -> str:
    """A cell of the record, empty where there is none."""
    return record[index] if index is not None and index < len(record) else ""
