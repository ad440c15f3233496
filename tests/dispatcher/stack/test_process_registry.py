"""Records of started processes: what they are believed, and what they are not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from dispatcher.host.under_way import MARK
from dispatcher.stack import process_registry
from dispatcher.stack.process_registry import (
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


_DRAINS = """
import signal, sys, time
from dispatcher.host.under_way import tell_under_way
def stop(*_):
    tell_under_way(3)
    time.sleep(float(sys.argv[1]))
    tell_under_way(0)
    print("answered", flush=True)
    time.sleep(0.2)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("begun", flush=True)
time.sleep(600)
"""


def draining(
    run: Path, ended: Started, seconds: float, most: float
) -> tuple[subprocess.Popen[bytes], RecordedProcess]:
    """A process that after SIGTERM has messages under way for so long, and is waited for at most that long."""
    mark = f"{run}#1"
    process = subprocess.Popen(
        [sys.executable, "-c", _DRAINS, str(seconds)],
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    ended.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    return process, record(run, "send", process.pid, 0, mark, most)


def test_what_has_messages_under_way_is_waited_for_beyond_its_grace(
    tmp_path: Path, ended: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(process_registry.GRACE_SECONDS, 0, 0.5)
    process, recorded_as = draining(tmp_path, ended, 1.5, most=60)
    heard: list[tuple[int, float]] = []
    end([recorded_as], waiting=lambda messages, seconds: heard.append((messages, seconds)))
    assert process.communicate()[0] == b"answered\n"
    assert process.returncode == 0
    assert {messages for messages, _ in heard} == {3}
    assert 55 < heard[-1][1] < heard[0][1] <= 60


def test_what_has_messages_under_way_for_too_long_is_ended(
    tmp_path: Path, ended: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(process_registry.GRACE_SECONDS, 0, 0.2)
    process, recorded_as = draining(tmp_path, ended, 600, most=1)
    end([recorded_as])
    assert process.wait(timeout=60) == -signal.SIGKILL
    forget(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_second_signal_waits_for_nothing_under_way(tmp_path: Path, ended: Started) -> None:
    process, recorded_as = draining(tmp_path, ended, 600, most=600)
    heard: list[int] = []
    end([recorded_as], waiting=lambda messages, _: heard.append(messages), hurry=lambda: bool(heard))
    assert process.wait(timeout=60) == -signal.SIGKILL
