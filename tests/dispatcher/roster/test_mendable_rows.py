"""A row that cannot be sent, as it is shown to be mended and as it is mended again."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.errors import InputError
from dispatcher.model.recipient import InvalidRow
from dispatcher.roster import mendable_rows
from dispatcher.roster.mendable_rows import (
    MendableRow,
    MendableRows,
    cells_of,
    is_unchanged,
    line_of,
    listed_rows,
    mended_again,
    require_mendable,
)
from dispatcher.roster.mends import Mend
from tests.dispatcher.roster.reading import open_roster

ROW = MendableRow(3, "phone", "phone", 0, "too_short", "…", ("555", "Bob"), ())
WHOLE = MendableRow(4, None, None, None, "too_many_cells", "…", ("12125550102", "Smith"), (" John",))
FIRST = Mend(line=3, column="phone", before="55", after="555")


def test_a_mend_says_what_stood_there_and_none_is_made_of_what_still_does() -> None:
    assert ROW.mended("556") == Mend(line=3, column="phone", before="555", after="556")
    assert ROW.mended("555") is None


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_line_ends_that_a_browser_writes_in_its_own_way_are_no_mend(end: str) -> None:
    lines = ROW._replace(cells=(f"5{end}55", "Bob"))
    for posted in ("5\r\n55", "5\n55", f"5{end}55"):
        assert lines.mended(posted) is None
        assert mended_again((Mend(line=3, column="phone", before=f"5{end}55", after="6"),), ROW, posted) == ()


def test_a_cell_is_told_by_its_mark_with_what_stands_in_it() -> None:
    name = ROW._replace(column="first_name", place=1)
    others = [
        ROW._replace(column=1),
        name,
        name._replace(cells=("x", "555")),
        ROW._replace(cells=("556", "Bob")),
    ]
    assert len({row.mark for row in (ROW, WHOLE, *others)}) == 6
    assert ROW._replace(line=9, cells=("555", "Rob")).mark == ROW.mark
    assert is_unchanged(ROW.mark, "555")
    assert not is_unchanged(ROW.mark, "556")


def test_a_row_with_too_many_cells_is_mended_as_a_line() -> None:
    assert WHOLE.value == "12125550102,Smith, John"
    mend = WHOLE.mended('12125550102,"Smith, John"')
    assert mend is not None
    assert (mend.column, mend.after) == (None, ("12125550102", "Smith, John"))
    assert WHOLE.with_value("1,2") == ("1", "2")
    assert ROW.with_value("556") == ("556", "Bob")


def test_a_cell_that_is_mended_again_is_one_mend_and_none_where_all_is_as_it_was() -> None:
    assert mended_again((), ROW, "556") == (ROW.mended("556"),)
    assert mended_again((FIRST,), ROW, "556") == (FIRST.model_copy(update={"after": "556"}),)
    assert mended_again((FIRST,), ROW, "55") == ()
    assert mended_again((FIRST,), ROW, "555") == (FIRST,)
    name = Mend(line=3, column="name", before="Rob", after="Bob")
    assert mended_again((name,), ROW, "556") == (name, ROW.mended("556"))
    assert mended_again((name,), ROW, "555") == (name,)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_a_line_gives_its_cells_back(cells: list[str]) -> None:
    cells = [cell.replace("\r", "") for cell in cells]
    if cells != [""]:
        assert cells_of(line_of(cells)) == tuple(cells)


def test_rows_are_listed_as_they_are_until_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mendable_rows, "MENDS_MAX", 2)
    lines = io.StringIO()
    listing = MendableRows(lines)
    for row in (ROW, WHOLE, ROW):
        listing.write(row)
    assert listed_rows(lines.getvalue().splitlines()) == [ROW, WHOLE]


@pytest.mark.parametrize("value", ["x" * 4001, "212\x000102", "212\x1b[2J", "\udc80"])
def test_what_nobody_writes_is_no_mend(value: str) -> None:
    for row in (ROW, WHOLE):
        with pytest.raises(InputError, match=r"is not mended here|no control characters"):
            require_mendable(row, value)
    require_mendable(ROW._replace(cells=("5\x0b5", "Bob")), "5\x0b55\t\r\n")


def test_the_number_of_somebody_is_in_no_text_about_a_row_or_a_mend() -> None:
    assert "555" not in f"{ROW!r} {FIRST!r}"
    assert "1212" not in repr(WHOLE)


def test_a_recipient_that_is_its_own_sender_is_mended_in_the_recipients_column() -> None:
    roster = open_roster("name,to,from\nAnn,15162065575,15162065575\nBob,x,\n", message="Hi")
    [own, bad] = [
        roster.mendable(row)
        for row in (
            InvalidRow(1, 2, "invalid", None, "own_number", "…", None, ("Ann", "15162065575", "15162065575")),
            *(row for row in roster if isinstance(row, InvalidRow)),
        )
    ]
    assert (own.column, own.value, bad.column) == ("to", "15162065575", "to")
