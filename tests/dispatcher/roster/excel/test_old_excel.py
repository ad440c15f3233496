"""Workbooks of Excel 97 (.xls): formats, hidden rows and sheets as in .xlsx, and never a traceback."""

from __future__ import annotations

import random
import struct
from contextlib import suppress
from pathlib import Path

import pytest

from dispatcher.roster.excel._errors import SheetError
from tests.dispatcher.roster.excel.books import refusal_of, rows_of
from tests.dispatcher.roster.reading import open_roster, read_rows

FOLDER = Path(__file__).parents[3] / "data" / "roster"
BOOK = (FOLDER / "old_excel.xls").read_bytes()
TWO_SHEETS = (FOLDER / "old_excel_two_sheets.xls").read_bytes()
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def test_cells_are_what_excel_shows() -> None:
    rows = rows_of(BOOK, "xls", place=1)
    shown = ["12125550101", "Ann", "12/1/2026", "$1,250.50", "15%", "02139", "36:00", "TRUE"]
    assert rows[1].cells == shown
    assert rows[2].cells == ["(212) 555-0102", "Zoë", "2026-12-01 14:30", "0.3"]
    assert rows[4].cells == ["2.13E+09", "Cyd", "#N/A"]
    typed = rows_of(BOOK, "xls", place=1, as_typed=True)
    assert (typed[1].cells[2], typed[4].cells[0]) == ("2026-12-01", "2125550104")


def test_the_visible_sheet_is_read_without_its_hidden_rows() -> None:
    roster = open_roster(BOOK, message="{{first_name}}")
    assert [row.line for row in roster] == [2, 3, 5]
    assert [remark.code for remark in roster.remarks] == ["hidden_rows"]
    assert len(read_rows(BOOK, message="Hi", hidden_rows=True)[0]) == 4
    assert [row.number for row in read_rows(BOOK, message="Hi", sheet="Notes")[0]] == ["12125550199"]


@pytest.mark.parametrize(
    ("height", "is_default", "is_hidden"), [(0, 0, True), (0, 0x8000, False), (255, 0, False)]
)
def test_a_row_of_no_height_is_hidden_unless_it_has_the_usual_one(
    height: int, is_default: int, is_hidden: bool
) -> None:
    row = struct.pack("<HHHHH", 0x0208, 16, 1, 0, 8)
    assert BOOK.count(row) == 1
    place = BOOK.index(row) + len(row)
    changed = BOOK[:place] + struct.pack("<H", height | is_default) + BOOK[place + 2 :]
    assert rows_of(changed, "xls", place=1)[1].is_hidden is is_hidden


def test_which_of_two_sheets_is_asked() -> None:
    refusal = refusal_of(TWO_SHEETS)
    assert refusal.question is not None
    assert [choice.value for choice in refusal.question.choices] == ["East", "West"]
    [recipient], _ = read_rows(TWO_SHEETS, message="{{day}}", sheet="West")
    assert (recipient.number, recipient.text) == ("14165550102", "2026-12-01"), "days count from 1904 there"


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "unknown_format", "with a password"),
        (OLE + bytes(600) + "WordDocument".encode("utf-16-le"), "unknown_format", "a Word document"),
        (OLE, "bad_workbook", "cut off"),
        (BOOK[:3000], "bad_workbook", "cut off"),
        (b"\x09\x08\x10\x00\x00\x06\x05\x00", "bad_workbook", "cut off"),
        (b"\x09\x00\x04\x00\x02\x00\x10\x00", "bad_workbook", "cut off"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, code: str, said: str) -> None:
    refusal = refusal_of(data)
    assert refusal.code == code
    assert said in refusal.message


def test_a_workbook_with_a_password_is_named() -> None:
    """A record FILEPASS behind the beginning of the workbook's stream."""
    begin = BOOK.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    locked = BOOK[: begin + 20] + b"\x2f\x00\x04\x00\x01\x00\x00\x00" + BOOK[begin + 28 :]
    assert "with a password" in refusal_of(locked).message


def test_whatever_byte_of_it_is_wrong_it_is_read_or_refused() -> None:
    dice = random.Random(4)
    for _ in range(300):
        broken = bytearray(BOOK)
        for _ in range(dice.choice((1, 4, 40))):
            broken[dice.randrange(512, len(broken))] = dice.randrange(256)
        with suppress(SheetError):
            rows_of(bytes(broken), "xls")


def test_numbers_that_are_none_are_an_error_value() -> None:
    number, none = struct.pack("<d", 12125550101.0), struct.pack("<d", float("nan"))
    assert BOOK.count(number) == 1
    assert rows_of(BOOK.replace(number, none), "xls", place=1)[1].cells[0] == "#NUM!"
