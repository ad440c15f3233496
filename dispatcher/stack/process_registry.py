"""Processes that a supervisor started, known by what it wrote down: find them again, and end them in order.

Each is the leader of a session and process group of its own, so that Ctrl-C in the terminal reaches the
supervisor alone and a whole group (a Celery worker and its pool) can be ended at once. Each carries `MARK` in
its environment, and so do its own children: what escaped the written records is found by that.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from dispatcher.errors import InputError
from dispatcher.host.private_files import write_private
from dispatcher.host.under_way import MARK, forget_under_way, run_directory_of, under_way

#: Seconds that each wave gets between SIGTERM and SIGKILL; together less than 15. Wave 0 is ended first. Who has
#: messages under way gets the time that it says it needs for them.
GRACE_SECONDS = {0: 7.5, 1: 4.5, 2: 2.5}
#: How often it is looked whether they have ended.
_LOOK_SECONDS = 0.05

#: The wave of a watchdog: ended before all others, and without grace.
WATCHDOG_WAVE = -1

#: Two readings of one process's birth differ by less, two processes of one pid by more.
SAME_BIRTH_SECONDS = 2.0

_PREFIX = "part-"


@dataclass(frozen=True)
class RecordedProcess:
    """A started process: its name, pid (which is its group's id too), time of birth, and wave at the stop.

    At the stop it is waited for so many seconds while it says that messages are under way.
    """

    name: str
    pid: int
    created: float
    wave: int
    mark: str
    drain_seconds: float = 0.0

    def leader(self) -> psutil.Process | None:
        """The process itself, a zombie too; None when it is gone, also if its pid is another's by now."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < SAME_BIRTH_SECONDS
            return process if same or _mark_of(process) == self.mark else None
        except psutil.Error:
            return None

    def runs(self) -> bool:
        """Whether it is alive."""
        leader = self.leader()
        try:
            return leader is not None and leader.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def ask_to_end(self) -> None:
        """SIGTERM to the process alone: a worker ends its pool by itself, after the work in hand."""
        if self.leader() is not None:
            _signal(os.kill, self.pid, signal.SIGTERM)

    def kill_group(self) -> None:
        """SIGKILL to the process and all of its group."""
        if self.leader() is not None:
            _signal(os.killpg, self.pid, signal.SIGKILL)


def record(
    run: Path, name: str, pid: int, wave: int, mark: str, drain_seconds: float = 0.0
) -> RecordedProcess:
    """Write a fresh process down, for whoever has to clean up after a crash."""
    try:
        created = psutil.Process(pid).create_time()
    except psutil.Error:
        created = time.time()
    process = RecordedProcess(name, pid, created, wave, mark, drain_seconds)
    with suppress(InputError):  # a full disk: its mark finds it too
        write_private(run / f"{_PREFIX}{name}.json", json.dumps(asdict(process)))
    return process


def recorded(run: Path) -> list[RecordedProcess]:
    """All processes written down in this folder, whether they live or not. A spoilt record is passed over."""
    found = []
    for file in sorted(run.glob(f"{_PREFIX}*.json")):
        try:
            found.append(RecordedProcess(**json.loads(file.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            continue
    return found


def forget(run: Path) -> None:
    """Remove every record."""
    for file in run.glob(f"{_PREFIX}*.json"):
        file.unlink(missing_ok=True)
    forget_under_way(run)


def end(
    processes: Iterable[RecordedProcess],
    *,
    hurry: Callable[[], bool] = lambda: False,
    waiting: Callable[[int, float], None] = lambda _, __: None,
) -> None:
    """End them wave by wave: SIGTERM, a time of grace, SIGKILL to what is left of each group.

    `hurry` is asked all the time; once it says yes, nothing is waited for any more. `waiting` hears how many messages
    are under way, and for how many seconds they are waited for at most.
    """
    everyone = list(processes)
    for wave in sorted({process.wave for process in everyone}):
        members = [process for process in everyone if process.wave == wave]
        for process in members:
            process.ask_to_end()
        _await(members, GRACE_SECONDS.get(wave, 0.0), hurry, waiting)
        for process in members:
            process.kill_group()


def _await(
    members: Iterable[RecordedProcess],
    grace_seconds: float,
    hurry: Callable[[], bool],
    waiting: Callable[[int, float], None],
) -> None:
    """Return when all have ended, or their time is over, which begins when nothing is under way."""
    began = quiet_since = time.monotonic()
    while not hurry():
        alive = [process for process in members if process.runs()]
        now = time.monotonic()
        if not alive or now - quiet_since >= grace_seconds:
            return
        left = max(process.drain_seconds for process in alive) - (now - began)
        messages = _under_way(alive) if left > 0 else 0
        if messages:
            quiet_since = now
            waiting(messages, left)
        time.sleep(_LOOK_SECONDS)


def _under_way(processes: Iterable[RecordedProcess]) -> int:
    runs = {run_directory_of(process.mark) for process in processes if process.drain_seconds}
    return sum(under_way(run) for run in runs if run is not None)


def kill_marked(is_ours: Callable[[str], bool]) -> int:
    """SIGKILL every process of ours whose mark is ours by that test; answers how many there were."""
    killed = 0
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            mark = _mark_of(process)
            if mark is not None and is_ours(mark) and process.status() != psutil.STATUS_ZOMBIE:
                process.kill()
                killed += 1
        except psutil.Error:
            continue
    return killed


def end_leftovers(run: Path) -> int:
    """End what an earlier supervisor of this folder left behind; answers how many of its services still ran."""
    left = [process for process in recorded(run) if process.leader() is not None]
    running = [process for process in left if process.runs() and process.wave != WATCHDOG_WAVE]
    end(left)
    escaped = kill_marked(lambda mark: mark.rpartition("#")[0] == str(run))
    forget(run)
    return len(running) or min(escaped, 1)


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None


def _signal(send: Callable[[int, int], None], pid: int, number: int) -> None:
    try:
        send(pid, number)
    except (ProcessLookupError, PermissionError):
        return
