"""Celery's broker: where it is, how it is talked to, and how many hints wait there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from amqp.exceptions import AMQPError, NotFound, PreconditionFailed
from kombu.connection import Connection
from kombu.exceptions import KombuError, OperationalError
from kombu.transport.pyamqp import Channel as AmqpChannel
from redis.exceptions import RedisError

from dispatcher.errors import MmsError
from dispatcher.host.keepalive import KEEPALIVE
from dispatcher.ledger.store.address import address
from dispatcher.ledger.store.connection import redis_url
from dispatcher.ledger.store.redis_errors import MeantError
from dispatcher.ledger.store.sentinel_address import asked_sentinels, names_sentinels
from dispatcher.queues import HINT_SECONDS, QUEUE_NAMES
from dispatcher.settings import Settings
from tasks.rabbitmq import AWAY_HINT, is_rabbitmq, queue_arguments, rabbitmq_address, what_is_wrong
from tasks.transport import SOCKET, Channel

_BROKER = "MMS_BROKER_URL"
#: Whoever only looks does not wait longer for an answer, in seconds.
LOOK_SECONDS = 5.0

#: Seconds until an answer of a Redis broker is not waited for any more. Longer than a blocking read of `transport`.
ANSWER_SECONDS = 10
#: A connection without a word for so long is asked whether it lives; a read is overdue by so much when it is dead.
HEALTH_SECONDS = 10
#: The same where Sentinels can say in the meantime that another server has taken over.
SENTINEL_HEALTH_SECONDS = 3

#: What publishing to a broker may end with, or looking at it.
BROKER_ERRORS = (OSError, KombuError, OperationalError, RedisError, AMQPError)


class BrokerAwayError(MmsError):
    """The broker does not answer. What it said, if anything, is the error's cause."""


def broker_url(settings: Settings) -> str:
    """`MMS_BROKER_URL`, else the ledger's Redis: a hint that is lost with the broker is offered again by the tick.

    Raises:
        ConfigError: neither is there, or it is no address.
    """
    if settings.broker_url and is_rabbitmq(settings.broker_url):
        return rabbitmq_address(settings.broker_url)
    url = address(settings.broker_url or redis_url(settings))
    if names_sentinels(url):
        asked_sentinels(url, _BROKER)
    return url


def kombu_url(url: str) -> str:
    """The address as kombu reads it. Sentinels it is told by `transport_options`: it would send logins along."""
    if names_sentinels(url):
        through = asked_sentinels(url, _BROKER)
        server = urlsplit(through.of_server(through.sentinels[0]))
        tls = "?ssl_cert_reqs=required" if server.scheme == "rediss" else ""
        database = dict(parse_qsl(server.query)).get("db") or server.path.strip("/")
        at = server.netloc.rpartition("@")[2]
        return f"sentinel://{at}/{database if database.isdecimal() else 0}{tls}"
    if not url.startswith("unix://"):
        return url
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return f"{SOCKET}{login}{parts.path}?virtual_host={asked.get('db', 0)}"


def transport_of(url: str) -> str | None:
    """kombu's transport for this address: ours for Redis, None where the scheme says it (ours, too, for RabbitMQ)."""
    if names_sentinels(url):
        return "tasks.transport:SentinelTransport"
    return "tasks.transport:Transport" if url.startswith(("redis://", "rediss://")) else None


def is_redis(url: str) -> bool:
    """The broker at this address is a Redis."""
    return names_sentinels(url) or url.startswith(("redis", "unix://"))


def transport_options(url: str) -> dict[str, Any]:
    """kombu's options for a broker at this address."""
    if not is_redis(url):
        return {}
    options: dict[str, Any] = {
        "socket_timeout": ANSWER_SECONDS,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "socket_keepalive_options": KEEPALIVE,
        "health_check_interval": HEALTH_SECONDS,
        # A list for each queue, and not three more, which no hint would ever be in and no named key would allow.
        "priority_steps": [0],
    }
    if names_sentinels(url):
        quick = min(HEALTH_SECONDS, SENTINEL_HEALTH_SECONDS)
        return {**options, "health_check_interval": quick, "sentinel_address": asked_sentinels(url, _BROKER)}
    return options


class Broker:
    """Looks at a broker and changes nothing there. Not for several threads at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None

    def depths(self) -> dict[str, int]:
        """How many hints wait in each queue.

        Raises:
            BrokerAwayError: it does not answer within a few seconds.
        """
        with self._translated():
            connection = self._opened()
            channel = connection.default_channel
            if isinstance(channel, Channel):
                return dict(zip(QUEUE_NAMES, channel.sizes(QUEUE_NAMES), strict=True))
            return {name: _waiting(connection, name) for name in QUEUE_NAMES}

    def prove(self) -> None:
        """RabbitMQ takes what is published: something that is for no queue. Of Redis that is known.

        Raises:
            BrokerAwayError: it does not, or does not answer within a few seconds.
        """
        if is_rabbitmq(self._url):
            with self._translated(), self._opened().channel() as channel:
                channel.basic_publish(
                    channel.prepare_message(b""), "", "mms-doctor", confirm_timeout=LOOK_SECONDS
                )

    def older_queues(self) -> list[str]:
        """Which queues of RabbitMQ are there and were declared otherwise than now.

        Raises:
            BrokerAwayError: it does not answer within a few seconds.
        """
        if not is_rabbitmq(self._url):
            return []
        with self._translated():
            return [name for name in QUEUE_NAMES if _is_older(self._opened(), name)]

    def close(self) -> None:
        """Let the connection go."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.release()
            except BROKER_ERRORS:
                return

    def _opened(self) -> Connection:
        if self._connection is None:
            self._connection = Connection(
                kombu_url(self._url),
                transport=transport_of(self._url),
                connect_timeout=LOOK_SECONDS,
                transport_options=_impatient(self._url),
            )
        return self._connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.close()
            if not isinstance(error, BROKER_ERRORS):
                raise
            raise _away(self._url, error) from error


def _away(url: str, error: Exception) -> BrokerAwayError:
    """What is wrong with it, in a sentence."""
    cause = error.__cause__ or error
    if is_rabbitmq(url):
        said, hint = what_is_wrong(url, cause)
        return BrokerAwayError(said, hint=hint)
    if isinstance(cause, MeantError):
        return BrokerAwayError(cause.meaning.message, hint=cause.meaning.hint)
    return BrokerAwayError(f"the broker does not answer ({type(cause).__name__})", hint=AWAY_HINT)


def _impatient(url: str) -> dict[str, Any]:
    """Options of who only looks: asked once, and not waited for long."""
    once = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
    if is_redis(url):
        short = {"socket_timeout": LOOK_SECONDS, "socket_connect_timeout": LOOK_SECONDS}
        return {**transport_options(url), **short, **once}
    return once


def _waiting(connection: Connection, queue: str) -> int:
    """Messages in this queue; none where it was not declared yet, which costs the channel."""
    channel = connection.channel()
    try:
        return int(channel.queue_declare(queue, passive=True).message_count)
    except NotFound as error:
        if "no queue" not in str(error):  # it is there, its machine is not
            raise
        return 0
    finally:
        channel.close()


def _is_older(connection: Connection, queue: str) -> bool:
    """This queue is there, and not as it is declared now."""
    channel = connection.channel()
    try:
        channel.queue_declare(queue, passive=True)
        # Not ours, which takes a queue as it is.
        AmqpChannel.queue_declare(
            channel, queue, durable=True, auto_delete=False, arguments=queue_arguments(HINT_SECONDS)
        )
    except NotFound:
        return False
    except PreconditionFailed:
        return True
    else:
        return False
    finally:
        channel.close()
