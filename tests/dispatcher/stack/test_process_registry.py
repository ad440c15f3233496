"""Records of started processes: what they are believed, and what they are not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from dispatcher.stack.process_registry import (
    MARK,
    RecordedProcess,
    end,
    end_leftovers,
    forget,
    record,
    recorded,
)

Started = list[subprocess.Popen[bytes]]


def sleeper(ended: Started, mark: str = "") -> subprocess.Popen[bytes]:
    """A process that does nothing, in a session of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        env={**os.environ, MARK: mark},
        start_new_session=True,
    )
    ended.append(process)
    return process


def test_a_record_finds_its_process_and_ends_it(tmp_path: Path, ended: Started) -> None:
    process = sleeper(ended)
    record(tmp_path, "web", process.pid, 0, "mark")
    (found,) = recorded(tmp_path)
    assert found.runs()
    end([found])
    assert process.wait(60) < 0
    assert not found.runs()


def test_a_pid_that_belongs_to_another_process_by_now_is_left_alone(tmp_path: Path, ended: Started) -> None:
    stranger = sleeper(ended)
    born = psutil.Process(stranger.pid).create_time()
    earlier = RecordedProcess("web", stranger.pid, born - 1000, 0, f"{tmp_path}#1")
    assert not earlier.runs()
    end([earlier])
    assert stranger.poll() is None


def test_a_process_that_escaped_its_record_is_found_by_its_mark(tmp_path: Path, ended: Started) -> None:
    escaped = sleeper(ended, mark=f"{tmp_path}#1")
    assert end_leftovers(tmp_path) == 1
    assert escaped.wait(60) < 0


def test_the_processes_of_another_folder_are_left_alone(tmp_path: Path, ended: Started) -> None:
    other = sleeper(ended, mark=f"{tmp_path}-too#1")
    assert end_leftovers(tmp_path) == 0
    assert other.poll() is None


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"pid": 1}'])
def test_a_spoilt_record_is_passed_over_and_forgotten(tmp_path: Path, text: str) -> None:
    (tmp_path / "part-web.json").write_text(text)
    assert recorded(tmp_path) == []
    forget(tmp_path)
    assert list(tmp_path.iterdir()) == []
