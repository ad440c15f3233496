"""Guarded cells come back as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.roster.formula_guard import bare, guarded


@given(st.text("'=+-@\t\rab1 "))
def test_a_guarded_cell_reads_back_bare(cell: str) -> None:
    assert bare(guarded(cell)) == cell or guarded(cell) == cell != bare(cell)


@given(st.text("'=+-@\t\rab1 "))
def test_a_guarded_cell_never_starts_a_formula(cell: str) -> None:
    assert guarded(cell)[:1] not in tuple("=+-@\t\r")


def test_an_apostrophe_of_the_cell_itself_survives() -> None:
    assert bare(guarded("'=1")) == "'=1"
    assert bare("'tis") == "'tis"
