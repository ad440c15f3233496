"""Start processes, start again those that die, end all of them in order.

One thread, one loop. `step` looks after the processes once; whoever waits for something calls it while
waiting. SIGTERM, SIGINT and SIGHUP ask for the stop; a second one makes it a hard one. A watchdog ends
everything should this process be killed; what even that leaves, the next start ends by the records in the run
directory.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType

from dispatcher.errors import ServiceFailed
from dispatcher.host.private_files import private_folder
from dispatcher.host.service_manager import ask_for_time, tell_service_manager
from dispatcher.host.under_way import MARK
from dispatcher.stack import process_registry
from dispatcher.stack._process import Service, ServiceProcess
from dispatcher.stack._watchdog import GOODBYE

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_Handler = Callable[[int, FrameType | None], object] | int | signal.Handlers | None

#: A death wakes by its signal; this is for what has none.
LOOK_SECONDS = 5.0
ROTATE_SECONDS = 2.0
#: An end that waits for answers says so after this, and again.
QUIET_DRAIN_SECONDS, SAY_DRAIN_SECONDS = 1.5, 10.0


class Supervisor:
    """Services of one data folder and their lives. A context manager: leaving it ends every service.

    `say` gets the few lines that a person should see.
    """

    def __init__(self, *, run: Path, logs: Path, say: Callable[[str], None]) -> None:
        self._run = run
        self._logs = private_folder(logs)
        self._say = say
        self._mark = f"{run}#{os.getpid()}"
        self._processes: dict[str, ServiceProcess] = {}
        self._stops = 0
        self._rotated = self._asked_for_time = 0.0
        self._ready = False
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._earlier_handlers: dict[int, _Handler] = {}
        self._earlier_wakeup = -1
        self._wake_read, self._wake_write = os.pipe()

    def __enter__(self) -> Supervisor:
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._earlier_wakeup = signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            self._earlier_handlers[number] = signal.signal(number, self._on_stop)
        self._earlier_handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        ended = process_registry.end_leftovers(self._run)
        if ended:
            self._say(f"ended what an earlier start had left running ({ended} processes)")
        self._watch_over()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        signal.set_wakeup_fd(self._earlier_wakeup)
        for number, handler in self._earlier_handlers.items():
            signal.signal(number, handler)
        os.close(self._wake_read)
        os.close(self._wake_write)

    @property
    def stopping(self) -> bool:
        """Whether a signal asked for the end."""
        return self._stops > 0

    @property
    def hurried(self) -> bool:
        """Whether a second signal asked for a hard end."""
        return self._stops > 1

    def tell_ready(self) -> None:
        """Everything works: whoever started this may go on."""
        self._ready = True
        tell_service_manager("READY=1", "STATUS=ready")

    def ask_to_stop(self) -> None:
        """The same as a first SIGTERM; any thread may call it."""
        self._stops = max(self._stops, 1)
        with suppress(OSError):
            os.write(self._wake_write, b".")

    def start(self, service: Service) -> None:
        """Start a service and look after it from now on."""
        process = ServiceProcess(service, run=self._run, logs=self._logs, mark=self._mark)
        self._processes[service.name] = process
        self._start(process)

    def deaths(self, name: str) -> int:
        """How often that service died in a row; 0 while its first life lasts."""
        return self._processes[name].deaths

    def worked(self, name: str) -> None:
        """That service did its work in its present life: from now on it is never given up."""
        self._processes[name].worked = True

    def pid(self, name: str) -> int | None:
        """The process of that service in its present or latest life."""
        recorded = self._processes[name].recorded
        return recorded.pid if recorded is not None else None

    def last_words(self, name: str) -> str:
        """The end of that service's output."""
        return self._processes[name].log.last_words()

    def wait_until(self, happened: Callable[[], bool], *, timeout_seconds: float) -> bool:
        """Look after the processes until that happened, the time is up, or the end is asked for."""
        deadline = time.monotonic() + timeout_seconds
        while not self.stopping:
            if happened():
                return True
            if time.monotonic() >= deadline:
                return False
            self.step(0.05)
        return False

    def run(self) -> None:
        """Look after the processes until the end is asked for.

        Raises:
            ServiceFailed: one ends at once whenever it is started, and never worked.
        """
        while not self.stopping:
            self.step(self._quiet_seconds())

    def _quiet_seconds(self) -> float:
        """Until a dead process is to be started again; a death itself wakes us by its signal."""
        dues = [
            process.due - time.monotonic() for process in self._processes.values() if process.due is not None
        ]
        return max(0.0, min([LOOK_SECONDS, *dues]))

    def step(self, seconds: float) -> None:
        """Wait at most so long for something to happen, then look after every process once."""
        select.select([self._wake_read], [], [], seconds)
        self._drain()
        self._take_time()
        if self.stopping:
            return
        for process in self._processes.values():
            self._look_after(process)
        if self._watchdog is None or self._watchdog.poll() is not None:
            self._watch_over()
        if time.monotonic() - self._rotated > ROTATE_SECONDS:
            self._rotated = time.monotonic()
            for process in self._processes.values():
                process.log.rotate()

    def _take_time(self) -> None:
        """A start that waits, for a store for instance, has not failed."""
        if not self._ready and time.monotonic() - self._asked_for_time > LOOK_SECONDS:
            self._asked_for_time = time.monotonic()
            ask_for_time("starting")

    def end(self) -> None:
        """End all services, wave by wave; nothing of them is left."""
        tell_service_manager("STOPPING=1", "STATUS=stopping")
        services = [process.recorded for process in self._processes.values() if process.recorded is not None]
        notice = _DrainNotice(self._say)
        process_registry.end(services, hurry=lambda: self.hurried, waiting=notice.waiting)
        for process in self._processes.values():
            process.reap()
        self._dismiss_watchdog()
        process_registry.kill_marked(lambda mark: mark == self._mark)
        process_registry.forget(self._run)

    def _look_after(self, process: ServiceProcess) -> None:
        death = process.collect_exit()
        if death is not None:
            self._report(process, *death)
        if process.hopeless:
            raise _given_up(process)
        if process.due is not None and time.monotonic() >= process.due:
            self._start(process)

    def _start(self, process: ServiceProcess) -> None:
        try:
            process.start()
        except OSError as error:
            process.postpone()
            self._say(f"{process.service.name} cannot be started: {error.strerror}; tried again soon")

    def _report(self, process: ServiceProcess, status: int, age_seconds: float) -> None:
        ending = f"status {status}" if status >= 0 else signal.Signals(-status).name
        then = "" if process.hopeless else "; starting it again"
        self._say(f"{process.service.name} ended with {ending} after {age_seconds:.1f} s{then}")
        if process.deaths == 1 or process.deaths % 10 == 0:
            for line in process.log.last_words().splitlines():
                self._say(f"  {line}")
            self._say(f"  (all of it: {process.log.path})")

    def _watch_over(self) -> None:
        self._watchdog = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-m", "dispatcher.stack._watchdog", str(self._run)],
            env={**os.environ, MARK: self._mark},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wave = process_registry.WATCHDOG_WAVE
        process_registry.record(self._run, "watchdog", self._watchdog.pid, wave, self._mark)

    def _dismiss_watchdog(self) -> None:
        if self._watchdog is None or self._watchdog.stdin is None:
            return
        with suppress(OSError):
            self._watchdog.stdin.write(GOODBYE)
            self._watchdog.stdin.close()
        try:
            self._watchdog.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._watchdog.kill()
            self._watchdog.wait()

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self._stops += 1

    def _drain(self) -> None:
        try:
            while os.read(self._wake_read, 512):
                pass
        except BlockingIOError:
            return


class _DrainNotice:
    """Says that an end takes longer, and what for: at first, and now and then."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._next = time.monotonic() + QUIET_DRAIN_SECONDS

    def waiting(self, messages: int, seconds: float) -> None:
        """So many messages are under way, and are waited for so long at most."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + SAY_DRAIN_SECONDS
            ask_for_time(f"waiting for the answers of {messages} messages under way")
            self._say(
                f"waiting for the answers of {messages} messages under way, at most {seconds:.0f} s; a second signal "
                "ends it at once, and they are looked for at CarrierX later"
            )


def _given_up(process: ServiceProcess) -> ServiceFailed:
    words = process.log.last_words() or "it said nothing"
    return ServiceFailed(
        f"{process.service.name} cannot run here: it ended {process.deaths} times, each time soon after its start",
        hint=f"its last words:\n{words}\n(all of it: {process.log.path})",
    )
