"""A mended file is read as if its cells had been written so, and every line keeps its number."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.errors import FileRefused
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.roster.formula_guard import guarded
from dispatcher.roster.mends import (
    MAGIC,
    MENDS_MAX,
    Mend,
    document_of,
    mended,
    mends_of,
    own_head,
    packed_mends,
    split_off,
)
from tests.dispatcher.roster.odd_files import NAMES, NUMBERS
from tests.dispatcher.roster.reading import open_roster
from tests.dispatcher.roster.workbooks import HEAD, packed, parts

FILE = b'phone,first_name,city\n12125550101,Ann,Hoboken\n555,Bob,Newark\n12125550103,"Cyd\nC.",\n12,Dee,x\n'
PHONE = Mend(line=3, column="phone", before="555", after="12125550102")
CITY = Mend(line=4, column=3, before="", after="Trenton")
LAST = Mend(line=6, column="phone", before="12", after="(212) 555-0104")


def rows(data: bytes, *mends: Mend, by_blocks: bool = False, **options: Any) -> list[Recipient | InvalidRow]:
    """The rows of a file with these mends."""
    roster = open_roster(packed_mends(mends) + data, **options)
    found: list[Recipient | InvalidRow] = []
    for item in roster.blocks() if by_blocks else roster:
        found.extend(item.recipients() if isinstance(item, RecipientBlock) else (item,))
    return found


def refusal(data: bytes, *mends: Mend, **options: Any) -> tuple[str, int | None]:
    """Why a file with these mends is refused."""
    with pytest.raises(FileRefused) as caught:
        rows(data, *mends, **options)
    return caught.value.code, caught.value.line


@pytest.mark.parametrize("by_blocks", [False, True])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_mended_cells_are_read_in_their_places(pack: Any, by_blocks: bool) -> None:
    found = rows(pack(FILE), PHONE, CITY, LAST, by_blocks=by_blocks)
    assert [(row.line, row.number, row.cells[2]) for row in found] == [
        (2, "12125550101", "Hoboken"),
        (3, "12125550102", "Newark"),
        (4, "12125550103", "Trenton"),
        (6, "12125550104", "x"),
    ]


def test_a_workbooks_rows_keep_the_numbers_of_the_sheet() -> None:
    sheet = "".join(
        f'<row r="{row}"><c r="A{row}"><v>{v}</v></c></row>' for row, v in ((7, 555), (9, 12125550109))
    )
    mend = Mend(line=7, column="to", before="555", after="12125550107")
    found = rows(packed(parts(HEAD + sheet)), mend, message="Hi")
    assert [(row.line, row.number) for row in found] == [(7, "12125550107"), (9, "12125550109")]


@pytest.mark.parametrize("by_blocks", [False, True])
@pytest.mark.parametrize(
    ("mend", "line"),
    [
        (Mend(line=3, column="phone", before="556", after="1"), 3),
        (Mend(line=3, column="Phone", before="555", after="1"), 3),
        (Mend(line=3, column=4, before="555", after="1"), 3),
        (Mend(line=5, column="phone", before="C.", after="1"), 5),
        (Mend(line=99, column="phone", before="555", after="1"), 99),
        (Mend(line=3, before=("555", "Bob"), after=("1", "2", "3")), 3),
    ],
)
def test_a_mend_of_another_file_refuses_this_one(mend: Mend, line: int, by_blocks: bool) -> None:
    assert refusal(FILE, mend, by_blocks=by_blocks) == ("mend_elsewhere", line)


def test_a_column_that_shares_its_name_goes_by_its_number() -> None:
    data = b"phone,note,note\n12125550101,a,b\n"
    assert (
        refusal(data, Mend(line=2, column="note", before="b", after="c"), message="Hi")[0] == "mend_elsewhere"
    )
    [row] = rows(data, Mend(line=2, column=3, before="b", after="c"), message="Hi")
    assert row.cells == ("12125550101", "a", "c")


def test_two_rows_mended_to_one_number_are_one_recipient_and_a_duplicate() -> None:
    twice = LAST.model_copy(update={"after": "+1 212 555 0102"})
    found = rows(FILE, PHONE, twice)
    assert [row.code for row in found if isinstance(row, InvalidRow)] == ["duplicate"]


def test_a_short_row_is_filled_up_and_a_cell_that_looks_guarded_stays_as_it_was_typed() -> None:
    data = b"phone,first_name,city\n12125550101\n12125550102,'=x,\n"
    mends = (
        Mend(line=2, column="city", before="", after="Newark"),
        Mend(line=3, column="first_name", before="=x", after="'=y"),
    )
    for by_blocks in (False, True):
        found = rows(data, *mends, by_blocks=by_blocks)
        assert [row.cells for row in found] == [("12125550101", "", "Newark"), ("12125550102", "'=y", "")]


def test_a_row_mended_as_a_whole_forgets_what_an_earlier_check_said_of_it() -> None:
    data = (
        b"to,name,error_line,error_column,error_code,error_message\n12125550102,Smith,3,,group_differs,x,$7\n"
    )
    mend = Mend(line=2, before=("12125550102", "Smith", "$7"), after=("12125550102", "Smith $7"))
    [row] = rows(data, mend, message="Hi {{name}}")
    assert (row.cells, row.number) == (("12125550102", "Smith $7"), "12125550102")


def test_the_file_itself_lies_untouched_behind_its_mends() -> None:
    mends = (PHONE, CITY)
    there, rest = split_off(io.BytesIO(packed_mends(mends) + FILE))
    assert (there, rest.read()) == (mends, FILE)
    there, rest = split_off(io.BytesIO(FILE))
    assert there == ()
    assert b"".join(iter(lambda: rest.read(7), b"")) == FILE


def test_a_file_is_mended_without_being_copied_and_read_from_anywhere() -> None:
    whole = packed_mends((PHONE,)) + FILE
    source = mended(cast(BinaryIO, io.BytesIO(FILE)), (PHONE,))
    assert source.read() == whole
    assert source.seek(0, io.SEEK_END) == len(whole)
    for place in (0, 5, len(MAGIC), len(whole) - len(FILE) - 1, len(whole) - len(FILE), len(whole) - 3):
        source.seek(place)
        assert source.read(9) == whole[place : place + 9]
    assert own_head(source, 4) == FILE[:4]
    assert source.read() == whole
    plain = cast(BinaryIO, io.BytesIO(FILE))
    assert mended(plain, ()) is plain


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b'{"mends": 5}',
        b'{"mends": [{"line": 3, "column": "phone", "before": "555"}]}',
        b'{"mends": [{"line": "3", "column": "phone", "before": "555", "after": "1"}]}',
        b'{"mends": [{"line": 0, "column": "phone", "before": "555", "after": "1"}]}',
        b'{"mends": [{"line": 3, "before": "555", "after": "1"}]}',
        b'{"mends": [{"line": 3, "column": 1, "before": ["555"], "after": ["1"]}]}',
        b'{"mends": [{"line": 3, "column": 1, "before": "555", "after": "1", "why": "x"}]}',
        b'{"mends": [{"line": %s, "column": "phone", "before": "555", "after": "1"}]}' % (b"9" * 4000),
        b'{"mends": [{"line": 3, "column": %s, "before": "555", "after": "1"}]}' % (b"9" * 4000),
        b'{"mends": [{"line": 3, "column": 0, "before": "555", "after": "1"}]}',
        b'{"mends": [{"line": 3, "column": "first_name", "before": "Bob", "after": "B\\u0000ob"}]}',
        b'{"mends": [{"line": 3, "before": ["555", "Bob"], "after": ["555", "B\\u001bob"]}]}',
        b'{"mends": [{"line": 3, "column": "first_name", "before": "Bob", "after": "\\ud800"}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_damaged_list_of_mends_refuses_the_file(document: bytes) -> None:
    data = MAGIC + len(document).to_bytes(4, "big") + document + FILE
    assert refusal(data) == ("bad_mends", None)


def test_a_list_that_promises_more_than_there_is_is_damaged_too() -> None:
    assert refusal(MAGIC + b"\xff\xff\xff\xff" + FILE)[0] == "bad_mends"
    assert refusal(packed_mends((PHONE,))[:-9])[0] == "bad_mends"


def test_there_is_an_end_to_mending() -> None:
    with pytest.raises(FileRefused) as caught:
        packed_mends([PHONE] * (MENDS_MAX + 1))
    assert caught.value.code == "too_many_mends"
    assert caught.value.message == "More than 10,000 cells are mended."
    long = PHONE.model_copy(update={"after": "x" * (9 << 20)})
    with pytest.raises(FileRefused, match="More than 8 MB of cells are mended"):
        packed_mends([long])


def test_a_mend_brings_no_control_characters_and_may_leave_those_that_were_there() -> None:
    whole = Mend(line=3, before=("5\x0b5", "Bob"), after=("5\x0b55", "Bob\t\r\nB."))
    assert mends_of(document_of([whole])) == (whole,)
    for before, after in (("a", "a\0"), ("\x0b", "\x0c"), ("a", "\ud83d"), ("\ud83d", "a")):
        with pytest.raises(ValueError, match="control characters"):
            Mend(line=3, column="phone", before=before, after=after)


def test_a_list_of_mends_is_for_people_to_read() -> None:
    zero_width = PHONE.model_copy(update={"before": "5\u200b55", "after": "Zoë\n"})
    text = document_of((zero_width, CITY))
    assert '"before": "5\\u200b55", "after": "Zoë\\n"' in text
    assert len(text.splitlines()) == 4
    assert mends_of(text) == (zero_width, CITY)


CELLS = st.sampled_from([*NUMBERS, *NAMES])


@settings(max_examples=60, deadline=None)
@given(
    table=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12),
    changed=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 1), CELLS), max_size=5),
)
def test_mended_is_as_if_it_had_been_written_so(
    table: list[tuple[str, str]], changed: list[tuple[int, int, str]]
) -> None:
    lines, line = [], 2
    for cells in table:
        lines.append(line)
        line += 1 + sum(cell.count("\n") for cell in cells)
    after = [list(cells) for cells in table]
    mends = []
    for row, place, cell in changed:
        if row < len(table) and "\n" not in cell:
            column = ("to", "first_name")[place]
            mends.append(Mend(line=lines[row], column=column, before=after[row][place], after=cell))
            after[row][place] = cell
    for by_blocks in (False, True):
        assert said(written(table), mends, by_blocks) == said(written(after), (), by_blocks)


def written(table: Sequence[Sequence[str]]) -> bytes:
    """A campaign file of these rows."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    lines.writerows(map(guarded, cells) for cells in [("to", "first_name"), *table])
    return text.getvalue().encode()


def said(data: bytes, mends: Sequence[Mend], by_blocks: bool) -> list[tuple[Any, ...]]:
    """What is read of a file, without the lines: a mended cell keeps the lines that it had."""
    try:
        found = rows(data, *mends, by_blocks=by_blocks, encoding="utf-8")  # what the bytes say is not mended
    except FileRefused as refusal:
        return [(refusal.code,)]
    return [(row.row, row.number, row.cells, getattr(row, "code", None)) for row in found]


def test_a_workbooks_number_is_mended_as_it_was_typed_and_its_other_cells_stay_as_they_are_shown() -> None:
    formats = '<numFmts><numFmt numFmtId="164" formatCode="0.0E+00"/></numFmts>'
    sheet = '<row r="2"><c r="A2" s="1"><v>99912345678901</v></c><c r="B2" s="1"><v>-1500</v></c></row>'
    data = packed(parts(HEAD + sheet, styles=f'{formats}<cellXfs><xf/><xf numFmtId="164"/></cellXfs>'))
    roster = open_roster(data, message="Hi {{v}}")
    [bad] = [roster.mendable(row) for row in roster if isinstance(row, InvalidRow)]
    assert bad.value == "99912345678901"
    mend = bad.mended("12125550101")
    assert mend is not None
    [row] = rows(data, mend, message="Hi {{v}}")
    assert isinstance(row, Recipient)
    assert (row.number, row.text) == ("12125550101", "Hi -1.5E+03")


def test_a_number_that_is_found_by_its_label_is_mended_in_its_own_column() -> None:
    data = (
        b"Name,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n"
        b"Ann,Home,12125550101,Mobile,555\n"
        b"Bob,Mobile,,Home,\n"
        b"Cyd,Other,12125550102,Other,12125550103\n"
    )
    roster = open_roster(data, message="Hi")
    bad = [roster.mendable(row) for row in roster if isinstance(row, InvalidRow)]
    assert [row.column for row in bad] == ["Phone 2 - Value", "Phone 1 - Value", None]


@pytest.mark.parametrize("by_blocks", [False, True])
def test_a_row_of_which_nothing_is_left_does_not_leave_without_a_word(by_blocks: bool) -> None:
    data = b"phone,first_name\n12125550101,Ann\n555,\n556,\n557,Bob\n"
    mends = [Mend(line=line, column="phone", before=f"55{line + 2}", after="") for line in (3, 4, 5)]
    for used, said in ((1, "1 row counts no more"), (3, "2 rows count no more")):
        roster = open_roster(packed_mends(mends[:used]) + data)
        for _ in roster.blocks() if by_blocks else roster:
            pass
        [remark] = [each for each in roster.remarks if each.code == "mended_away"]
        assert remark.message.startswith(said)
        assert remark.message.endswith({1: "line 3.", 3: "lines 3, 4."}[used])
    assert all(each.code != "mended_away" for each in open_roster(data).remarks)
