"""`make areacodes`: the table of area codes follows the administrator's report, or leaves it to a person."""

from __future__ import annotations

import csv
import runpy
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
TABLE = TOP / "dispatcher" / "numbering" / "data" / "area_codes.csv"
COLUMNS = ("NPA_ID", "ASSIGNED", "USE", "LOCATION", "COUNTRY", "IN_SERVICE_DT", "PARENT_NPA_ID", "SERVICE")
renew: Callable[[Path, Path], int] = runpy.run_path(str(TOP / ".ci" / "area_codes.py"))["main"]


def report(folder: Path, *more: tuple[str, ...], without: str = "") -> Path:
    """A report in which the codes of our table are assigned, and more besides."""
    rows = [line.split(",") for line in TABLE.read_text("ascii").splitlines() if line[0] != "#"][1:]
    listed = [
        (
            code,
            "Yes",
            "N" if use else "G",
            "",
            country,
            f"{date.fromisoformat(day):%d-%b-%Y}" if day else "",
            "",
            "",
        )
        for code, country, _, _, day, use in rows
        if code != without
    ]
    path = folder / "npa_report.csv"
    with path.open("w", encoding="ascii", newline="") as file:
        file.write("File Date,12/15/2026\n")
        csv.writer(file).writerows([COLUMNS, *listed, *more])
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return Path(shutil.copy(TABLE, tmp_path))


def test_a_new_code_has_the_place_and_the_zones_of_the_code_that_it_lies_over(
    tmp_path: Path, table: Path
) -> None:
    new = [
        ("237", "Yes", "G", "MI", "US", "01-Dec-2026", "313", ""),
        ("560", "Yes", "G", "QUEBEC", "CANADA", "02-Dec-2026", "418", ""),
    ]
    before = table.read_text("ascii").splitlines()
    assert renew(report(tmp_path, *new), table) == 0
    after = table.read_text("ascii").splitlines()
    assert set(after) - set(before) == {
        "# as of: 2026-12-15",
        "237,US,MI,America/New_York,2026-12-01,",
        next(line for line in after if line.startswith("560,CA,QC,America/")),
    }
    assert len(set(before) - set(after)) == 1  # the day


@pytest.mark.parametrize(
    ("more", "without", "said"),
    [
        (("237", "Yes", "G", "MI", "US", "01-Dec-2026", "", ""), "", "237 is new: MI, US"),
        (("237", "Yes", "G", "OH", "US", "01-Dec-2026", "313", ""), "", "237 is new: OH, US"),
        ((), "679", "679 is gone"),
    ],
)
def test_what_the_table_cannot_tell_is_left_to_a_person(
    more: tuple[str, ...],
    without: str,
    said: str,
    tmp_path: Path,
    table: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = table.read_bytes()
    assert renew(report(tmp_path, *((more,) if more else ()), without=without), table) == 1
    assert capsys.readouterr().err == f"{said}\n"
    assert table.read_bytes() == before
