"""TLS in front of a server of the tests, with a certificate of their own for 127.0.0.1."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CERTIFICATES = Path(__file__).parent / "certificates"
AUTHORITY = CERTIFICATES / "authority.pem"


_HANDSHAKE = b"\x16"


@contextmanager
def tls_in_front_of(port: int, *, or_plain: bool = False) -> Iterator[int]:
    """A port that speaks TLS, with `or_plain` also to who does not, and passes on what it hears to this one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, context, port, or_plain), daemon=True).start()
        yield int(listener.getsockname()[1])


def _accept(listener: socket.socket, context: ssl.SSLContext, port: int, or_plain: bool) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(plain, context, port, or_plain), daemon=True).start()


def _serve(plain: socket.socket, context: ssl.SSLContext, port: int, or_plain: bool) -> None:
    inside = plain
    try:
        if not or_plain or plain.recv(1, socket.MSG_PEEK) == _HANDSHAKE:
            inside = context.wrap_socket(plain, server_side=True)
        behind = socket.create_connection(("127.0.0.1", port))
    except OSError:  # it does not believe us, or nobody is there
        inside.close()
        return
    threading.Thread(target=_pass_on, args=(behind, inside), daemon=True).start()
    _pass_on(inside, behind)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)
