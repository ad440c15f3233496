"""Time zones come from the locked package in every process, whatever files the machine has."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dispatcher.errors import InputError
from dispatcher.host import zone_data
from dispatcher.pipeline.health._time_zone_age import old_data
from dispatcher.roster._timezones import read_timezone
from dispatcher.roster.rejections import RowError
from dispatcher.rules.cap_days import day_boundaries
from dispatcher.rules.recurrence import parse_recurrence
from dispatcher.rules.times import parse_moment

#: What `mms`, the web process, workers, beat, Flower, the simulator and its callbacks import when they start.
ENTRIES = (
    "dispatcher.cli.main",
    "dispatcher.web.__main__",
    "tasks.app",
    "celeryconfig",
    "dispatcher.simulator.__main__",
)
NO_PLACES = (
    "EST",
    "est",
    "MST",
    "HST",
    "EST5EDT",
    "CST6CDT",
    "GMT+5",
    "Etc/GMT+5",
    "GMT",
    "PST",
    "Etc/GMT-14",
)


def machine_with_old_files(folder: Path) -> dict[str, str]:
    """The environment of a machine on which Vancouver has the clock of Kiritimati."""
    forged = folder / "zoneinfo" / "America" / "Vancouver"
    forged.parent.mkdir(parents=True)
    forged.write_bytes(resources.files("tzdata.zoneinfo.Pacific").joinpath("Kiritimati").read_bytes())
    nobody = "redis://127.0.0.1:1"  # a name only: nothing is asked of it
    return {**os.environ, "PYTHONTZPATH": str(folder / "zoneinfo"), "MMS_REDIS_URL": nobody}


def run(code: str, environment: dict[str, str], top: Path) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, cwd=top, capture_output=True, text=True, check=True)
    return done.stdout.strip()


OFFSET = "from datetime import datetime as d; from zoneinfo import ZoneInfo as Z; "
OFFSET += "print(d(2026, 12, 1, tzinfo=Z('America/Vancouver')).utcoffset())"


@pytest.mark.slow
def test_every_kind_of_process_reads_the_locked_data_and_not_the_machines(
    tmp_path: Path, repository: Path
) -> None:
    old = machine_with_old_files(tmp_path)
    assert run(OFFSET, old, repository) == "14:00:00", "the forgery is not seen without us"
    code = f"import sys, subprocess\nfor name in {ENTRIES!r}:\n"
    code += f"    subprocess.run([sys.executable, '-c', f'import {{name}}; ' + {OFFSET!r}], check=True)\n"
    assert run(code, old, repository).splitlines() == ["-1 day, 17:00:00"] * len(ENTRIES)


def test_a_zone_that_was_read_before_is_read_anew(tmp_path: Path, repository: Path) -> None:
    code = f"from zoneinfo import ZoneInfo; ZoneInfo('America/Vancouver'); import dispatcher; {OFFSET}"
    assert run(code, machine_with_old_files(tmp_path), repository) == "-1 day, 17:00:00"


def test_the_machines_own_clock_is_asked_for_no_local_time(repository: Path) -> None:
    """`astimezone()` and `localtime` read the machine's files through C, out of our reach."""
    local = (
        "astimezone()",
        "localtime",
        "fromtimestamp(at)",
        "datetime.now()",
        "today()",
        "mktime",
        "tzlocal",
    )
    for file in [*repository.glob("dispatcher/**/*.py"), *repository.glob("tasks/*.py")]:
        text = file.read_text("utf-8")
        assert not [word for word in local if word in text], file.name


@pytest.mark.parametrize(
    ("zone", "hours"), [("Vancouver", -7), ("Edmonton", -6), ("Winnipeg", -5), ("Yellowknife", -6)]
)
def test_the_locked_data_know_the_changes_of_2026(zone: str, hours: int) -> None:
    there = datetime(2026, 12, 15, 12, tzinfo=ZoneInfo(f"America/{zone}"))
    assert there.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("name", NO_PLACES)
def test_a_name_that_is_no_places_clock_is_refused_at_every_door_with_the_name_to_use(name: str) -> None:
    with pytest.raises(RowError):
        read_timezone(name)
    for refused in (
        lambda: parse_moment(f"2026-12-01 10:00 {name}"),
        lambda: parse_recurrence(f"mon 09:00 {name}"),
        lambda: parse_recurrence(f"0 9 * * 1 {name}"),
        lambda: day_boundaries(0, name),
    ):
        with pytest.raises(InputError) as why:
            refused()
        assert "write " in why.value.hint
        assert "/" in why.value.hint


def test_the_name_to_use_is_that_of_the_clock_that_was_meant() -> None:
    meant = {
        "EST": "New_York",
        "CST6CDT": "Chicago",
        "HST": "Honolulu",
        "MST": "Phoenix",
        "pst": "Los_Angeles",
    }
    assert all(place in zone_data.name_to_use(name) for name, place in meant.items())


@pytest.mark.parametrize("name", ["America/New_York", "america/new york", "US/Eastern", "UTC", "utc"])
def test_a_places_name_is_taken_however_it_is_written(name: str) -> None:
    assert zone_data.zone_named(name).key in ("America/New_York", "US/Eastern", "UTC")


def test_data_older_than_a_year_are_told() -> None:
    made_ms = int(zone_data.known_since().timestamp() * 1000)
    year_ms = 366 * 86_400_000
    assert old_data(made_ms + 300 * 86_400_000) is None
    said = old_data(made_ms + year_ms)
    assert said is not None
    assert zone_data.VERSION in said


def test_the_datas_age_is_not_younger_than_its_version() -> None:
    assert datetime(int(zone_data.VERSION[:4]), 1, 1, tzinfo=UTC) <= zone_data.known_since()
    assert zone_data.known_since() < datetime(int(zone_data.VERSION[:4]) + 1, 1, 1, tzinfo=UTC)
