"""Files that wait in the ledger, those of drafts and of recurring broadcasts: a person is taken out of them.

Mended cells are what they were mended to in the file that is written; what stood there before is in no file then.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, NamedTuple

from dispatcher.errors import FileRefused, InputError, NotFound
from dispatcher.ledger.campaigns.schedules import Schedule
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.roster.columns import ERROR_COLUMNS
from dispatcher.roster.files.file_source import unpacked_name
from dispatcher.roster.mends import Mend
from dispatcher.roster.numbers import read_number
from dispatcher.roster.opening import open_roster
from dispatcher.roster.own_files import OwnFile
from dispatcher.roster.roster import Roster
from dispatcher.settings import Settings

#: Stands behind the cells of a row that had too many, so that it has too many still.
_ONE_MORE = "one cell too many"
_SPOOLED_BYTES = 8 << 20


class InFiles(NamedTuple):
    """Rows that were taken out of files; drafts and schedules whose file could not be rid of the person."""

    rows: int
    waiting: tuple[str, ...]


class _Stored(NamedTuple):
    """A file and whose it is. `schedule` as the ledger keeps it, None for a draft."""

    owner: str
    settings: CampaignSettings
    fixed: frozenset[str]
    filename: str
    chunks: int
    rules: int
    schedule: Schedule | None


def forget_in_files(ledger: Ledger, number: str, config: Settings) -> InFiles:
    """Take everything about this number of 11 digits out of stored files; they become CSV files without these rows."""
    rows, waiting = 0, []
    for stored in (*_drafts(ledger), *_scheduled(ledger)):
        try:
            gone = _forget(ledger, stored, number, config)
        except (FileRefused, FileNotFoundError):
            gone = None
        if gone is None:
            waiting.append(stored.owner)
        rows += gone or 0
    return InFiles(rows, tuple(waiting))


def _drafts(ledger: Ledger) -> Iterator[_Stored]:
    for campaign_id in ledger.campaigns.drafts():
        try:
            settings = ledger.campaigns.settings_of(campaign_id)
            fixed = ledger.campaigns.fixed_of(campaign_id)
            rules = ledger.campaigns.reading_rules_of(campaign_id)
        except NotFound:
            continue
        yield _Stored(campaign_id, settings, fixed, *ledger.campaigns.stored_file(campaign_id), rules, None)


def _scheduled(ledger: Ledger) -> Iterator[_Stored]:
    for schedule, _ in ledger.schedules.all():
        file = schedule.filename, schedule.chunks, schedule.reading_rules
        yield _Stored(schedule.id, schedule.settings, frozenset(schedule.fixed), *file, schedule)


def _forget(ledger: Ledger, stored: _Stored, number: str, config: Settings) -> int | None:
    """Rows taken out; None if the file's owner changed meanwhile."""
    with tempfile.SpooledTemporaryFile(_SPOOLED_BYTES) as copy:
        gone, has_more = _copy_without(ledger, stored, number, config, copy)
        if not gone and not has_more:
            return 0
        copy.seek(0)
        other = f"{stored.owner}:without"
        chunks = ledger.uploads.store(other, copy)
    name = f"{unpacked_name(stored.filename).rpartition('.')[0] or stored.filename}.csv"
    seen, fields = "", name
    if stored.schedule is not None:
        was = stored.schedule
        seen = f"{was.revision}:{was.made}:{was.missed}"
        changed = {"filename": name, "chunks": chunks, "revision": was.revision + 1}
        fields = was.model_copy(update=changed).model_dump_json(by_alias=True)
    if ledger.uploads.swap(stored.owner, other, stored.chunks, chunks, seen=seen, fields=fields):
        return gone
    ledger.uploads.drop(other, chunks)
    return None


class _Copied(NamedTuple):
    """Rows that were left out, or mends if no row was; whether the file has more than what is read of it, where anybody
    may stand: other sheets of a workbook, hidden rows. That goes as soon as anybody is to be forgotten."""

    gone: int
    has_more: bool


def _copy_without(ledger: Ledger, stored: _Stored, number: str, config: Settings, out: IO[bytes]) -> _Copied:
    """Write the file as CSV without this person."""
    roster = open_roster(
        ledger.uploads.open(stored.owner, stored.chunks),
        filename=stored.filename,
        settings=stored.settings,
        fixed=stored.fixed,
        config=config,
        kept=True,
        rules=stored.rules,
    )
    gone = 0
    with OwnFile(out, roster.separator) as lines:
        lines.write((*roster.column_names, *(ERROR_COLUMNS if roster.was_checked else ())))
        for row in roster:
            if _is_about(roster, row, number):
                gone += 1
            else:
                lines.write(_cells(row, roster.was_checked))
    gone = gone or sum(_is_number(text, number) for mend in roster.mends for text in _texts(mend))
    return _Copied(gone, roster.has_more)


def _is_about(roster: Roster, row: Recipient | InvalidRow, number: str) -> bool:
    if row.number == number or not row.cells:
        return row.number == number
    return _is_number(roster.columns.recipient_cell(row.cells), number)


def _is_number(cell: str, number: str) -> bool:
    try:
        return read_number(cell) == number
    except InputError:
        return False


def _texts(mend: Mend) -> Iterator[str]:
    """All that a mend says stood or stands in cells."""
    for text in (mend.before, mend.after):
        yield from (text,) if isinstance(text, str) else text


def _cells(row: Recipient | InvalidRow, was_checked: bool) -> tuple[str, ...]:
    """The row's cells; if the file `was_checked`, with what was wrong with the row, which may be in no other cell."""
    if isinstance(row, Recipient):
        return row.cells
    said = (str(row.line), row.column or "", row.code, row.message) if was_checked else ()
    return (*row.cells, *said, *([_ONE_MORE] if row.code == "too_many_cells" else ()))
