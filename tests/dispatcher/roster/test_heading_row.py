"""The line of headings below the title of a report; and nobody is taken for a title."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.errors import FileRefused
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.roster._first_rows import is_number
from dispatcher.roster._heading_row import heading_place
from dispatcher.roster.columns import is_recipient
from tests.dispatcher.roster.reading import open_roster, read_rows

#: As systems write them: the title and filters on top, the total and a notice at the end.
REPORT = """Customer contact list
As of 11/28/2026 3:04 PM
"Filtered by: Status equals Active, Region equals East"

Name,Phone,City
Ann,(212) 555-0101,Albany
Bob,(212) 555-0102,"Troy,
New York"
Total: 2 records
"Confidential Information - Do Not Distribute"
"""


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_report_has_its_headings_below_a_title_and_no_recipient_in_its_notices(
    separator: str, end: str
) -> None:
    text = REPORT.replace("Name,Phone,City", separator.join(("Name", "Phone", "City")))
    text = text.replace("Ann,(212) 555-0101,A", separator.join(("Ann", "(212) 555-0101", "A")))
    text = text.replace('Bob,(212) 555-0102,"', separator.join(("Bob", "(212) 555-0102", '"')))
    recipients, rejected = read_rows(text.replace("\n", end), message="{{name}} of {{city}}")
    assert [(one.line, one.number) for one in recipients] == [(6, "12125550101"), (7, "12125550102")]
    assert [(row.line, row.code) for row in rejected] == [(9, "empty_number"), (10, "empty_number")]


def test_blocks_begin_below_the_title_too() -> None:
    roster = open_roster(REPORT.replace("555-01", "234-01"), message="{{name}}")
    assert roster.column_names == ("Name", "Phone", "City")
    assert [tuple(item.lines) for item in roster.blocks() if isinstance(item, RecipientBlock)] == [(6, 7)]


def test_a_line_of_one_word_gives_way_to_headings_below_it() -> None:
    assert [
        one.line for one in read_rows("Recipients\n\nPhone,Name\n12125550101,Ann\n", message="Hi")[0]
    ] == [4]


def test_a_title_that_speaks_of_phones_is_none_of_the_headings() -> None:
    text = "All cell phones,Spring\nCall the mobile phone first\n\nName,Phone,City\nAnn,12125550101,Troy\n"
    assert [one.line for one in read_rows("Report\n" + text, message="{{city}}")[0]] == [6]


def test_one_column_may_have_a_title() -> None:
    assert [one.line for one in read_rows("Spring customers\nphone\n12125550101\n", message="Hi")[0]] == [3]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("phone\n12125550101\nphone,name\n12125550102,Bob\n", [2]),
        ("phone,kind\n12125550101,phone\n12125550102,mobile\n", [2, 3]),
        ("Name,to\nPhone,12125550101\n", [2]),
    ],
)
def test_a_first_line_of_headings_stays_what_it_is(text: str, lines: list[int]) -> None:
    assert [one.line for one in read_rows(text, message="Hi")[0]] == lines


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ann,12125550101\nName,Phone\nBob,12125550102\n", "no_header"),
        ("Desk,12125550100\nSpring\nName,Phone\nBob,12125550102\n", "no_header"),
        ("Spring\nAnn,12125550101\nName,Phone\nBob,12125550102\n", "no_recipient_column"),
        ("Name,Kind,Where\nBob,Phone,\nAnn,Mobile,12125550101\n", "no_recipient_column"),
    ],
)
def test_a_line_with_a_number_is_never_passed_over(text: str, code: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        open_roster(text, message="Hi")
    assert (refusal.value.code, refusal.value.line) == (code, 1)


CELLS = st.sampled_from(
    ("Phone", "Name", "", " ", "12125550101", "Spring 2026", "Mobile phones", "to", "+1 416 555 0102")
)


@given(st.lists(st.lists(CELLS, max_size=4), max_size=12))
def test_no_line_above_the_headings_has_a_number_whatever_a_file_holds(records: list[list[str]]) -> None:
    place = heading_place(records, is_recipient)
    above = records[: place + 1] if place is not None else []
    assert not any(is_number(cell) for record in above for cell in record)
    assert place is None or any(map(is_recipient, records[place]))


def test_a_separator_that_is_declared_may_have_a_title_below_it() -> None:
    assert [
        one.line for one in read_rows("sep=;\nSpring\nName;Phone\nAnn;12125550101\n", message="Hi")[0]
    ] == [4]


def test_the_column_that_is_named_finds_its_headings() -> None:
    text = "Kunden\n\nName;Handy\nAnn;12125550101\n"
    assert [one.line for one in read_rows(text, message="Hi", to="handy")[0]] == [4]
