"""A few questions to Redis by a process that lives for nothing else: a socket and the standard library.

A health check runs every few seconds in each container; loading the client costs it ten times what it asks. Addresses
mean here what they mean to the client.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.store.address import address, no_address

#: For connecting, and for each answer.
SECONDS = 5.0
_PORT = 6379
_SCHEMES = {"redis", "rediss", "unix"}


class Inquiry:
    """A connection over which one thing is asked after the other."""

    def __init__(self, url: str) -> None:
        """Connect.

        Raises:
            ConfigError: it is no address of a Redis.
            StoreUnavailable: nobody answers, or nobody lets us in.
        """
        try:
            parts = urlsplit(address(url))
            asked = dict(parse_qsl(parts.query))
            greeting = _greeting(parts, asked)
            self._socket = _connected(parts, asked)
        except OSError as error:  # first, for a certificate that is not believed is a ValueError, too
            raise StoreUnavailable(f"Redis does not answer ({type(error).__name__})") from None
        except ValueError:
            raise no_address() from None
        self._answers = self._socket.makefile("rb")
        for words in greeting:
            self.ask(*words)

    def ask(self, *words: str) -> bytes | int | None:
        """The answer to one command: a text, a number, or None for nothing.

        Raises:
            StoreUnavailable: no answer, or one that says no; of its text only the code is told.
        """
        parts = [word.encode() for word in words]
        head = b"*%d\r\n" % len(parts)
        try:
            self._socket.sendall(head + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
            return self._answer()
        except OSError as error:
            raise StoreUnavailable(f"Redis does not answer ({type(error).__name__})") from None

    def _answer(self) -> bytes | int | None:
        line = self._answers.readline()
        kind, text = line[:1], line[1:].rstrip(b"\r\n")
        if kind == b"+":
            return text
        if kind == b":":
            return int(text)
        if kind == b"$":
            return None if text == b"-1" else self._answers.read(int(text) + 2)[:-2]
        said = text.split(b" ", 1)[0].decode("ascii", "replace")
        raise StoreUnavailable(f"Redis says {said}" if kind == b"-" else "Redis does not answer")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._answers.close()
        self._socket.close()


def _greeting(parts: SplitResult, asked: dict[str, str]) -> list[tuple[str, ...]]:
    """What is said first: who we are, and which of its databases."""
    if parts.scheme not in _SCHEMES:
        raise ValueError(parts.scheme)
    user = unquote(parts.username) if parts.username else asked.get("username", "")
    password = unquote(parts.password) if parts.password else asked.get("password", "")
    path = "" if parts.scheme == "unix" else unquote(parts.path).strip("/")
    database = asked.get("db") or (path if path.isdecimal() else "0")
    said: list[tuple[str, ...]] = []
    if password:
        said.append(("AUTH", user, password) if user else ("AUTH", password))
    if int(database):
        said.append(("SELECT", database))
    return said


def _connected(parts: SplitResult, asked: dict[str, str]) -> socket.socket:
    if parts.scheme == "unix":
        plain = socket.socket(socket.AF_UNIX)
        plain.settimeout(SECONDS)
        plain.connect(unquote(parts.path))
        return plain
    host = unquote(parts.hostname or "localhost")
    plain = socket.create_connection((host, parts.port or _PORT), timeout=SECONDS)
    return _secured(plain, host, asked) if parts.scheme == "rediss" else plain


def _secured(plain: socket.socket, host: str, asked: dict[str, str]) -> socket.socket:
    import ssl  # noqa: PLC0415 - most addresses have no TLS, and it is as large as all the rest

    context = ssl.create_default_context()
    verified = asked["ssl_cert_reqs"]
    context.check_hostname = verified != "none" and asked["ssl_check_hostname"].lower() in {
        "true",
        "1",
        "yes",
    }
    context.verify_mode = ssl.VerifyMode[f"CERT_{verified.upper()}"]
    trusted = [asked.get(f"ssl_ca_{name}") for name in ("certs", "path", "data")]
    if any(trusted):
        context.load_verify_locations(*trusted)
    if "ssl_certfile" in asked:
        context.load_cert_chain(asked["ssl_certfile"], asked.get("ssl_keyfile"), asked.get("ssl_password"))
    if "ssl_ciphers" in asked:
        context.set_ciphers(asked["ssl_ciphers"])
    return context.wrap_socket(plain, server_hostname=host)
