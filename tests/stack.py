"""`mms up` as a person runs it: a process, a folder, a second terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import httpx
import psutil

from dispatcher.simulator.client import SimulatorHandle
from tests.valkey import free_port

MMS = Path(sys.executable).parent / "mms"
CALLBACK_KEY = "callback-key-of-the-tests"
ADMIN_TOKEN = "admin-token-of-the-tests"
#: How long something that is sure to happen may take on a busy machine.
PATIENCE_SECONDS = 60
#: A stack is promised to end in 15 s; a busy machine has twice that.
STOP_SECONDS = 30


def until(
    condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS, what: str = "the condition"
) -> Any:
    """Wait for something that happens in another process; what it answered."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(0.05)
    return answer


class Terminal:
    """A folder and an environment: what a person has in front of them."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.web_port, self.flower_port = free_port(), free_port()
        own = {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
        self.environment = {
            **own,
            "MMS_WEB_PORT": str(self.web_port),
            "MMS_FLOWER_PORT": str(self.flower_port),
            "MMS_CALLBACK_KEY": CALLBACK_KEY,
            "MMS_ADMIN_TOKEN": ADMIN_TOKEN,
            **variables,
        }
        self.up_process: subprocess.Popen[bytes] | None = None
        self._log = folder / "up.log"

    def again(self, **variables: str) -> Terminal:
        """A second terminal in the same folder, with the same environment and these variables."""
        other = copy(self)
        other.environment = self.environment | variables
        other._log, other.up_process = self.folder / "again.log", None
        return other

    @property
    def callback_url(self) -> str:
        """Where a CarrierX on this machine calls back."""
        return f"http://127.0.0.1:{self.web_port}/callbacks/carrierx/{CALLBACK_KEY}"

    def web(self, path: str, **options: Any) -> httpx.Response:
        """GET from the console or API, as admin."""
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        return httpx.get(f"http://127.0.0.1:{self.web_port}{path}", headers=headers, verify=False, **options)

    def mms(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return subprocess.run(
            [str(MMS), *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def typed(self, line: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a line as a person types it into the shell here; `mms` is ours."""
        path = f"{MMS.parent}{os.pathsep}{self.environment.get('PATH', '')}"
        return subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env={**self.environment, "PATH": path},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def up(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start everything and wait until it says that it is ready."""
        self.begin_up(*arguments)
        return self.await_said("ready")

    def begin_up(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start it, and wait for nothing."""
        return self.begin("up", *arguments)

    def begin(self, *command: str) -> subprocess.Popen[bytes]:
        """Start `mms up` or the part of a host, and wait for nothing."""
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                [str(MMS), *command],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        self.up_process = process
        return process

    def await_said(self, words: str) -> subprocess.Popen[bytes]:
        """Wait until what was begun said that."""
        process = self.up_process
        assert process is not None

        def said() -> bool:
            assert process.poll() is None, f"it ended with {process.returncode}:\n{self.said()}"
            return words in self.said()

        until(said, PATIENCE_SECONDS, repr(words))
        return process

    def said(self) -> str:
        """What it printed so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def processes(self) -> list[psutil.Process]:
        """Everything alive that works in this folder, by working folder or data folder."""
        return [process for process in psutil.process_iter() if _belongs(process, str(self.folder))]

    def end(self) -> None:
        """Leave nothing behind, however the test ended."""
        if self.up_process is not None and self.up_process.poll() is None:
            self.up_process.terminate()
            try:
                self.up_process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.up_process.kill()
                self.up_process.wait(PATIENCE_SECONDS)
        for process in self.processes():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue


def _belongs(process: psutil.Process, folder: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.cwd().startswith(folder) or any(folder in part for part in process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def live_terminal(folder: Path, simulator: SimulatorHandle) -> Terminal:
    """A live installation at that CarrierX, with limits out of the way; it looks quickly for what is unconfirmed."""
    return Terminal(
        folder,
        MMS_CARRIERX_URL=simulator.url,
        MMS_CARRIERX_TOKEN=simulator.token,
        MMS_ACCOUNT_RATE="5000/s",
        MMS_SENDER_RATE="5000/s",
        MMS_POLL_RATE="500/s",
        MMS_UNCONFIRMED_WAIT="1",
    )
