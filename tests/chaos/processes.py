"""One part of the stack as a process that can be killed, stopped and started again by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from dispatcher.host.under_way import MARK
from dispatcher.stack.process_registry import record

#: A part that ends by itself is started again after this long, as a supervisor would.
RESTART_SECONDS = 0.5


class Part:
    """A process, leader of its own group. `look_after` starts it when it should run and does not."""

    def __init__(
        self, name: str, argv: tuple[str, ...], environment: Mapping[str, str], folder: Path, mark: str
    ) -> None:
        self.name = name
        self.deaths = 0
        self._argv = argv
        self._environment = {**environment, MARK: mark}
        self._folder = folder
        self._mark = mark
        self._process: subprocess.Popen[bytes] | None = None
        self._back_at = 0.0
        self._ended = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Its process, if it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def look_after(self) -> None:
        """Start it if it is its time; note it if it died."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self._kill_group()
                self._process = None
                self.deaths += 1
                self._back_at = max(self._back_at, time.monotonic() + RESTART_SECONDS)
            if self._process is None and not self._ended and time.monotonic() >= self._back_at:
                self._start()

    def kill(self, back_after: float = RESTART_SECONDS) -> None:
        """SIGKILL to the whole group; it comes back after so many seconds."""
        with self._lock:
            self._back_at = time.monotonic() + back_after
            self._kill_group()
            if self._process is not None:
                self._process.wait()
                self._process = None

    def come_back(self) -> None:
        """What was killed need not wait any longer."""
        self._back_at = 0.0

    def kill_a_child(self, choice: float) -> bool:
        """SIGKILL to one process of its pool; which is `choice` in [0, 1). False: it has none."""
        children = self._children()
        if not children:
            return False
        with suppress(psutil.Error):
            children[int(choice * len(children))].kill()
        return True

    def pause(self) -> bool:
        """SIGSTOP to the whole group; False when it does not run."""
        return self._signal_group(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT to the whole group."""
        self._signal_group(signal.SIGCONT)

    def end(self) -> None:
        """For good."""
        self._ended = True
        self.kill()

    def _start(self) -> None:
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._argv,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        record(self._folder, self.name, self._process.pid, 0, self._mark)

    def _children(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.pid or -1).children() if self.pid else []
        except psutil.Error:
            return []

    def _kill_group(self) -> None:
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> bool:
        if self._process is None:
            return False
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True
