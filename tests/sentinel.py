"""A primary, replicas and Sentinels that watch over them: real processes on free ports."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import redis

from tests.tls import tls_in_front_of
from tests.valkey import ValkeyServer, free_port, running_valkey, server_binary

NAME = "mymaster"
#: A replica need not wait for others that may come.
_AT_ONCE = ("--repl-diskless-sync-delay", "0")


class SentinelProcess:
    """One Sentinel, with its file in a folder of its own."""

    def __init__(self, folder: Path, lines: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._file = folder / "sentinel.conf"
        self._file.write_text("\n".join([f"port {self.port}", "bind 127.0.0.1", f"dir {folder}", *lines, ""]))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it answers a moment later."""
        command = [str(server_binary()), str(self._file), "--sentinel"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        """End it as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=60)

    def knows(self, replicas: int, others: int, password: str | None = None) -> bool:
        """Whether it has found so many replicas and other Sentinels."""
        try:
            with self.client(password=password) as asked:
                told: Any = asked.execute_command("SENTINEL", "MASTER", NAME)
        except redis.RedisError:
            return False
        told = told if isinstance(told, dict) else dict(zip(told[::2], told[1::2], strict=True))
        return (int(told["num-slaves"]), int(told["num-other-sentinels"])) == (replicas, others)

    def client(self, **options: Any) -> redis.Redis:
        """To ask it."""
        return redis.Redis(port=self.port, socket_timeout=5, decode_responses=True, **options)


class Watched:
    """Servers, the first of which was the primary, and their Sentinels; `ports` are those that they are known by."""

    def __init__(
        self,
        servers: Sequence[ValkeyServer],
        sentinels: Sequence[SentinelProcess],
        ports: dict[int, ValkeyServer],
        doors: Sequence[int],
        password: str | None,
    ) -> None:
        self.servers = servers
        self.sentinels = sentinels
        self._ports = ports
        self._doors = doors
        self._password = password

    @property
    def url(self) -> str:
        """The address of the ledger."""
        return self.url_with("")

    def url_with(self, login: str, database: int = 0, **words: str) -> str:
        """The same with a login (`USER:PASSWORD@`), a database and further words."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._doors)
        said = "&".join(f"{name}={value}" for name, value in {"master_name": NAME, **words}.items())
        scheme = "sentinel" if self._doors == [one.port for one in self.sentinels] else "sentinels"
        return f"{scheme}://{login}{hosts}/{database}?{said}"

    def named(self) -> ValkeyServer | None:
        """The primary that a majority names."""
        told: list[int] = []
        for sentinel in self.sentinels:
            try:
                with sentinel.client(password=self._password) as asked:
                    place: Any = asked.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
            except redis.RedisError:
                continue
            if place:
                told.append(int(place[1]))
        return next((self._ports[port] for port in told if 2 * told.count(port) > len(self.sentinels)), None)

    def primary(self) -> ValkeyServer:
        """The server that is the primary now."""
        server = self.named()
        assert server is not None
        return server

    def await_another(self, than: ValkeyServer, seconds: float = 60) -> ValkeyServer:
        """The new primary, once a majority names it."""
        until(lambda: self.named() not in (None, than), seconds, "no failover")
        return self.primary()

    def await_in_step(self) -> None:
        """Return when every other server follows the primary of now."""
        others = len(self.servers) - 1

        def in_step() -> bool:
            server = self.named()
            return server is not None and len(_role(server)[2]) == others

        until(in_step, 60, "a replica is not in step")


def until(happened: Callable[[], object], seconds: float, otherwise: str) -> None:
    """Wait until it has happened."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


def _role(server: ValkeyServer) -> Any:
    with redis.Redis.from_url(server.url) as asked:
        return asked.execute_command("ROLE")


def _follow(server: ValkeyServer, known_as: int, primary: int) -> None:
    with redis.Redis.from_url(server.url) as told:
        told.config_set("replica-announce-port", known_as)
        told.execute_command("REPLICAOF", "127.0.0.1", primary)


@contextmanager
def watched_servers(
    folder: Path,
    *options: str,
    replicas: int = 1,
    sentinels: int = 3,
    down_ms: int = 1000,
    watch: Sequence[str] = (),
    tls: bool = False,
    password: str | None = None,
) -> Iterator[Watched]:
    """All of them, agreed: every Sentinel knows the others and the replicas, which are in step.

    `options` are of servers, `watch` further settings of what is watched (without the word `sentinel`, `{name}` is its
    name), `password` is what Sentinels ask for. With `tls` clients reach all of them by it alone
    where they are told to; among themselves they speak without.
    """
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:

        def front(port: int) -> int:
            return stack.enter_context(tls_in_front_of(port, or_plain=True)) if tls else port

        servers = [
            stack.enter_context(running_valkey(folder / str(1 + number), *_AT_ONCE, *options))
            for number in range(1 + replicas)
        ]
        ports = {front(server.port): server for server in servers}
        primary, *others = ports
        for port in others:
            _follow(ports[port], port, primary)
        lines = [
            f"sentinel monitor {NAME} 127.0.0.1 {primary} {sentinels // 2 + 1}",
            f"sentinel down-after-milliseconds {NAME} {down_ms}",
            f"sentinel failover-timeout {NAME} 10000",
            *(f"sentinel {line.format(name=NAME)}" for line in watch),
            *([f"requirepass {password}", f"sentinel sentinel-pass {password}"] if password else []),
        ]
        watching = [SentinelProcess(folder / f"sentinel{number}", lines) for number in range(sentinels)]
        for one in watching:
            stack.callback(one.stop)
            one.start()
        for one in watching:
            until(partial(one.knows, replicas, sentinels - 1, password), 60, "no agreement")
        watched = Watched(servers, watching, ports, [front(one.port) for one in watching], password)
        watched.await_in_step()
        yield watched
