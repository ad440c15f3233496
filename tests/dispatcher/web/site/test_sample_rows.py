from __future__ import annotations

import time

import pytest

from dispatcher.errors import InputError
from dispatcher.web.site import sample_rows
from dispatcher.web.site.sample_rows import SampleRow, SampleRows

ROW = SampleRow(3, 4, ("to", "first_name"), "to", ("12125550101", "Ann"))


def test_a_row_is_remembered_for_a_while_and_nobody_reads_it_in_a_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    rows = SampleRows()
    rows.keep(("token", "3"), ROW)
    assert rows.find(("token", "3")) == ROW
    assert rows.find(("token", "4")) is None
    now += sample_rows.LIFE_SECONDS
    assert rows.find(("token", "3")) is None
    assert "Ann" not in repr(ROW)


def test_why_there_is_no_row_is_remembered_too() -> None:
    rows = SampleRows()
    rows.keep(("token", "9"), InputError("the file has no row 9"))
    assert isinstance(rows.find(("token", "9")), InputError)


def test_of_too_many_rows_the_oldest_go() -> None:
    rows = SampleRows()
    for number in range(sample_rows.MOST + 2):
        rows.keep(("token", str(number)), ROW)
    found = [rows.find(("token", str(number))) is not None for number in range(sample_rows.MOST + 2)]
    assert found == [False, False, *[True] * sample_rows.MOST]
