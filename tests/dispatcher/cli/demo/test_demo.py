"""`mms demo` as a process: its end, its independence of everything around it, its failures."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatcher.stack.run_directory import published
from tests.stack import MMS, STOP_SECONDS, Terminal, until

pytestmark = pytest.mark.slow

FILE = "phone,first_name\n" + "".join(f"1212555{number:04},Ada\n" for number in range(100, 160))
BAD_ROWS = "not a number,Bob\n12125550100,twice\n"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A folder with a campaign file, and an environment in which nothing of ours would work."""
    hostile = {
        "MMS_REDIS_URL": "redis://127.0.0.1:1/0",
        "MMS_CARRIERX_URL": "http://127.0.0.1:1",
        "MMS_CARRIERX_TOKEN": "a-token",
        "MMS_DATA_DIR": "/proc/none",
        "MMS_WORKERS": "not a number",
        "FLOWER_PORT": "1",
    }
    terminal = Terminal(tmp_path, **hostile)
    (tmp_path / "mms.toml").write_text('account_rate = "1/h"\n')
    (tmp_path / "small.csv").write_text(FILE + BAD_ROWS)
    (tmp_path / "small.toml").write_text('message = "Hi {{first_name}}"\nat = "2099-01-01T10:00:00Z"\n')
    yield terminal
    terminal.end()


def to_type_next(said: str, word: str) -> list[str]:
    """The commands with that word among those that the demo says to type next, as they stand."""
    lines = said.rpartition("\n\n")[2].splitlines()
    return [line.split("    ")[0].strip() for line in lines if word in line]


def test_the_examples_reach_a_final_state_in_under_a_minute_whatever_the_environment_says(
    terminal: Terminal,
) -> None:
    began = time.monotonic()
    answer = terminal.mms("demo")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert time.monotonic() - began < 60
    reports = sorted((terminal.folder / ".mms-demo" / "reports").glob("*.csv"))
    assert len(reports) == 2
    for report in reports:
        assert str(report.relative_to(terminal.folder)) in answer.stdout
    assert terminal.processes() == []
    (check,) = to_type_next(answer.stdout, "campaign check")
    looked = Terminal(terminal.folder).typed(check)
    assert looked.returncode == 0, looked.stdout + looked.stderr


def test_a_file_of_ones_own_is_sent_at_once_and_as_often_as_one_likes(terminal: Terminal) -> None:
    for _ in range(2):
        answer = terminal.mms("demo", "small.csv")
        assert answer.returncode == 0, answer.stdout + answer.stderr
    (report,) = (terminal.folder / ".mms-demo" / "reports").glob("*.csv")
    with report.open(newline="") as lines:
        states = Counter(line["state"] for line in csv.DictReader(lines))
    assert sum(states.values()) == 62
    assert states["invalid"] == states["skipped"] == 1
    assert not set(states) - {"delivered", "failed", "rejected", "skipped", "invalid"}


def test_a_file_that_is_not_there_or_not_sendable_is_refused_before_anything_starts(
    terminal: Terminal,
) -> None:
    missing = terminal.mms("demo", "missing.csv")
    assert missing.returncode == 2
    assert "missing.csv" in missing.stderr
    (terminal.folder / "bad.csv").write_text("phone\nnot a number\n")
    bad = terminal.mms("demo", "bad.csv")
    assert bad.returncode == 2
    assert "bad.csv" in bad.stderr
    assert terminal.processes() == []


def test_with_stay_everything_stays_up_and_a_second_demo_is_refused(terminal: Terminal) -> None:
    said = terminal.folder / "said"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [MMS, "demo", "small.csv", "--stay"],
            cwd=terminal.folder,
            env=terminal.environment,
            stdout=out,
            stderr=out,
        )
    terminal.up_process = process
    until(lambda: "stays up" in said.read_text() or process.poll() is not None, seconds=60)
    assert process.poll() is None, said.read_text()
    stack = published(terminal.folder / ".mms-demo")
    assert stack is not None
    beside = Terminal(terminal.folder)  # the demo does not hear the environment of its terminal; these would
    for line in to_type_next(said.read_text(), "MMS_DATA_DIR="):
        assert (typed := beside.typed(line)).returncode == 0, typed.stdout + typed.stderr
    second = terminal.mms("demo", "small.csv")
    assert second.returncode == 2
    assert str(process.pid) in second.stderr
    process.send_signal(signal.SIGINT)
    assert process.wait(STOP_SECONDS) == 0
    assert terminal.processes() == []


def test_a_demo_that_is_interrupted_says_so_and_leaves_nothing_running(terminal: Terminal) -> None:
    rows = "".join(f"1{area}5550{number},Ada\n" for area in range(212, 220) for number in range(100, 200))
    (terminal.folder / "long.csv").write_text("phone,first_name\n" + rows)
    (terminal.folder / "long.toml").write_text('message = "Hi"\nrate = "1/s"\n')
    process = subprocess.Popen(
        [MMS, "demo", "long.csv"],
        cwd=terminal.folder,
        env={**terminal.environment, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("sending"):
            break
    os.kill(process.pid, signal.SIGTERM)
    said, _ = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert "the demo was stopped before it was done" in said
    assert "mms doctor" not in said
    assert terminal.processes() == []
