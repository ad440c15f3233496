"""Writes something new into every server that takes it, several times a second: by that its files can be told apart.

What is written says when; a cut-off primary has marks that no other server has.
"""

from __future__ import annotations

import threading
import uuid
from contextlib import suppress
from types import TracebackType
from typing import Any

import redis

from tests.cluster.servers import PORT

EVERY_SECONDS = 0.2
KEY = "kit:mark"


class Marks:
    """A context manager. `addresses` are the servers' own; replicas, and primaries that stand alone, refuse."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._mark, args=(address,), name=f"marks {host}", daemon=True)
            for host, address in addresses.items()
        ]

    def __enter__(self) -> Marks:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(5)

    def _mark(self, address: str) -> None:
        server: Any = redis.Redis(address, PORT, socket_timeout=0.5, socket_connect_timeout=0.5)
        while not self._over.wait(EVERY_SECONDS):
            with suppress(redis.RedisError):
                server.set(KEY, uuid.uuid4().hex)
