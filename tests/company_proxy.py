"""A company's proxy: it knows names that nobody else knows, wants a login, and passes bytes on."""

from __future__ import annotations

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

CERTIFICATES = Path(__file__).parent / "certificates"
#: Who signed what the servers behind it show.
COMPANY = CERTIFICATES / "company.pem"
LOGIN = ("ann", "p@ss")


class CompanyProxy:
    """Use it in a `with`. `hosts` are names and local ports behind it; their TLS ends here, as at a firewall."""

    def __init__(self, hosts: Mapping[str, int], *, login: bool = False) -> None:
        self.asked: list[str] = []
        self._hosts = hosts
        self._wanted = "Basic " + b64encode(":".join(LOGIN).encode()).decode() if login else None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(CERTIFICATES / "behind_proxy.pem")
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> CompanyProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1) or _hung_up()
            method, target, _ = head.decode("latin-1").split(" ", 2)
            self.asked.append(f"{method} {target}")
            if self._wanted and f"proxy-authorization: {self._wanted}".lower() not in head.decode().lower():
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                client.close()
                return
            name = target.removeprefix("http://").partition("/")[0].partition(":")[0]
            behind = socket.create_connection(("127.0.0.1", self._hosts[name]))
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                client = self._tls.wrap_socket(client, server_side=True)
            else:
                behind.sendall(head.replace(b"http://" + name.encode(), b"", 1))
            threading.Thread(target=_pass_on, args=(client, behind), daemon=True).start()
            _pass_on(behind, client)


def _hung_up() -> bytes:
    raise OSError("it hung up")


def _pass_on(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
    for end in (source, to):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
