"""A campaign file, read once: every data row becomes a recipient or an invalid row, in the file's order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import BinaryIO

from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.numbering.area_codes import area_codes
from dispatcher.roster._blocks import BlockReader
from dispatcher.roster._consent import ConsentColumns, NoConsentError
from dispatcher.roster._duplicates import SeenNumbers
from dispatcher.roster._file_start import cell_at, first_record, records_of, rows_ahead
from dispatcher.roster._first_rows import FirstRows, bad_numbers_in, is_number
from dispatcher.roster._mended_rows import HeadingPlaces, MendedRows
from dispatcher.roster._recipient_choice import Known, choose_recipients
from dispatcher.roster._rows import RowReader, RowRules
from dispatcher.roster._unsent_rows import seen_before, still_invalid, unsent_row
from dispatcher.roster.columns import (
    Columns,
    Headings,
    UnderstoodColumn,
    heading_key,
    is_error_column,
    is_recipient,
    refuse_long_headings,
)
from dispatcher.roster.consent_survey import ConsentSurvey
from dispatcher.roster.excel.reader import ExcelRecords
from dispatcher.roster.excel.shown_cells import as_typed
from dispatcher.roster.files.csv_reader import CsvRecords, Record, RecordBlock
from dispatcher.roster.files.file_source import PulsedStream, open_source
from dispatcher.roster.formula_guard import bare
from dispatcher.roster.mendable_rows import MendableRow, mendable
from dispatcher.roster.mends import split_off
from dispatcher.roster.readings import Reading, Remark
from dispatcher.roster.rejections import GROUP_ONLY_CODES, RowError, refused

REGIONS = frozenset({"US", "CA"})


class Roster:
    """One pass over a campaign file.

    `source` is read once and need not be seekable. `fixed` names the fields of `settings` that came from
    options: they outrank the file's columns, the others do not. `regions` are the countries that may be sent
    to, `area_codes_extra` see `numbering.area_codes`. `max_bytes` counts the unpacked file. `media` is what is known of
    media addresses, `chosen_before` the columns that a person chose for other files, by the hash of their headings,
    `survey` what the whole file says of consent. `kept`: the file is a campaign's, which was checked `by_first_rules`
    or today's. `pulse` is called now and then while it is read, once a second while nothing comes of it; what it raises
    ends the reading.

    The file is opened, its dialect found and its headings read at once; iterating goes on from there, once.

    Raises:
        FileRefused: the file as a whole cannot be used; also while iterating, where the defect stands.
    """

    def __init__(
        self,
        source: BinaryIO,
        *,
        filename: str,
        settings: CampaignSettings,
        fictional_ok: bool,
        regions: frozenset[str] = REGIONS,
        area_codes_extra: str = "",
        max_bytes: int,
        max_rows: int,
        fixed: frozenset[str] = frozenset(),
        media: Mapping[str, MediaFacts] | None = None,
        chosen_before: Mapping[str, str] | None = None,
        kept: bool = False,
        by_first_rules: bool = False,
        survey: ConsentSurvey | None = None,
        pulse: Callable[[], None] = lambda: None,
    ) -> None:
        self.filename = filename
        self._max_rows = max_rows
        self.mends, stream = split_off(PulsedStream(source, pulse))
        opened = open_source(stream, max_bytes=max_bytes)
        self._records = records_of(opened, settings, max_bytes, pulse, by_first_rules=by_first_rules)
        self._unread = iter(self._records)
        #: Where cells are taken as they were typed, not as they are shown. None: in all columns.
        self._number_columns: Sequence[int] | None = None
        self.columns = self._read_columns(Known(settings.to, kept=kept, before=chosen_before or {}))
        #: Whether an earlier check wrote columns into the file; what stands between cells in a file like this one.
        self.was_checked = self._own is not None
        self.separator = self._records.separator if isinstance(self._records, CsvRecords) else "|"
        self._mended = MendedRows(self.mends, self._places, lambda: self._records.may_be_guarded)
        self._unread = self._mended.over(self._unread)
        self.column_names = self.columns.names
        codes = area_codes(area_codes_extra)
        self._rows = RowReader(
            self.columns, RowRules(settings, fixed, fictional_ok, regions, codes, media or {})
        )
        self._number_columns = self.columns.of_numbers
        self._survey = survey
        self._saying_no = survey.numbers if survey else SeenNumbers()
        self._seen = self._saying_no.copy()
        self._count = 0
        if isinstance(self._records, CsvRecords):
            self._records.suspicious = self._looks_like_a_row

    @property
    def form(self) -> str:
        """What the file was recognised as, in words: `CSV, UTF-8, semicolon`."""
        return self._records.form

    @property
    def understood(self) -> tuple[UnderstoodColumn, ...]:
        """How each of the file's columns was understood."""
        used = self._rows.template.indexes if self._rows.template else frozenset()
        return self.columns.understood(used, self._rows.group_index, self.consent.indexes)

    @property
    def overridden(self) -> tuple[str, ...]:
        """The columns that go unused because an option outranks them."""
        return tuple(self.column_names[index] for index in self._rows.overridden)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What was decided about the file as a whole, as far as it was read."""
        samples = self._survey.samples() if self._survey else ()
        return (self._recipient.reading, *self._records.readings, *self.consent.readings(samples))

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What a person should hear of it; complete once the rows were read."""
        told = self._survey.remarks() if self._survey else ()
        return (*self._records.remarks, *self._rows.remarks(), *self._mended.remarks(), *told)

    @property
    def has_more(self) -> bool:
        """Whether the file has more than these rows: other sheets, hidden rows; complete once they were read."""
        return isinstance(self._records, ExcelRecords) and self._records.has_more

    def settled(self, settings: CampaignSettings) -> CampaignSettings:
        """The settings with what was guessed written into them, so that the file is read the same next time. No row can
        be read afterwards: what has to be guessed may stand anywhere in the file."""
        if isinstance(self._records, CsvRecords):
            self._records.settle()
        guessed = {each.setting: each.value for each in self.readings if each.guessed}
        return settings.model_copy(update=guessed)

    @property
    def consent(self) -> ConsentColumns:
        """The columns that say who consents."""
        return self._rows.consent

    def surveyed(self) -> ConsentSurvey:
        """What the whole file says of consent; reads it to its end."""
        places = range(self._width) if self._own is None else self._own
        survey = ConsentSurvey(self._rows, places, self._width, self._fitted)
        for _, records in self._blocks_of_records():
            survey.add(records)
        return survey

    def _blocks_of_records(self) -> Iterator[RecordBlock]:
        if isinstance(self._records, CsvRecords):
            yield from self._mended.over_blocks(self._records.blocks())
        else:
            yield from (((line,), (record,)) for line, record in self._unread)

    def refuse_unfit_message(self) -> None:
        """Refuse what a person would not want to send as it stands. For whoever brings a file: what is in the ledger by
        then was let in.

        Raises:
            FileRefused: the campaign's message has placeholders of another system, or nothing of it is seen.
        """
        self._rows.refuse_unfit_message()

    def media_addresses(self) -> Iterator[str]:
        """The media addresses in use, the campaign's first, most of them once. Reads the whole file if rows may have
        their own."""
        yield from self._rows.campaign_media
        if self._rows.has_media_column:
            for item in self.blocks():
                if isinstance(item, RecipientBlock):
                    yield from chain.from_iterable(dict.fromkeys(item.media))
                elif isinstance(item, Recipient):
                    yield from item.media

    def __iter__(self) -> Iterator[Recipient | InvalidRow]:
        yield from self._each(self._unread)
        self._require_all_read()

    def blocks(self) -> Iterator[RecipientBlock | Recipient | InvalidRow]:
        """The same rows in the same order, those that can be sent mostly many at a time: several times as fast."""
        if (
            not isinstance(self._records, CsvRecords)
            or self._own is not None
            or self._rows.group_index is not None
        ):
            yield from self
            return
        reader = BlockReader(self._width, self._rows, self._seen)
        for lines, records in self._blocks_of_records():
            if self._count + len(records) > self._max_rows:
                yield from self._each(zip(lines, records, strict=True))
                continue
            for item in reader.read(lines, records, may_be_guarded=self._records.may_be_guarded):
                if isinstance(item, RecipientBlock):
                    yield item.numbered(self._count + 1)
                    self._count += len(item)
                else:
                    yield from self._each(((lines[item], records[item]),))
        self._require_all_read()

    def mendable(self, row: InvalidRow) -> MendableRow:
        """How an invalid row of this file can be mended."""
        return mendable(row, self._places, self.columns)

    def _require_all_read(self) -> None:
        if not self._count:
            raise refused("no_rows")
        self._mended.require_all_used()

    def _each(self, records: Iterable[Record]) -> Iterator[Recipient | InvalidRow]:
        for line, record in records:
            row = self._read(self._count + 1, line, record)
            if row is None:
                continue
            self._count += 1
            if self._count > self._max_rows:
                raise refused("too_many_rows", line=line, limit=self._max_rows)
            yield row

    def _read(self, row: int, line: int, record: list[str]) -> Recipient | InvalidRow | None:
        """The row in this record; None if nothing stands in it."""
        try:
            cells = self._cells(record)
            recipient = self._rows.read(row, line, cells)
        except RowError as error:
            return self._unsent(error, row, line, record) if any(map(str.strip, record)) else None
        if (code := cell_at(record, self._code_index).strip()) in GROUP_ONLY_CODES:
            return still_invalid(recipient, code, cell_at(record, self._message_index))
        if self._seen.add(recipient.number):
            return recipient
        column = self.column_names[self.columns.to]
        return seen_before(recipient, column, says_no=recipient.number in self._saying_no)

    def _unsent(self, error: RowError, row: int, line: int, record: list[str]) -> InvalidRow:
        if self._survey is None and isinstance(error, NoConsentError) and error.is_said and error.number:
            self._saying_no.add(error.number)
            self._seen.add(error.number)
        beyond = record[self._width :]
        if self._records.may_be_guarded:
            beyond = list(map(bare, beyond))
        return unsent_row(error, row, line, self.column_names, self._fitted(record), beyond)

    def _cells(self, record: list[str]) -> tuple[str, ...]:
        """The file's own cells, one for each heading."""
        if len(record) > self._width and any(map(str.strip, record[self._width :])):
            raise RowError("too_many_cells", cells=len(record), columns=self._width)
        return self._fitted(record)

    def _fitted(self, record: list[str]) -> tuple[str, ...]:
        if len(record) != self._width:
            record = record[: self._width] + [""] * (self._width - len(record))
        if self._records.may_be_guarded:
            record = list(map(bare, record))
        cells = record if self._own is None else [record[index] for index in self._own]
        if isinstance(self._records, ExcelRecords):
            for index in self._number_columns or range(len(cells)):
                cells[index] = as_typed(cells[index])
        return tuple(cells)

    def _read_columns(self, known: Known) -> Columns:
        line, record = first_record(self._unread, self._records.heading_line)
        while record and not record[-1].strip():
            record.pop()
        self._width = len(record)
        own = [index for index, heading in enumerate(record) if not is_error_column(heading)]
        self._own = own if len(own) < len(record) else None
        keys = {heading_key(heading): index for index, heading in enumerate(record) if index not in own}
        self._code_index, self._message_index = keys.get("errorcode"), keys.get("errormessage")
        refuse_long_headings(record, line)
        if not any(map(is_recipient, record)) and any(map(is_number, record)):
            raise refused("no_header", line=line)
        if self._records.may_be_guarded:
            record = list(map(bare, record))
        self._places = HeadingPlaces([heading.strip() for heading in record], own)
        headings = Headings([record[index].strip() for index in own], line=line)
        ahead, self._unread = rows_ahead(self._records, self._unread, line)
        known = known._replace(
            bad_numbers_in=bad_numbers_in(ahead, self._code_index, keys.get("errorcolumn"))
        )
        rows = FirstRows([self._fitted(row) for row in ahead], telling=self._own is None)
        self._recipient = choose_recipients(headings, rows, known)
        return Columns(headings, self._recipient)

    def _looks_like_a_row(self, cells: list[str]) -> bool:
        """Whether a line inside a cell has the shape of a row, with a number where the recipient stands."""
        return len(cells) == self._width > 1 and is_number(self.columns.recipient_cell(self._fitted(cells)))
