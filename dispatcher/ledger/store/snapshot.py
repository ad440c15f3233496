"""What the server hands to a replica that joins, read as a file: all of its data, as of one moment.

The server forks, so nothing that happens meanwhile is in it by half. It is asked as one who wants the data and nothing
else (`rdb-only`): such a reader is never online, tells no port and confirms nothing, so that no claim waits for it,
none counts it, and nothing stops when it leaves.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import redis

from dispatcher.errors import StoreRefused, StoreUnavailable
from dispatcher.ledger.store.connection import translated

#: Before the first byte the server says every second that it is still there.
SILENCE_SECONDS = 60.0
_CHUNK = 1 << 18
_MARK_BYTES = 40
_LINE_BYTES = 200
_CUT_SHORT = "Redis ended the copy before it was whole"
_NEEDED = "its user needs `+sync` and `+replconf`: docs/redis.md; a managed Redis has copies of its own"


def read_snapshot(client: redis.Redis) -> Iterator[bytes]:
    """The bytes of an RDB file, through a connection of their own. All databases of the server are in it.

    Raises:
        StoreRefused: the server gives it to nobody, or not to this user.
        StoreUnavailable: it ended, or fell silent, before the whole was there.
    """
    with translated():
        connection: Any = client.connection_pool.get_connection()
    try:
        _ask(connection)
        wire = connection._sock  # behind the client's back: what comes now is no answer that it could read
        wire.settimeout(SILENCE_SECONDS)
        yield from _body(wire, _first_line(wire))
    except TimeoutError:
        raise StoreUnavailable(_CUT_SHORT, hint="it was silent for a minute; is it overloaded?") from None
    except OSError as error:
        raise StoreUnavailable(f"{_CUT_SHORT}: {error.strerror or 'the connection broke'}") from None
    finally:
        connection.disconnect()
        client.connection_pool.release(connection)


def _ask(connection: Any) -> None:
    with translated():
        for words in (("capa", "eof"), ("rdb-only", "1")):
            connection.send_command("REPLCONF", *words)
            try:
                connection.read_response()
            except redis.ResponseError as refused:
                raise _refused(str(refused)) from None
        connection.send_command("SYNC")


def _refused(said: str) -> StoreRefused:
    return StoreRefused(f"this Redis does not hand out a copy of itself: {said}", hint=_NEEDED)


def _first_line(wire: socket.socket) -> bytes:
    """How much will come, past the signs of life before it."""
    line = b""
    while not line.endswith(b"\n") or not line.strip():
        byte = wire.recv(1)
        if not byte or len(line) > _LINE_BYTES:
            raise StoreUnavailable(_CUT_SHORT, hint="try it again")
        line = (line + byte).lstrip(b"\n")
    line = line.strip()
    if line.startswith(b"-"):
        raise _refused(line[1:].decode("utf-8", "replace"))
    return line


def _body(wire: socket.socket, line: bytes) -> Iterator[bytes]:
    """Either a length was told, or the mark that stands at the end."""
    if line.startswith(b"$EOF:"):
        yield from _until(wire, line[5:])
    else:
        yield from _exactly(wire, int(line[1:]))


def _until(wire: socket.socket, mark: bytes) -> Iterator[bytes]:
    held = b""
    while not held.endswith(mark):
        yield held[:-_MARK_BYTES]
        held = held[-_MARK_BYTES:] + _some(wire, _CHUNK)
    yield held[:-_MARK_BYTES]


def _exactly(wire: socket.socket, length: int) -> Iterator[bytes]:
    while length:
        part = _some(wire, min(_CHUNK, length))
        length -= len(part)
        yield part


def _some(wire: socket.socket, most: int) -> bytes:
    part = wire.recv(most)
    if not part:
        raise StoreUnavailable(_CUT_SHORT, hint="try it again")
    return part
