"""The processes of a dispatcher, each of which runs one version and may be replaced by the other's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType

from dispatcher.ledger.ledger import Ledger
from dispatcher.stack.addresses import answers_ready
from tests.upgrade.trees import Tree

#: How long a busy machine may take to start one, or to end it.
PATIENCE_SECONDS = 120.0
_WORKER = ("-m", "tasks.worker")
#: All of them by name, in the order in which they are replaced: what follows `python`.
PROCESSES: Mapping[str, tuple[str, ...]] = {
    "control": (*_WORKER, "control", "--hostname=control@%h", "--beat"),
    "expand": (*_WORKER, "expand", "--hostname=expand@%h"),
    "ingest": (*_WORKER, "ingest", "--hostname=ingest@%h"),
    "send-1": (*_WORKER, "send", "--hostname=send-1@%h"),
    "look": (*_WORKER, "look", "--hostname=look@%h"),
    "send-2": (*_WORKER, "send", "--hostname=send-2@%h"),
    "web": ("-m", "dispatcher.web"),
}


class Fleet:
    """A context manager: leaving it ends all of them. `settings` are the variables of every process."""

    def __init__(self, folder: Path, settings: Mapping[str, str], ledger: Ledger) -> None:
        self._folder = folder
        self._settings = settings
        self._ledger = ledger
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Fleet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_SECONDS)

    def start(self, name: str, tree: Tree) -> None:
        """Start this one in that version."""
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, *PROCESSES[name]],
                cwd=tree.folder,
                env=tree.environment(self._settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def replace(self, name: str, tree: Tree) -> int:
        """SIGTERM, and that version's in its place as soon as it has ended; the status that it ended with."""
        self._processes[name].terminate()
        status = self._processes[name].wait(PATIENCE_SECONDS)
        self.start(name, tree)
        self.await_work(name)
        return status

    def await_work(self, *names: str) -> None:
        """Return when these work; all without a name.

        Raises:
            TimeoutError, RuntimeError: one does not, or has ended by itself.
        """
        for name in names or tuple(self._processes):
            wait(partial(self._works, name), name)

    def ended(self) -> dict[str, int]:
        """Those that have ended by themselves, and their status."""
        return {
            name: status
            for name, process in self._processes.items()
            if (status := process.poll()) is not None
        }

    def said(self, name: str) -> str:
        """The end of its log."""
        return (self._folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def tracebacks(self) -> dict[str, int]:
        """How many there are in whose log."""
        logs = {name: (self._folder / f"{name}.log").read_text(errors="replace") for name in self._processes}
        return {
            name: text.count("Traceback (most") for name, text in logs.items() if "Traceback (most" in text
        }

    def _works(self, name: str) -> bool:
        process = self._processes[name]
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode}: {self.said(name)}")
        if name == "web":
            return answers_ready(f"http://127.0.0.1:{self._settings['MMS_WEB_PORT']}")
        return any(facts["pid"] == process.pid for facts in self._ledger.agenda.workers().values())


def wait(happened: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Return when it happened.

    Raises:
        TimeoutError: not in this time.
    """
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not after {seconds:.0f} s: {what}")
        time.sleep(0.1)
