"""The supervisor with real processes: lives, deaths, stops, and what a SIGKILL leaves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dispatcher.host.under_way import MARK
from dispatcher.stack import process_registry
from dispatcher.stack._process import DEATHS_MAX, LAST_PAUSE, Service, ServiceProcess, pause_seconds
from tests.stack import PATIENCE_SECONDS, until

Start = Callable[..., "Supervised"]


class Supervised:
    """A supervisor process and what its parts noted."""

    def __init__(self, folder: Path, parts: tuple[str, ...]) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "tests.dispatcher.stack.supervise", str(folder), *parts]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )

    def notes(self, word: str) -> list[int]:
        """The pids noted with that word, in order."""
        file = self.folder / "notes"
        lines = file.read_text().splitlines() if file.exists() else []
        return [int(line.split()[1]) for line in lines if line.split()[0] == word]

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; exit status and all that was said."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, said

    def survivors(self) -> list[int]:
        """Pids of processes that carry this folder's mark."""
        return [
            process.pid
            for process in psutil.process_iter()
            if mark_of(process).startswith(f"{self.folder / 'run'}#")
        ]


def mark_of(process: psutil.Process) -> str:
    try:
        return process.environ().get(MARK, "")
    except psutil.Error:
        return ""


@pytest.fixture(params=["", ",forked"], ids=["processes", "forks"])
def start(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Start]:
    """Start a supervisor with parts given as NAME:WAVE:MANNERS; nothing survives the test."""
    started: list[Supervised] = []

    def begin(*parts: str) -> Supervised:
        started.append(Supervised(tmp_path, tuple(f"{part}{request.param}" for part in parts)))
        return started[-1]

    yield begin
    for each in started:
        each.process.kill()
        each.process.communicate()
    process_registry.end_leftovers(tmp_path / "run")


def test_sigterm_ends_every_part_and_answers_status_0(start: Start) -> None:
    supervised = start("one:0:", "two:0:pool", "store:2:")
    until(lambda: len(supervised.notes("start")) == 3)
    status, _ = supervised.stop()
    assert status == 0
    assert supervised.survivors() == []


@pytest.mark.slow
def test_the_store_ends_after_all_others_have_ended(start: Start) -> None:
    supervised = start("store:2:", "worker:0:", "simulator:1:")
    until(lambda: len(supervised.notes("start")) == 3)
    by_name = {one.name: one.pid for one in process_registry.recorded(supervised.folder / "run")}
    supervised.stop(signal.SIGINT)
    assert supervised.notes("end") == [by_name["worker"], by_name["simulator"], by_name["store"]]


@pytest.mark.slow
def test_a_part_that_ignores_sigterm_is_killed_with_its_group_in_under_15_seconds(start: Start) -> None:
    supervised = start("deaf:0:stubborn,pool", "store:2:stubborn")
    until(lambda: len(supervised.notes("start")) == 2 and supervised.notes("pool"))
    status, _ = supervised.stop()
    assert status == 0
    assert sum(process_registry.GRACE_SECONDS.values()) < 15, (
        "no part waits for longer than its time of grace"
    )
    assert supervised.survivors() == []


@pytest.mark.slow
def test_a_second_signal_ends_everything_at_once(start: Start) -> None:
    supervised = start("deaf:0:stubborn,pool", "store:2:stubborn")
    until(lambda: len(supervised.notes("start")) == 2)
    began = time.monotonic()
    supervised.process.send_signal(signal.SIGINT)
    until(lambda: supervised.notes("asked"))
    supervised.stop(signal.SIGINT)
    assert time.monotonic() - began < process_registry.GRACE_SECONDS[0]
    assert supervised.survivors() == []


@pytest.mark.slow
def test_a_part_that_is_killed_is_started_again_and_its_pool_is_gone(start: Start) -> None:
    supervised = start("worker:0:pool")
    first = until(lambda: supervised.notes("start"))[0]
    pool = until(lambda: supervised.notes("pool"))[0]
    os.kill(first, signal.SIGKILL)
    until(lambda: len(supervised.notes("start")) == 2)
    assert not psutil.pid_exists(pool) or psutil.Process(pool).status() == psutil.STATUS_ZOMBIE
    _, said = supervised.stop()
    assert "worker ended with SIGKILL" in said


@pytest.mark.slow
def test_a_part_that_dies_at_once_is_started_again_more_and_more_slowly(start: Start) -> None:
    supervised = start("broken:0:dies")
    until(lambda: len(supervised.notes("start")) == 3)
    _, said = supervised.stop()
    assert "broken ended with status 3" in said
    assert "here are my last words" in said
    assert [pause_seconds(deaths) for deaths in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 4.0]
    assert pause_seconds(1000) == LAST_PAUSE


@pytest.mark.slow
def test_a_part_that_never_lives_is_given_up_with_its_last_words(start: Start, tmp_path: Path) -> None:
    supervised = start("store:2:", "broken:0:dies")
    said, _ = supervised.process.communicate(timeout=PATIENCE_SECONDS)
    assert supervised.process.returncode == 1
    assert len([line for line in said.splitlines() if line.startswith("broken ended")]) == DEATHS_MAX
    end = said.split("given up: ")[1]
    assert f"broken cannot run here: it ended {DEATHS_MAX} times" in end
    assert "here are my last words" in end
    assert supervised.notes("end"), "the other parts were ended in order"
    assert supervised.survivors() == []


def test_a_part_that_worked_before_is_never_given_up(tmp_path: Path) -> None:
    process = ServiceProcess(Service("web", ("none",)), run=tmp_path, logs=tmp_path, mark="")
    for _ in range(DEATHS_MAX):
        process.postpone()
    assert process.hopeless
    process.worked = True
    assert not process.hopeless


@pytest.mark.slow
def test_when_the_supervisor_is_killed_its_watchdog_ends_the_parts_in_order(start: Start) -> None:
    supervised = start("store:2:", "worker:0:", "other:0:")
    until(lambda: len(supervised.notes("start")) == 3)
    by_name = {one.name: one.pid for one in process_registry.recorded(supervised.folder / "run")}
    supervised.process.kill()
    until(lambda: supervised.survivors() == [] or None)
    assert supervised.notes("end")[-1] == by_name["store"]


@pytest.mark.slow
def test_the_next_start_ends_what_a_killed_supervisor_and_watchdog_left(start: Start) -> None:
    first = start("store:2:", "worker:0:pool")
    until(lambda: len(first.notes("start")) == 2 and first.notes("pool"))
    left = first.survivors()
    watchdog = {one.name: one.pid for one in process_registry.recorded(first.folder / "run")}["watchdog"]
    os.kill(watchdog, signal.SIGSTOP)
    first.process.kill()
    first.process.wait()
    os.kill(watchdog, signal.SIGKILL)
    second = start("store:2:")
    until(lambda: len(second.notes("start")) == 3)
    assert not set(left) & set(second.survivors())
    status, said = second.stop()
    assert status == 0
    assert "ended what an earlier" in said


@pytest.mark.slow
def test_a_second_start_for_the_same_folder_says_who_holds_it(start: Start) -> None:
    first = start("one:0:")
    until(lambda: first.notes("start"))
    said, _ = start("two:0:").process.communicate(timeout=PATIENCE_SECONDS)
    assert f"already runs for {first.folder}: process {first.process.pid}" in said
    assert len(first.notes("start")) == 1


def test_a_part_whose_command_is_not_there_does_not_stop_the_others(start: Start, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "bad.log").mkdir()  # its output cannot be filed
    supervised = start("bad:0:", "good:0:")
    until(lambda: supervised.notes("start"))
    status, said = supervised.stop()
    assert status == 0
    assert "bad cannot be started" in said


@pytest.mark.parametrize("start", [",forked"], indirect=True)
def test_a_fork_shows_its_name_and_mark_and_nothing_of_its_parents_environment(start: Start) -> None:
    supervised = start("one:0:pool")
    pids = [*until(lambda: supervised.notes("start")), *until(lambda: supervised.notes("pool"))]
    for process in map(psutil.Process, pids):
        assert [word for word in process.cmdline() if word] == ["mms-one"]
        assert process.environ() == {MARK: f"{supervised.folder / 'run'}#{supervised.process.pid}"}
    supervised.stop()


@pytest.mark.parametrize("start", [",forked"], indirect=True)
def test_a_fork_has_the_environment_of_its_service_and_no_file_of_its_parent(start: Start) -> None:
    supervised = start("one:0:tells")
    told = until(lambda: supervised.notes("start")) and (supervised.folder / "notes").read_text()
    assert "PART=one" in told
    assert "files 0 1 2\n" in told
    supervised.stop()


def test_the_output_of_a_part_is_filed_for_its_owner_only(start: Start) -> None:
    supervised = start("one:0:")
    log = supervised.folder / "logs" / "one.log"
    until(lambda: log.exists() and "my last words" in log.read_text())
    assert log.stat().st_mode & 0o777 == 0o600
    supervised.stop()


def test_a_service_manager_hears_that_it_starts_and_that_it_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(PATIENCE_SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        (tmp_path / "data").mkdir()
        supervised = Supervised(tmp_path / "data", ("one:0:",))
        try:
            until(lambda: supervised.notes("start"))
            supervised.stop()
            said = [heard.recv(1000).decode() for _ in range(2)]
        finally:
            supervised.process.kill()
    assert [word.partition("STATUS=")[2] for word in said] == ["starting", "stopping"]
    assert said[0].startswith("EXTEND_TIMEOUT_USEC=")
    assert said[1].startswith("STOPPING=1\n")
