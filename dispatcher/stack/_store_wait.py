"""A start while its Redis is away: callbacks are taken, a sentence says what is waited for, Ctrl-C works."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from dispatcher.errors import ConfigError, StoreUnavailable
from dispatcher.ledger.store.connection import client, translated
from dispatcher.ledger.store.sentinel_address import asked_sentinels, names_sentinels
from dispatcher.stack.supervisor import Supervisor

#: How often it is looked whether Redis is there, and how often it is said that it is not.
LOOK_SECONDS = 1.0
SAY_SECONDS = 30.0
#: A Redis that hangs must not hold up Ctrl-C.
_IMPATIENT = {"socket_timeout": 2, "socket_connect_timeout": 2}

T = TypeVar("T")


def await_store(
    url: str,
    begin: Callable[[], T],
    supervisor: Supervisor,
    say: Callable[[str], None],
    meanwhile: Callable[[], str],
) -> T | None:
    """What `begin` answers as soon as the Redis at `url` answers and can work; None if the end was asked for before.

    `meanwhile` is called at the first miss: it does what can be done without a store, and answers a sentence about it.

    Raises:
        ConfigError: the name of its host is known nowhere, or Redis refuses the password.
        whatever `begin` raises, but StoreUnavailable.
    """
    waiting = _WaitingNotice(where(url), say, meanwhile)
    while not supervisor.stopping:
        try:
            _ping(url)
            return begin()
        except StoreUnavailable as error:
            if waiting.begun is None:
                require_known_host(url)
            waiting.tell(error)
        supervisor.wait_until(lambda: False, timeout_seconds=LOOK_SECONDS)
    return None


class _WaitingNotice:
    """What is said while nothing else can be done."""

    def __init__(self, where: str, say: Callable[[str], None], meanwhile: Callable[[], str]) -> None:
        self.begun: float | None = None
        self._where = where
        self._say = say
        self._meanwhile = meanwhile
        self._said = 0.0

    def tell(self, error: StoreUnavailable) -> None:
        now = time.monotonic()
        if self.begun is None:
            self.begun = self._said = now
            self._say(
                f"waiting for Redis at {self._where}: {error.message} ({error.hint}). {self._meanwhile()}. "
                "Ctrl-C stops"
            )
        elif now - self._said >= SAY_SECONDS:
            self._said = now
            self._say(f"waiting for Redis for {now - self.begun:.0f} s: {error.message}")


def _ping(url: str) -> None:
    asked = client(url, **_IMPATIENT)
    try:
        with translated():
            asked.ping()
    finally:
        asked.close()


def require_known_host(url: str) -> None:
    """Prove that the host's name can be looked up, of several Sentinels one's; a name service that does not answer now
    proves nothing.

    Raises:
        ConfigError: there is no such name, or the address is none.
    """
    hosts = _hosts(url)
    if hosts and all(map(_is_unknown, hosts)):
        raise ConfigError(
            f"MMS_REDIS_URL names a host that nobody knows: {', '.join(hosts)}",
            hint="mend the name, or use an address",
        )


def _hosts(url: str) -> list[str]:
    if names_sentinels(url):
        return [host for host, _ in asked_sentinels(url).sentinels]
    host = urlsplit(url).hostname
    return [host] if host and not url.startswith("unix://") else []


def _is_unknown(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except socket.gaierror as error:
        return error.errno != socket.EAI_AGAIN
    except OSError:
        return False
    return False


def where(url: str) -> str:
    """Host and port, those of all Sentinels, or the socket file: no login."""
    if names_sentinels(url):
        return f"the Sentinels {asked_sentinels(url)}"
    parts = urlsplit(url)
    if url.startswith("unix://"):
        return parts.path
    host = parts.hostname or "localhost"
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or 6379}"
