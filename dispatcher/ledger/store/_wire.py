"""The protocol of Redis on a socket of our own: for who asks a thing or two, by nothing but the standard library."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.store.address import address, no_address

_PORT = 6379
_SCHEMES = {"redis", "rediss", "unix"}

Answer = bytes | int | list[Any] | None


class NoAnswer(StoreUnavailable):
    """Nobody answers; `why` is the kind of the error."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Redis does not answer ({why})")
        self.why = why


class SaysNo(StoreUnavailable):
    """An answer that says no; of its text only the code is told."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Redis says {code}")
        self.code = code


class Wire:
    """A connection over which one thing is asked after the other."""

    def __init__(self, url: str, seconds: float) -> None:
        """Connect to one server; `seconds` for connecting, and for each answer.

        Raises:
            ConfigError: it is no address of a Redis.
            NoAnswer, SaysNo: nobody answers, or nobody lets us in.
        """
        try:
            parts = urlsplit(address(url))
            asked = dict(parse_qsl(parts.query))
            greeting = _greeting(parts, asked)
            self._socket = _connected(parts, asked, seconds)
        except OSError as error:  # first, for a certificate that is not believed is a ValueError, too
            raise NoAnswer(type(error).__name__) from None
        except ValueError:
            raise no_address() from None
        self._answers = self._socket.makefile("rb")
        try:
            for words in greeting:
                self.ask(*words)
        except StoreUnavailable:
            self.close()
            raise

    def ask(self, *words: str) -> Answer:
        """The answer to one command: a text, a number, None for nothing, or a list of them.

        Raises:
            NoAnswer, SaysNo: no answer, or one that says no.
        """
        parts = [word.encode() for word in words]
        head = b"*%d\r\n" % len(parts)
        try:
            self._socket.sendall(head + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
            return self._answer()
        except OSError as error:
            raise NoAnswer(type(error).__name__) from None

    def close(self) -> None:
        """Let the connection go."""
        self._answers.close()
        self._socket.close()

    def _answer(self) -> Answer:
        line = self._answers.readline()
        kind, text = line[:1], line[1:].rstrip(b"\r\n")
        if kind == b"+":
            return text
        if kind == b":":
            return int(text)
        if kind == b"$":
            return None if text == b"-1" else self._answers.read(int(text) + 2)[:-2]
        if kind == b"*":
            return None if text == b"-1" else [self._answer() for _ in range(int(text))]
        if kind == b"-":
            raise SaysNo(text.split(b" ", 1)[0].decode("ascii", "replace"))
        raise NoAnswer("it speaks another protocol" if kind else "it hung up")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


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


def _connected(parts: SplitResult, asked: dict[str, str], seconds: float) -> socket.socket:
    if parts.scheme == "unix":
        plain = socket.socket(socket.AF_UNIX)
        plain.settimeout(seconds)
        plain.connect(unquote(parts.path))
        return plain
    host = unquote(parts.hostname or "localhost")
    plain = socket.create_connection((host, parts.port or _PORT), timeout=seconds)
    try:
        return _secured(plain, host, asked) if parts.scheme == "rediss" else plain
    except BaseException:
        plain.close()
        raise


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
