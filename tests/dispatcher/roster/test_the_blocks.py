"""Read by blocks, a file says to the letter what it says row by row."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.errors import FileRefused
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.roster._number_columns import NumberColumns
from dispatcher.roster.files import csv_reader
from dispatcher.roster.files.plain_lines import plain_records
from dispatcher.roster.numbers import NumberReader
from dispatcher.roster.rejections import RowError
from dispatcher.roster.roster import REGIONS
from tests.dispatcher.roster.odd_files import NUMBERS, files, odd_file
from tests.dispatcher.roster.reading import open_roster
from tests.dispatcher.roster.test_the_mutated_files import mutated, seeds

#: Campaigns whose rows are read differently.
CAMPAIGNS: tuple[dict[str, Any], ...] = (
    {},
    {"message": "Hi", "fictional_ok": False},
    {"message": "Hi {{first_name}}, {{first_name|you}}", "max_rows": 20},
    {"message": None, "media_urls": ("https://example.com/a.jpg",)},
    {"message": "{{first_name|}}", "senders": ()},
    {"message": "\u201cHi\u201d {{first_name}}", "smart_encoding": True},
    {"message": "{{first_name|}}", "smart_encoding": True},
    {"message": "\0{{first_name|}}\0{{to}}%s"},
    {"fixed": frozenset({"message", "senders", "media_urls"})},
    {"group_by": "first_name"},
)
#: Records of a block at most, and its characters where nothing is quoted: all defects meet all borders.
SIZES = (1, 3, 16, 1024)


def cut_into(size: int, patch: pytest.MonkeyPatch) -> None:
    """Blocks are that small."""
    patch.setattr(csv_reader, "BLOCK_RECORDS", size)
    patch.setattr(csv_reader, "_STEP", min(size, 16))
    patch.setattr(csv_reader, "_TEXT_CHARACTERS", 32 * size)


def read(
    data: bytes, options: dict[str, Any], *, by_blocks: bool
) -> tuple[list[Recipient | InvalidRow], Any]:
    """The rows; and what was said of the file as a whole, or why it was refused."""
    rows: list[Recipient | InvalidRow] = []
    try:
        roster = open_roster(data, **options)
        for item in roster.blocks() if by_blocks else roster:
            rows.extend(item.recipients() if isinstance(item, RecipientBlock) else (item,))
    except FileRefused as refusal:
        return rows, (refusal.code, refusal.message, refusal.line, refusal.column, refusal.hint)
    return rows, (roster.form, roster.column_names, roster.understood, roster.overridden, roster.remarks)


def assert_alike(data: bytes, campaigns: Iterable[dict[str, Any]] = CAMPAIGNS) -> None:
    """Both ways say the same, defects and where they stand too."""
    for options in campaigns:
        one_by_one, many = (read(data, options, by_blocks=by_blocks) for by_blocks in (False, True))
        assert many == one_by_one, (data[:2000], options)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
@pytest.mark.parametrize("size", SIZES)
def test_every_file_of_the_corpus_reads_alike(path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_into(size, monkeypatch)
    if path.suffix not in {".xlsx", ".xls", ".ods"} or size == 1024:
        assert_alike(path.read_bytes(), CAMPAIGNS if path.suffix != ".xlsx" else CAMPAIGNS[:1])


@pytest.mark.parametrize("seed", range(30))
def test_files_with_a_few_odd_rows_read_alike(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    cut_into(dice.choice(SIZES), monkeypatch)
    assert_alike(odd_file(dice, dice.choice((5, 60, 400))))


def test_a_file_of_many_blocks_reads_alike() -> None:
    dice = random.Random(7)
    for _ in range(3):
        assert_alike(odd_file(dice, 5000), CAMPAIGNS[:1])


@pytest.mark.parametrize("part", range(4))
def test_damaged_files_read_alike(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(part)
    originals = [data for data in seeds() if not data.startswith(b"PK")]
    originals += [odd_file(dice, 30) for _ in range(40)]
    cut_into(SIZES[part], monkeypatch)
    for _ in range(80):
        data = dice.choice(originals)
        for _ in range(dice.choice((1, 1, 2, 3, 8))):
            data = mutated(data, originals, dice)
        if not data.startswith(b"PK"):
            assert_alike(data, (dice.choice(CAMPAIGNS),))


CELLS = st.one_of(
    st.sampled_from(NUMBERS),
    st.text(st.sampled_from("0123456789 -+().,;'\"#{}x\r\n\u00a0\u0663"), max_size=18),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=30), st.sampled_from("\n\r"), st.booleans())
def test_whatever_stands_in_the_cells_reads_alike(rows: list[list[str]], end: str, quoted: bool) -> None:
    lines = [["to", "first_name"], *rows]
    quote = '"' if quoted else ""
    cells = [[cell.replace('"', '""') if quoted else cell for cell in row] for row in lines]
    text = end.join(",".join(f"{quote}{cell}{quote}" for cell in row) for row in cells)
    assert_alike(text.encode(), CAMPAIGNS[:2])


@settings(max_examples=500, deadline=None)
@given(st.text(st.sampled_from("ab ,;\r\n\u2028\x85'\""), max_size=40), st.sampled_from(",;"))
def test_plain_lines_are_cut_as_a_reader_of_csv_cuts_them(text: str, separator: str) -> None:
    records = plain_records(text, separator)
    if records is not None:
        lines = io.StringIO(text, newline="")
        assert list(records) == [each or [""] for each in csv.reader(lines, delimiter=separator, strict=True)]


def test_lines_without_quotes_and_of_equal_length_are_plain() -> None:
    for text in ("a,b\r\n\u2028,\r\n", "a,b\nc,'d", "\n", "a\n\nb\n"):
        assert plain_records(text, ",") is not None, text
    for text in ("", '"a",b\n', "a,b\nc\n", "a\rb\n", "a,b\nc\nd,e,f\n"):
        assert plain_records(text, ",") is None, text


@settings(max_examples=500, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=20))
def test_a_number_that_the_column_reader_takes_is_what_the_cell_reader_says(cells: list[str]) -> None:
    single = NumberReader(fictional_ok=False, regions=REGIONS)
    numbers, odd = NumberColumns(single.area_codes, single.exchanges).read(cells)
    for place, cell in enumerate(cells):
        if place not in odd:
            assert numbers[place] == single.read(cell)


def test_the_usual_writings_need_no_closer_look() -> None:
    single = NumberReader(fictional_ok=False, regions=REGIONS)
    usual = ["12122340101", "2122340102", "+12122340103", "(212) 234-0104", "212-234-0105", "+1 212.234.0106"]
    numbers, odd = NumberColumns(single.area_codes, single.exchanges).read(usual)
    assert numbers == [f"1212234010{place}" for place in range(1, 7)]
    assert not odd
    with pytest.raises(RowError):
        single.read("2125550100")  # fiction is looked at more closely
    assert NumberColumns(single.area_codes, single.exchanges).read(["2125550100"])[1] == {0}


@pytest.mark.parametrize("quote", ["", '"'])
def test_most_rows_of_an_ordinary_file_come_in_blocks(quote: str) -> None:
    rows = "".join(f"1212234{row:04},{quote}Ann{quote}\n" for row in range(3000))
    items = list(open_roster(f"to,first_name\n{rows}555,Bob\n").blocks())
    assert sum(len(item) for item in items if isinstance(item, RecipientBlock)) == 3000
    assert isinstance(items[-1], InvalidRow)
    assert len(items) <= 4
