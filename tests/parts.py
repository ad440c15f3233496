"""The real processes of a dispatcher, each by itself: Celery workers, beats, the web process. They can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from dispatcher.ledger.ledger import Ledger
from dispatcher.queues import QUEUES, SERVICES
from dispatcher.stack.services import beat_arguments

REPOSITORY = Path(__file__).parent.parent


class Parts:
    """Starts processes under one environment; `app` is the Celery application that they load."""

    def __init__(self, folder: Path, *, app: str = "tasks.app", **settings: object) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
        given = {f"MMS_{name.upper()}": str(value) for name, value in settings.items()}
        self._environment = {**own, "MMS_DATA_DIR": str(folder), "MMS_SIMULATE": "1", **given}
        self._folder, self._app = folder, app
        self._processes: list[subprocess.Popen[bytes]] = []

    def worker(self, queue: str) -> subprocess.Popen[bytes]:
        """A worker of this queue, as Celery's own command starts it."""
        name = f"{queue}{len(self._processes)}"
        [kind] = (each for each in QUEUES if each.name == queue)
        return self._celery(
            name,
            "-m",
            "celery",
            "-A",
            "tasks.app",
            "worker",
            f"--queues={queue}",
            f"--hostname={name}@here",
            f"--pool={kind.pool}",
            f"--concurrency={kind.at_once or 2}",
            *(["-E"] if kind.shown else []),
            "--without-gossip",
            "--without-mingle",
        )

    def helper(self) -> subprocess.Popen[bytes]:
        """The workers that share a process, as `mms up` starts them; the application is a command, too."""
        return self._start("helper", sys.executable, "-m", self._app, *SERVICES["helper"])

    def beat(self) -> subprocess.Popen[bytes]:
        """A beat with a memory of its own."""
        name = f"beat{len(self._processes)}"
        return self._celery(name, *beat_arguments(self._folder / name))

    def web(self) -> subprocess.Popen[bytes]:
        """Console, API and callback receiver."""
        return self._start("web", sys.executable, "-m", "dispatcher.web")

    def await_workers(self, ledger: Ledger, queues: set[str], seconds: float = 60) -> None:
        """Return when workers of all these queues have given a sign of life."""
        deadline = time.monotonic() + seconds
        while not queues <= {name for facts in ledger.agenda.workers().values() for name in facts["queues"]}:
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    @property
    def environment(self) -> dict[str, str]:
        """What each is started under."""
        return dict(self._environment)

    @property
    def processes(self) -> list[subprocess.Popen[bytes]]:
        """All that were started, in this order."""
        return list(self._processes)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL to the process and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)

    def end(self) -> None:
        """Leave nothing behind."""
        for process in self._processes:
            self.kill(process)

    def said(self) -> str:
        """The ends of all logs."""
        logs = sorted(self._folder.glob("*.log"))
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-500:]}" for log in logs)

    def _celery(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        changed = [self._app if word == "tasks.app" else word for word in arguments]
        return self._start(name, sys.executable, *changed)

    def _start(self, name: str, *argv: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                argv,
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)
        return process
