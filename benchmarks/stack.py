"""`mms up` as a person runs it, in a folder of its own, with the sink in CarrierX's place and no limit in force."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from benchmarks.meter import tree
from dispatcher.host.ports import LOOPBACK, remembered_port
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.address import embedded_url
from dispatcher.ledger.store.connection import client
from dispatcher.settings import Settings, load_settings

MMS = Path(sys.executable).parent / "mms"
KEY = "callback-key-of-the-benchmark"
SECRET = "secret-of-the-benchmark"  # noqa: S105  of a ledger that lives for minutes
#: So high that no limit binds.
NO_LIMIT = "1000000/s"
READY_SECONDS = 120


class Stack:
    """A running `mms up`; use it in a `with`."""

    def __init__(self, carrierx_url: str, *, workers: int = 2, in_flight: int | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mms-bench-")
        folder = Path(self._folder.name)
        self.web_port, flower_port = (remembered_port(folder / name) for name in ("web", "flower"))
        ours = {
            "MMS_CARRIERX_URL": carrierx_url,
            "MMS_CARRIERX_TOKEN": "token-of-the-benchmark",
            "MMS_PUBLIC_URL": f"http://{LOOPBACK}:{self.web_port}",
            "MMS_CALLBACK_KEY": KEY,
            "MMS_SECRET": SECRET,
            "MMS_ADMIN_TOKEN": "admin-token-of-the-benchmark",
            "MMS_DATA_DIR": str(folder / "data"),
            "MMS_WEB_PORT": str(self.web_port),
            "MMS_FLOWER_PORT": str(flower_port),
            "MMS_ACCOUNT_RATE": NO_LIMIT,
            "MMS_SENDER_RATE": NO_LIMIT,
            "MMS_WORKERS": str(workers),
            "MMS_LOG_LEVEL": "WARNING",
            **({"MMS_IN_FLIGHT": str(in_flight)} if in_flight else {}),
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
        self._environment = {**others, **ours}
        self._settings = ours
        self._log = folder / "up.log"

    def __enter__(self) -> Self:
        begun = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(MMS), "up"],
                cwd=self._folder.name,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + READY_SECONDS
        while b"ready" not in self._log.read_bytes():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"mms up does not start:\n{self._log.read_text()}")
            time.sleep(0.02)
        self.ready_seconds = time.monotonic() - begun
        self.config = _settings(self._settings)
        self.redis_url = embedded_url(self.config.data_dir) or ""
        self.ledger = Ledger(client(self.redis_url))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.ledger.redis.close()
        started = tree(self._process.pid)
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        for process in psutil.wait_procs(started, timeout=5)[1]:
            process.kill()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """Of `mms up`, above all its processes."""
        return self._process.pid

    @property
    def store_pid(self) -> int:
        """Of its Valkey."""
        return next(process.pid for process in tree(self.pid) if "valkey" in process.name())

    @property
    def callback_path(self) -> str:
        """The path of the callback receiver."""
        return f"/callbacks/carrierx/{KEY}"


def _settings(variables: dict[str, str]) -> Settings:
    """The stack's settings, for what the benchmark itself does with the ledger."""
    return load_settings(**{name.removeprefix("MMS_").lower(): value for name, value in variables.items()})
