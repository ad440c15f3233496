"""Files by the rules of the first version: what its programs checked is sent as they checked it, row by row.

They read every row, hidden or not, of the first visible sheet that has any, and the headings in the first line; what
was not Unicode was Windows-1252; no column spoke of consent.
"""

from __future__ import annotations

from collections.abc import Callable

from dispatcher.model.campaign import LATER_SETTINGS, CampaignSettings
from dispatcher.model.reading_rules import FIRST_RULES
from dispatcher.roster._heading_row import Sought
from dispatcher.roster._plain_names import is_plain_name
from dispatcher.roster.excel.reader import ExcelRecords, SheetWish
from dispatcher.roster.files.csv_reader import CsvRecords
from dispatcher.roster.files.decoding import DecodedLines
from dispatcher.roster.files.file_source import RecognisedFile

_ENCODING = "windows-1252"


def is_by_first_rules(rules: int, settings: CampaignSettings) -> bool:
    """Whether these rules are the first; settings that came later say that they are not."""
    return rules == FIRST_RULES and not settings.model_dump().keys() & LATER_SETTINGS


def as_first_checked(settings: CampaignSettings) -> CampaignSettings:
    """The settings of such a campaign in today's words."""
    return settings.model_copy(update={"on_no_consent": "send", "hidden_rows": True})


def records_as_first(
    opened: RecognisedFile, max_bytes: int, pulse: Callable[[], None]
) -> CsvRecords | ExcelRecords:
    """The records of a file that was recognised.

    Raises:
        DecodingError: it cannot be decoded.
    """
    if opened.workbook is not None:
        wish = SheetWish(hidden_rows=True, first=True)
        return ExcelRecords(opened.workbook, opened.kind, max_bytes=max_bytes, pulse=pulse, wish=wish)
    lines = DecodedLines(opened.text, otherwise=_ENCODING)
    return CsvRecords(lines, Sought(is_plain_name), below_titles=False)
