"""A wire that can fail: a TCP proxy between processes and their broker, whose connections go wrong as real ones do."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

LOOPBACK = "127.0.0.1"


@dataclass(eq=False)
class _Pair:
    """One connection: the client's end and the server's."""

    client: socket.socket
    server: socket.socket
    blocked: bool = False
    """The client waits for an element of a queue, or listens, and does nothing else."""
    listens: bool = False
    dead: bool = False
    """Nothing goes through any more, and nobody is told."""
    ends: tuple[socket.socket, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.ends = (self.client, self.server)


class Proxy:
    """A context manager; `url` is the broker's address through it. One thread does it all."""

    def __init__(self, port: int) -> None:
        self._to = (LOOPBACK, port)
        self._lock = threading.RLock()
        self._selector = selectors.DefaultSelector()
        self._pairs: list[_Pair] = []
        self._swallow = False
        self._breaks_at: bytes | None = None
        self._over = threading.Event()
        self._door: socket.socket | None = None
        self._listen(0)
        assert self._door is not None
        self.port: int = self._door.getsockname()[1]
        self.url: str = f"redis://{LOOPBACK}:{self.port}/0"
        self._thread: threading.Thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(10)
        with self._lock:
            self.refuse()
            for pair in list(self._pairs):
                self._drop(pair, "close")

    def refuse(self) -> None:
        """New connections are refused; those that there are go on."""
        with self._lock:
            if self._door is not None:
                self._selector.unregister(self._door)
                self._door.close()
                self._door = None

    def kill(self, *, but_blocked: bool = False) -> None:
        """Every connection is reset; on wish not those on which somebody only waits or listens."""
        with self._lock:
            for pair in [each for each in self._pairs if not (but_blocked and each.blocked)]:
                self._drop(pair, "reset")

    def break_at(self, word: bytes) -> None:
        """From now on a connection on which a client says this is reset at once, and new ones are refused from then."""
        with self._lock:
            self._breaks_at = word

    def silence(self) -> None:
        """Nothing goes through, on connections that there are and on new ones: a machine that died, a cut cable."""
        with self._lock:
            self._swallow = True
            for pair in self._pairs:
                pair.dead = True

    def half_open(self) -> None:
        """The server's ends of all connections are gone; the clients do not hear of it. New ones work."""
        with self._lock:
            for pair in self._pairs:
                pair.dead = True
                self._forget(pair.server)
                pair.server.close()

    def forsake(self) -> None:
        """The clients' ends of all connections are reset; the server does not hear of it. New ones work."""
        with self._lock:
            for pair in self._pairs:
                pair.dead = True
                self._forget(pair.client)
                _reset(pair.client)

    def mend(self) -> None:
        """New connections work; those that are dead stay so."""
        with self._lock:
            self._swallow, self._breaks_at = False, None
            if self._door is None:
                self._listen(self.port)

    def _listen(self, port: int) -> None:
        self._door = socket.create_server((LOOPBACK, port), backlog=128)
        self._selector.register(self._door, selectors.EVENT_READ, None)

    def _run(self) -> None:
        while not self._over.is_set():
            events = self._selector.select(0.05)
            with self._lock:
                for key, _ in events:
                    self._serve(key)

    def _serve(self, key: selectors.SelectorKey) -> None:
        if key.fileobj is self._door:
            self._accept()
        elif isinstance(key.data, _Pair) and isinstance(key.fileobj, socket.socket):
            self._pass_on(key.data, key.fileobj)

    def _accept(self) -> None:
        assert self._door is not None
        client, _ = self._door.accept()
        try:
            server = socket.create_connection(self._to, timeout=5)
        except OSError:
            _reset(client)
            return
        pair = _Pair(client, server, dead=self._swallow)
        self._pairs.append(pair)
        for end in pair.ends:
            self._selector.register(end, selectors.EVENT_READ, pair)

    def _pass_on(self, pair: _Pair, end: socket.socket) -> None:
        if pair not in self._pairs:
            return
        try:
            said = end.recv(1 << 16)
            if self._breaks_at is not None and end is pair.client and self._breaks_at in said:
                self.refuse()
                self._drop(pair, "reset")
                return
            if said and not pair.dead:
                other = pair.server if end is pair.client else pair.client
                other.sendall(said)
                pair.listens = pair.listens or (end is pair.client and b"SUBSCRIBE" in said)
                pair.blocked = pair.listens or (end is pair.client and b"BRPOP" in said)
        except OSError:
            said = b""
        if not said and pair.dead and end is pair.server:
            self._forget(end)  # its client is not told
        elif not said:
            self._drop(pair, "close")

    def _forget(self, end: socket.socket) -> None:
        """Look at this end no more; it may be closed and forgotten already, by what came before in the same turn."""
        with suppress(KeyError, ValueError):
            self._selector.unregister(end)

    def _drop(self, pair: _Pair, how: str) -> None:
        self._pairs.remove(pair)
        for end in pair.ends:
            self._forget(end)
            _reset(end) if how == "reset" else end.close()


def _reset(end: socket.socket) -> None:
    """RST instead of FIN."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
