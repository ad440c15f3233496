"""Redis as a broker of hints: what is taken is taken, and no element of a queue can end a worker.

kombu acknowledges by a call to Redis. When that call fails, it keeps the place that the message had among those that a
worker may hold, for as long as the connection lives: at one place a worker, it lives and takes nothing any more. A hint
that is lost is given again by the tick, so nothing has to be acknowledged there: a place is counted in memory alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import RedisError

from dispatcher.ledger.store.sentinel_address import SentinelAddress
from dispatcher.ledger.store.sentinel_pool import SecuredSentinelConnection, SentinelConnection, pool_of

log = logging.getLogger(__name__)

#: Seconds for which a worker waits for a hint before it asks anew. Every second, which is kombu's, is most of what an
#: idle worker costs. Whoever ends it need not wait for that: see `alarm`.
BLOCK_SECONDS = 5

#: kombu takes a socket file only behind the name of a transport.
TRANSPORT_ALIASES["hints"] = "tasks.transport:Transport"
SOCKET = "hints+socket://"


class Channel(redis.Channel):
    """No acknowledgements in Redis, nothing put back: both are calls that can fail."""

    ack_emulation = False
    do_restore = False

    def sizes(self, queues: Sequence[str]) -> list[int]:
        """How many messages wait in each."""
        with self.conn_or_acquire() as client, client.pipeline(transaction=False) as pipe:
            for queue in queues:
                pipe.llen(queue)
            return [int(size) for size in pipe.execute()]

    def _brpop_read(self, **options: Any) -> bool:
        with _messages_only():
            return bool(super()._brpop_read(**options))

    def _receive_one(self, client: Any) -> Any:
        with _messages_only():
            return super()._receive_one(client)


class SentinelChannel(Channel):
    """The same at the server that the Sentinels of `sentinel_address` name, over the ledger's kind of connections."""

    sentinel_address: SentinelAddress
    from_transport_options: Any = (*Channel.from_transport_options, "sentinel_address")
    connection_class: Any = SentinelConnection
    connection_class_ssl: Any = SecuredSentinelConnection

    def _get_pool(self, asynchronous: bool = False) -> Any:
        options = self._connparams(asynchronous)
        self.keyprefix_fanout = self.keyprefix_fanout.format(db=options["db"])
        for name in ("host", "port", "username", "password"):  # of no server
            options.pop(name)
        return pool_of(self.sentinel_address, **options)


class Transport(redis.Transport):
    """kombu's, with that channel."""

    Channel = Channel

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.brpop_timeout = BLOCK_SECONDS

    def _deliver(self, message: Any, queue: str) -> None:
        """Give a message to its consumer; one that is no message is dropped, and takes no place."""
        before = [(channel.qos, set(channel.qos._delivered)) for channel in self.channels]
        try:
            super()._deliver(message, queue)
        except (OSError, RedisError, MemoryError):
            raise
        except Exception as error:
            for qos, held in before:
                for tag in set(qos._delivered) - held - qos._dirty:
                    qos.ack(tag)
            _dropped(error)


class SentinelTransport(Transport):
    """The same through Sentinels."""

    Channel = SentinelChannel


@contextmanager
def _messages_only() -> Iterator[None]:
    """What is no JSON counts as nothing that was read."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        _dropped(error)
        raise Empty from None


def _dropped(error: Exception) -> None:
    log.warning("an element of a queue is no message of ours and was dropped (%s)", type(error).__name__)
