"""The connection to Redis: where it is, and with which care it is talked to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import redis
from redis import asyncio
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException
from redis.retry import Retry

from dispatcher.host.keepalive import KEEPALIVE
from dispatcher.ledger.store.address import address, found_address, no_address
from dispatcher.ledger.store.last_contact import note_contact
from dispatcher.ledger.store.redis_errors import ours
from dispatcher.ledger.store.sentinel_address import names_sentinels, sentinel_address
from dispatcher.ledger.store.sentinel_pool import Asking, asyncio_pool_of, pool_of
from dispatcher.settings import Settings

#: No silent repeats: every script is safe to run twice, but who repeats it, and when, is ours to decide.
CONNECTION: dict[str, Any] = {
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "socket_keepalive_options": KEEPALIVE,
    "health_check_interval": 25,
    "retry_on_timeout": False,
}
#: Of who only looks, and tells a person that no answer came. Longer than a claim waits for disks and replicas.
IMPATIENT: dict[str, Any] = {"socket_timeout": 5, "socket_connect_timeout": 5}
#: What means nothing to a socket file.
_OF_NETWORKS = ("socket_connect_timeout", "socket_keepalive", "socket_keepalive_options")
_SOCKET = "unix://"


class _Connections:
    """Counts how often a client connected: who answers now may be another server than before."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, connection: Any) -> None:
        connection.on_connect()
        self.made += 1


def connections_made(client: redis.Redis) -> int:
    """How often this client connected so far; always 0 for one that was not made here."""
    counter = client.connection_pool.connection_kwargs.get("redis_connect_func")
    return counter.made if isinstance(counter, _Connections) else 0


def ask_anew(client: redis.Redis) -> None:
    """Use none of this client's connections again: the next call connects to whom the Sentinels name then.

    A call that another thread waits for is still answered; its connection is closed after that. A client without
    Sentinels looks up its host's name again.
    """
    pool: Any = client.connection_pool
    pool.update_active_connections_for_reconnect()
    pool.disconnect_free_connections()


def sentinels_name_another(client: redis.Redis) -> bool:
    """Whether the Sentinels name another server than the one that this client talked to last; asks them now.

    False without Sentinels, and when none of them answers.
    """
    pool: Any = client.connection_pool
    asking = getattr(pool, "sentinel_manager", None)
    return isinstance(asking, Asking) and asking.names_another(pool.master_address)


def redis_url(settings: Settings) -> str:
    """The address of the ledger: `MMS_REDIS_URL`, else that of the embedded Valkey of this data folder.

    Raises:
        ConfigError: neither is there.
    """
    return found_address(settings.redis_url, settings.data_dir)


def connect(settings: Settings, **options: Any) -> redis.Redis:
    """A client of the ledger. Connects on first use.

    Raises:
        ConfigError: there is no address, or it is none.
    """
    return client(redis_url(settings), **options)


def client(url: str, **options: Any) -> redis.Redis:
    """A client of the Redis at `url`, answers as bytes, nothing repeated behind our back.

    Raises:
        ConfigError: it is no address of a Redis.
    """
    chosen = {**CONNECTION, "redis_connect_func": _Connections(), "retry": Retry(NoBackoff(), 0), **options}
    try:
        if names_sentinels(url):
            return redis.Redis.from_pool(pool_of(sentinel_address(url), **chosen))
        # Else the first connection fails with it, as no error of Redis.
        (urlsplit(url).hostname or "").encode("idna")
        return redis.Redis.from_url(address(url), **_fitting(url, chosen))
    except (ValueError, TypeError):  # their texts may repeat the password
        raise no_address() from None


def asyncio_client(url: str, **options: Any) -> asyncio.Redis:
    """A client for a loop.

    Raises:
        ConfigError: it is no address of a Redis.
    """
    chosen = {"socket_keepalive": True, "socket_keepalive_options": KEEPALIVE, **options}
    try:
        if names_sentinels(url):
            return asyncio.Redis.from_pool(asyncio_pool_of(sentinel_address(url), **chosen))
        return asyncio.Redis.from_url(address(url), **_fitting(url, chosen))
    except (ValueError, TypeError):
        raise no_address() from None


def _fitting(url: str, options: dict[str, Any]) -> dict[str, Any]:
    """What this kind of address takes."""
    if not url.startswith(_SOCKET):
        return options
    return {name: value for name, value in options.items() if name not in _OF_NETWORKS}


def text_of(value: Any) -> str:
    """An answer of Redis as text; its client's types leave open which of the two it is."""
    return value.decode() if isinstance(value, bytes) else str(value)


@contextmanager
def translated() -> Iterator[None]:
    """Every foreign error of the connection becomes one of ours (`redis_errors`).

    Raises:
        StoreUnavailable: Redis does not answer, or cannot work now.
        ConfigError: it refuses the password.
        StoreRefused: it refuses the call, and will again.
    """
    note_contact()
    try:
        yield
    except (redis.RedisError, RedisClusterException) as error:
        # What Redis answers may repeat what it was asked for, so it stays out of tracebacks.
        raise ours(error) from (None if isinstance(error, redis.ResponseError) else error)
