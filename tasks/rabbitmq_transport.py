"""How RabbitMQ is talked to: whatever goes wrong is a connection that is gone, and nothing is waited for without end.

py-amqp tells errors of a connection from those of a channel, and those that may pass from those that stay. Celery takes
up again what passes, and lets a worker end of all others: a queue that an earlier connection still holds, one whose
node is down, a virtual host that is not up yet, a login that is refused for a moment. Here each is the same: the
connection is let go, and made anew until it holds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import amqp
from amqp.exceptions import Blocked, MessageNacked, PreconditionFailed, RecoverableConnectionError
from amqp.transport import SSLTransport, TCPTransport
from kombu.transport import pyamqp

log = logging.getLogger(__name__)

#: Seconds until an answer of RabbitMQ is not waited for any more, a publish is given up, or a write is.
ANSWER_SECONDS = 5.0
_GONE = "the connection was let go"
_BLOCKED = "RabbitMQ takes nothing, since its memory or disk runs out"


class _Interruptible:
    """py-amqp waits without end for the rest of a frame. Here it may stop in the middle: what came is kept."""

    def _read(self, n: int, initial: bool = False) -> bytes:
        read: bytes = super()._read(n, initial=True)  # type: ignore[misc]
        return read


class _TcpWire(_Interruptible, TCPTransport):  # type: ignore[misc]  # py-amqp has no types
    pass


class _TlsWire(_Interruptible, SSLTransport):  # type: ignore[misc]
    def _shutdown_transport(self) -> None:
        """Say no goodbye: TLS's waits for one from the other side, which may be gone."""


class RabbitChannel(pyamqp.Channel):
    """Publishes within a time, and declares a queue whatever it was before."""

    def basic_publish(
        self, msg: Any, *arguments: Any, confirm_timeout: float | None = None, **options: Any
    ) -> Any:
        """Publish; with `confirm_timeout`, in seconds, RabbitMQ says that it has it.

        Once on a channel, it is so for whatever follows there: what it says could not be told apart.

        Raises:
            Blocked: it takes nothing, since its memory or disk runs out.
            RecoverableConnectionError: it did not take it in time.
        """
        connection = self.connection
        if connection is None:
            raise RecoverableConnectionError(_GONE)
        connection.refuse_when_blocked()
        within = {**options, "timeout": options.get("timeout") or ANSWER_SECONDS}
        try:
            if confirm_timeout is None and not self._confirm_selected:
                return self._basic_publish(msg, *arguments, **within)
            with connection.confirming():
                wait = confirm_timeout or ANSWER_SECONDS
                return self.basic_publish_confirm(msg, *arguments, confirm_timeout=wait, **within)
        except (OSError, RecoverableConnectionError) as error:
            # Half of it may be written, or what RabbitMQ says of it may come when another is waited for.
            connection.let_go()
            if isinstance(error, Blocked):
                raise
            raise RecoverableConnectionError(f"RabbitMQ did not take it ({type(error).__name__})") from error

    def queue_declare(self, queue: str = "", passive: bool = False, **options: Any) -> Any:
        """Declare a queue. One that is there with other arguments is taken as it is.

        An older installation's classic queue works: it neither grows old nor is it at hand while its machine is away.
        Doctor says how to have it made anew. A refusal costs the channel, so it is asked for on another.
        """
        if passive or not (options.get("arguments") or {}).get("x-queue-type"):
            return super().queue_declare(queue, passive=passive, **options)
        apart = self.connection.channel()
        try:
            return pyamqp.Channel.queue_declare(apart, queue, **options)
        except PreconditionFailed as error:
            return self._as_it_is(queue, error)
        finally:
            if apart.is_open:
                apart.close()

    def _as_it_is(self, queue: str, refused: PreconditionFailed) -> Any:
        try:
            declared = super().queue_declare(queue, passive=True)
        except amqp.NotFound:  # not one that is there: what is asked for is beyond this RabbitMQ
            raise refused from None
        log.info("queue %s is used as it was declared before; `mms doctor` says more", queue)
        return declared


class RabbitConnection(pyamqp.Connection):
    """Waits for no answer longer than it may; knows whether RabbitMQ takes what is published."""

    Channel = RabbitChannel

    def __init__(self, host: str, *, ssl: Any = False, **options: Any) -> None:
        self._blocked = self._confirms = False
        self._reading = threading.RLock()
        options.setdefault("write_timeout", ANSWER_SECONDS)
        super().__init__(host, ssl=_tls_options(ssl, host) if ssl else False, **options)
        self.on_blocked, self.on_unblocked = self._note_blocked, self._note_unblocked

    def Transport(  # noqa: N802 - py-amqp's name
        self, host: str, connect_timeout: float, ssl: Any = False, *more: Any, **options: Any
    ) -> Any:
        """The wire."""
        wire = _TlsWire if ssl else _TcpWire
        options |= dict(zip(("read_timeout", "write_timeout"), more, strict=False))
        return wire(host, connect_timeout=connect_timeout, ssl=ssl, **options)

    def blocking_read(self, timeout: float | None = None) -> Any:
        """Read a frame. An answer that is waited for and does not come is a connection that is gone.

        One thread at a time: tasks tell Flower what they do on the connection that the worker's loop looks at.
        """
        if self._transport is None:
            raise RecoverableConnectionError(_GONE)
        if not self._reading.acquire(blocking=timeout != 0):
            raise TimeoutError
        try:
            return super().blocking_read(ANSWER_SECONDS if timeout is None else timeout)
        except TimeoutError as error:
            if timeout is not None:
                raise
            self.let_go()
            raise RecoverableConnectionError(f"RabbitMQ does not answer in {ANSWER_SECONDS:g} s") from error
        except (AttributeError, KeyError, TypeError) as error:
            if self.connected:
                raise
            raise RecoverableConnectionError(_GONE) from error
        finally:
            self._reading.release()

    def refuse_when_blocked(self) -> None:
        """Nothing, unless RabbitMQ said that it takes nothing, and has not said since that it does.

        Raises:
            Blocked: that.
        """
        with suppress(TimeoutError):
            self.drain_events(timeout=0)
        if self._blocked:
            raise Blocked(_BLOCKED)

    @contextmanager
    def confirming(self) -> Iterator[None]:
        """In there it is an error that RabbitMQ takes nothing: it would not say of what is published that it has it."""
        self._confirms = True
        try:
            yield
        finally:
            self._confirms = False

    def let_go(self) -> None:
        """Close it without a word; whoever uses it hears that it is closed."""
        self.collect()

    def _note_blocked(self, _: str) -> None:
        self._blocked = True
        if self._confirms:
            raise Blocked(_BLOCKED)

    def _note_unblocked(self) -> None:
        self._blocked = False


class RabbitTransport(pyamqp.Transport):
    """kombu's, with that connection, and one kind of error."""

    Connection = RabbitConnection
    connection_errors = recoverable_connection_errors = (amqp.AMQPError, MessageNacked, OSError)


class RabbitTlsTransport(RabbitTransport):
    """The same with TLS, which is what `amqps://` says."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.client is not None:
            self.client.ssl = self.client.ssl or True


def _tls_options(asked: Any, host: str) -> dict[str, Any]:
    """py-amqp's words for what an address asks of TLS; the name verified is that of this host, not of the first one."""
    said = {
        name.removeprefix("ssl_"): value for name, value in (asked if isinstance(asked, dict) else {}).items()
    }
    if said.pop("check_hostname", True):
        said["server_hostname"] = host.rpartition(":")[0].strip("[]")
    return said
