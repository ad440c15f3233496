"""A Valkey for a benchmark: the embedded one's binary and configuration, in a folder of its own."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

import redis

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.store.embedded import PingAnswer, ask, prepare_embedded


class Store:
    """A running Valkey; use it in a `with`.

    `durable` False turns the append-only file off: for baselines that do not use it, and where nothing but the
    size in memory is measured.
    """

    def __init__(self, *, durable: bool = True) -> None:
        self.durable = durable

    def __enter__(self) -> Store:
        self._folder = tempfile.TemporaryDirectory(prefix="mms-bench-")
        self.folder = self._folder.name
        self._server = prepare_embedded(Path(self.folder))
        self.url = self._server.url
        self._start(10)
        return self

    def _start(self, seconds: float) -> None:
        options = [] if self.durable else ["--appendonly", "no"]
        self._process = subprocess.Popen(
            [*self._server.argv, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.pid = self._process.pid
        deadline = time.monotonic() + seconds
        while ask(self._server) is not PingAnswer.READY:
            if time.monotonic() > deadline:
                raise StoreUnavailable("Valkey does not start")
            time.sleep(0.02)

    def start_again(self) -> None:
        """Kill it and start it on its files; returns when it has read them."""
        self._process.kill()
        self._process.wait(10)
        self._start(600)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(10)
        self._folder.cleanup()


def used_bytes(client: redis.Redis) -> int:
    """Everything the server holds: keys, values, indexes, overheads; without clients' and file buffers."""
    found = client.info("memory")
    return int(found["used_memory"]) - int(found["mem_clients_normal"]) - int(found["mem_aof_buffer"])
