"""One supervised process: its command, its present life, and when it may live again."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dispatcher.host.under_way import MARK
from dispatcher.stack import _fork
from dispatcher.stack._process_log import ProcessLog
from dispatcher.stack.process_registry import RecordedProcess, record

#: Seconds before a process that died is started again: doubled at every death up to the last ...
FIRST_PAUSE, LAST_PAUSE = 0.5, 10.0
#: ... and back at the first once it lived this long.
HEALTHY_SECONDS = 30.0
#: A process that never worked is given up after so many deaths; one that did is started again for ever.
DEATHS_MAX = 5

Child = subprocess.Popen[bytes] | _fork.Fork


@dataclass(frozen=True)
class Service:
    """What to run: a name, a command line (seen by every user of the machine: no secrets), and its
    environment.

    `wave` orders the stop: 0 first, 1 then, 2 last; what has messages under way then is waited for `drain_seconds` at
    most. `forked`: the command is `python -m MODULE …`, and a fork of the
    supervisor may run it.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False, default_factory=dict)
    wave: int = 0
    forked: bool = False
    drain_seconds: float = 0.0


class ServiceProcess:
    """A service, started as often as needed."""

    def __init__(self, service: Service, *, run: Path, logs: Path, mark: str) -> None:
        self.service = service
        self.log = ProcessLog(logs, service.name)
        self.deaths = 0
        self.due: float | None = None
        self.worked = False
        self._run = run
        self._mark = mark
        self._process: Child | None = None
        self._recorded: RecordedProcess | None = None
        self._born = 0.0

    def start(self) -> None:
        """Start it, as leader of a session of its own, its output filed.

        Raises:
            OSError: the command cannot be run.
        """
        self.due = None
        output = self.log.open()
        try:
            self._process = begin(self.service, self._mark, output)
        finally:
            os.close(output)
        self._born = time.monotonic()
        service, pid = self.service, self._process.pid
        self._recorded = record(self._run, service.name, pid, service.wave, self._mark, service.drain_seconds)

    @property
    def recorded(self) -> RecordedProcess | None:
        """How others know its latest life; None before the first."""
        return self._recorded

    def runs(self) -> bool:
        """Whether it is alive."""
        return self._process is not None and self._process.poll() is None

    def collect_exit(self) -> tuple[int, float] | None:
        """If it died since the last look: its exit status and age in seconds; its group is ended too."""
        if self._process is None:
            return None
        if self._recorded is not None and not self._recorded.runs():
            self._recorded.kill_group()
        status = self._process.poll()
        if status is None:
            return None
        self._process = None
        age = time.monotonic() - self._born
        if age >= HEALTHY_SECONDS:
            self.deaths, self.worked = 0, True
        self.postpone()
        return status, age

    @property
    def hopeless(self) -> bool:
        """Whether it died too often without ever having worked: it cannot, on this machine as it is."""
        return not self.worked and self.deaths >= DEATHS_MAX

    def postpone(self) -> None:
        """Count a death, and wait accordingly before the next life."""
        self.deaths += 1
        self.due = time.monotonic() + pause_seconds(self.deaths)

    def reap(self) -> None:
        """Take note of an end that was wanted."""
        if self._process is not None:
            self._process.wait()
            self._process = None


def begin(service: Service, mark: str, output: int) -> Child:
    """Start it with that mark and output: in a fork if it may be one and that is possible here.

    Raises:
        OSError: the command cannot be run.
    """
    environment = {**service.environment, MARK: mark}
    shown = f"{MARK}={mark}"
    if service.forked and _fork.possible(shown):
        return _fork.Fork(service.name, service.argv[2:], environment, shown, output)
    return subprocess.Popen(  # noqa: S603  our own commands
        service.argv,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def pause_seconds(deaths: int) -> float:
    """How long to wait after that many deaths in a row."""
    return float(min(FIRST_PAUSE * 2 ** max(0, deaths - 1), LAST_PAUSE))
