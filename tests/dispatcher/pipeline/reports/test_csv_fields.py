"""A column of fields is to the byte what a writer of CSV files makes of each cell."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.pipeline.reports._csv_fields import field, fields
from dispatcher.roster.formula_guard import guarded
from tests.dispatcher.pipeline.reports.row_by_row import csv_text
from tests.dispatcher.pipeline.reports.test_report_lines import EVIL


def written(cell: str) -> str:
    """The field as a writer makes it, between two others."""
    return csv_text(iter([["a", guarded(cell), "b"]])).removeprefix("a,").removesuffix(",b\r\n")


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet=EVIL, max_size=8) | st.text(max_size=8))
def test_a_field_is_what_a_writer_makes_of_it(cell: str) -> None:
    assert field(cell) == written(cell)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="a=-,'\"\n ", max_size=3), max_size=5))
def test_a_column_is_its_fields(cells: list[str]) -> None:
    assert list(fields(cells)) == [written(cell) for cell in cells]


@pytest.mark.parametrize("evil", ["=1", "'=1", "a,b", 'a"b', "a\nb", "a\tb", "\t=1", "\x1b[2J", "\u202ea"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_cell_that_needs_care_is_found_wherever_it_stands(evil: str, place: int) -> None:
    cells = ["Ann", "Bob", "Eve"]
    cells[place] = evil
    assert fields(cells)[place] == written(evil) != evil


def test_a_column_that_needs_nothing_is_left_as_it_is() -> None:
    cells = ["Ann", "O'Brien", "ann@example.com", "a=b", "José", ""]
    assert fields(cells) is cells
