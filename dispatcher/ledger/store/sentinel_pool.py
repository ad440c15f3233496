"""The client's connections where Sentinels say who the server is: made to the primary that they name at that moment.

redis-py has such a pool. It is given our way of asking (`sentinels`), and a server that keeps an answer waiting is not
waited for when they name another meanwhile: it may stand still, and its kernel acknowledges for it.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from functools import partial
from typing import Any

import redis
from redis.asyncio import sentinel as asyncio_sentinel
from redis.connection import parse_url
from redis.sentinel import (
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)
from redis.utils import SENTINEL

from dispatcher.errors import MmsError
from dispatcher.ledger.store.address import address as plain
from dispatcher.ledger.store.redis_errors import MeantError
from dispatcher.ledger.store.sentinel_address import Place, SentinelAddress, written
from dispatcher.ledger.store.sentinels import primary_of

#: An answer that takes longer makes us ask whether it is still this server's to give.
LOOK_SECONDS = 2.0
#: A server that takes no writes makes us ask so often.
AGAIN_SECONDS = 0.5
#: What a primary says whose replicas have left, for another one it may be.
_FORSAKEN = "NOREPLICAS"


class Asking:
    """What redis-py's pool takes for its Sentinels."""

    def __init__(self, address: SentinelAddress) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._ask_at = 0.0

    def discover_master(self, _name: str) -> Place:
        """Host and port of the primary.

        Raises:
            MeantError: they name none.
        """
        try:
            return primary_of(self.address)
        except MmsError as error:
            raise MeantError(error) from None

    def names_another(self, place: Place | None) -> bool:
        """Whether they name another server than this; none that answers does not."""
        try:
            return place is not None and primary_of(self.address) != place
        except MmsError:
            return False

    def may_ask(self) -> bool:
        """Not more often than now and then, for what many calls are told at once."""
        with self._lock:
            now = time.monotonic()
            if now < self._ask_at:
                return False
            self._ask_at = now + AGAIN_SECONDS
            return True

    def close(self) -> None:
        """Nothing is kept open."""


class AskingAside(Asking):
    """The same for a loop, which goes on meanwhile."""

    async def discover_master(self, name: str) -> Place:  # type: ignore[override]
        """Host and port of the primary.

        Raises:
            MeantError: they name none.
        """
        return await asyncio.to_thread(super().discover_master, name)


class _Patient:
    """What both connections, with TLS and without, do beyond redis-py's."""

    def connect_to(self: Any, address: Place) -> None:
        """Connect to this server."""
        try:
            super().connect_to(address)  # type: ignore[misc]
        except redis.RedisError as error:
            vars(error)["named"] = written(address)  # for the sentence that it becomes
            raise

    def read_response(
        self: Any, disable_decoding: bool = False, *, timeout: Any = SENTINEL, **options: Any
    ) -> Any:
        """An answer of the server, waited for as long as it is the primary."""
        read = partial(super().read_response, disable_decoding)  # type: ignore[misc]
        if timeout is not SENTINEL:
            return read(timeout=timeout, **options)
        options["disconnect_on_error"] = False
        most = math.inf if self.socket_timeout is None else self.socket_timeout
        until, wait = time.monotonic() + most, min(LOOK_SECONDS, most)
        while True:
            try:
                return read(timeout=wait, **options)
            except redis.ResponseError as error:
                if str(error).startswith(_FORSAKEN) and self.connection_pool.sentinel_manager.may_ask():
                    self._leave_if_replaced()
                raise
            except BaseException as error:
                wait = min(LOOK_SECONDS, until - time.monotonic())
                if not isinstance(error, redis.TimeoutError) or wait <= 0 or self._is_replaced():
                    self.disconnect()
                    raise

    def _leave_if_replaced(self: Any) -> None:
        if self._is_replaced():
            self.disconnect()

    def _is_replaced(self: Any) -> bool:
        return bool(self.connection_pool.sentinel_manager.names_another((self.host, self.port)))


class SentinelConnection(_Patient, SentinelManagedConnection):
    """redis-py's, with that."""


class SecuredSentinelConnection(_Patient, SentinelManagedSSLConnection):
    """The same with TLS."""


def pool_of(address: SentinelAddress, **options: Any) -> Any:
    """The connections of a client.

    Raises:
        ValueError, TypeError: it says what no server understands.
    """
    chosen = _options(address, options)
    kind = SecuredSentinelConnection if chosen.pop("ssl") else SentinelConnection
    make: Any = SentinelConnectionPool  # it has no types
    return make(address.master_name, Asking(address), **{"connection_class": kind, **chosen})


class _Leaving:
    """What both connections of a loop do beyond redis-py's: they leave a server that takes no writes when another one
    is the primary."""

    async def read_response(self: Any, *arguments: Any, **options: Any) -> Any:
        """An answer of the server."""
        try:
            return await super().read_response(*arguments, **options)  # type: ignore[misc]
        except redis.ResponseError as error:
            asking = self.connection_pool.sentinel_manager
            if str(error).startswith(_FORSAKEN) and asking.may_ask():
                await self._leave_if_replaced(asking)
            raise

    async def _leave_if_replaced(self: Any, asking: AskingAside) -> None:
        if await asyncio.to_thread(asking.names_another, (self.host, self.port)):
            await self.disconnect()


class SentinelConnectionAside(_Leaving, asyncio_sentinel.SentinelManagedConnection):
    """redis-py's for a loop, with that."""


class SecuredSentinelConnectionAside(_Leaving, asyncio_sentinel.SentinelManagedSSLConnection):
    """The same with TLS."""


def asyncio_pool_of(address: SentinelAddress, **options: Any) -> Any:
    """The same for a client of `redis.asyncio`."""
    chosen = _options(address, options)
    kind = SecuredSentinelConnectionAside if chosen.pop("ssl") else SentinelConnectionAside
    make: Any = asyncio_sentinel.SentinelConnectionPool
    return make(address.master_name, AskingAside(address), **{"connection_class": kind, **chosen})


def _options(address: SentinelAddress, options: dict[str, Any]) -> dict[str, Any]:
    """What a connection is told: the address's words go before ours, as they do without Sentinels."""
    parse: Any = parse_url
    said = parse(plain(address.of_server(address.sentinels[0])))
    for name in ("host", "port"):  # those of a Sentinel
        said.pop(name)
    secured = said.pop("connection_class", None) is not None
    return {**options, **said, "ssl": secured}
