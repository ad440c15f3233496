"""Every connection to Redis is given up within seconds when the other host is gone, whoever makes it."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

import pytest
import redis as redis_py
from kombu.connection import Connection

from dispatcher.host.keepalive import KEEPALIVE, SECONDS
from dispatcher.ledger.store.connection import asyncio_client, client
from tasks.broker import kombu_url, transport_of, transport_options


def seconds_to_notice(connection: socket.socket) -> tuple[float, float]:
    """After how long a silent host is given up: one that owes nothing, and one that has not taken what was sent."""

    def told(name: str) -> int:
        return connection.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))

    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    probed = told("TCP_KEEPIDLE") + told("TCP_KEEPCNT") * told("TCP_KEEPINTVL")
    return probed, told("TCP_USER_TIMEOUT") / 1000


async def _of_a_loop(url: str) -> tuple[float, float]:
    async with asyncio_client(url) as connected:
        await connected.ping()
        pool: Any = connected.connection_pool
        connection = await pool.get_connection()
        return seconds_to_notice(connection._writer.get_extra_info("socket"))


def _of_the_broker(url: str) -> list[tuple[float, float]]:
    make: Any = Connection
    with make(
        kombu_url(url), transport=transport_of(url), transport_options=transport_options(url)
    ) as connection:
        channel = connection.default_channel
        pools: list[Any] = [channel.async_pool, channel.pool]
        return [seconds_to_notice(pool.get_connection()._sock) for pool in pools]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have fewer of these options")
def test_every_kind_of_connection_notices_within_five_seconds(redis: redis_py.Redis, valkey_url: str) -> None:
    with client(valkey_url) as connected:
        connected.ping()
        pool: Any = connected.connection_pool
        found = [seconds_to_notice(pool.get_connection()._sock)]
    found += [asyncio.run(_of_a_loop(valkey_url)), *_of_the_broker(valkey_url)]
    assert found == [(SECONDS, SECONDS)] * 4


def test_a_system_is_asked_for_what_it_has_alone() -> None:
    assert KEEPALIVE
    assert all(isinstance(number, int) and isinstance(value, int) for number, value in KEEPALIVE.items())
