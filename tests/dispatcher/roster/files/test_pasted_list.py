"""What people paste becomes the file that they mean: numbers get a heading, rows of a spreadsheet keep theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.roster.files.pasted_list import pasted_file
from tests.dispatcher.roster.reading import open_roster, read_rows


@pytest.mark.parametrize(
    "text",
    [
        "2125550101\r\n(212) 555-0102\r\n\r\n+1 212.555.0103\r\n",
        "2125550101, (212) 555-0102; tel:+12125550103",
        "2125550101,\n2125550102,\n2125550103,\n",
        "2125550101\r2125550102\r2125550103",
    ],
)
def test_numbers_by_themselves_need_no_heading(text: str) -> None:
    content, name = pasted_file(text)
    recipients, rejected = read_rows(content, message="Hi")
    assert [recipient.number[-4:] for recipient in recipients] == ["0101", "0102", "0103"]
    assert (rejected, name) == ([], "pasted.csv")


def test_what_is_no_number_among_them_is_an_invalid_row() -> None:
    content, _ = pasted_file("2125550101\nunknown\n555\n212 555 0104 ext 5\n")
    _, rejected = read_rows(content, message="Hi")
    assert [row.code for row in rejected] == ["not_a_number", "too_short", "extension"]


def test_rows_of_a_spreadsheet_keep_their_headings() -> None:
    content, name = pasted_file("Phone\tfirst_name\r\n2125550101\tAnn\r\n2125550102\t\r\n")
    recipients, _ = read_rows(content)
    assert [recipient.text for recipient in recipients] == ["Hi Ann", "Hi there"]
    assert name == "pasted.tsv"


@pytest.mark.parametrize(
    "text", ["2125550101\tAnn\n", "2125550101,Ann\n2125550102,Bob\n", "2125550101\t2125550102"]
)
def test_columns_that_nobody_named_are_not_guessed(text: str) -> None:
    with pytest.raises(Exception, match="not headings"):
        open_roster(pasted_file(text).content)


@given(
    st.lists(st.integers(2_000_000_000, 9_999_999_999), min_size=1),
    st.sampled_from(("\n", "\r\n", ", ", ";")),
)
def test_every_number_has_a_row(numbers: list[int], between: str) -> None:
    content, _ = pasted_file(between.join(map(str, numbers)))
    assert content.decode().splitlines() == ["to", *map(str, numbers)]
