"""RabbitMQ as a broker of one's own: its address, its queues, and who waits for it."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from amqp.exceptions import AMQPError, NotFound
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.exceptions import KombuError

from dispatcher.errors import ConfigError
from dispatcher.queues import HINT_SECONDS, QUEUE_NAMES
from dispatcher.settings import load_settings
from tasks import rabbitmq_transport
from tasks.broker import Broker, broker_url
from tasks.broker_findings import look_at_broker
from tasks.rabbitmq import CONFIRM_SECONDS, hosts_of, publish_tries, queue_arguments, rabbitmq_address
from tests.proxy import Proxy
from tests.rabbitmq import LOGIN, RabbitServer
from tests.tls import AUTHORITY
from tests.valkey import free_port


def with_server(test: Callable[..., None]) -> Callable[..., None]:
    """A test that speaks with the one RabbitMQ of the run."""
    marked: Callable[..., None] = pytest.mark.slow(pytest.mark.xdist_group("rabbitmq")(test))
    return marked


def connected(url: str) -> Any:
    """A connection as Celery makes it."""
    make: Any = Connection
    return make(url, connect_timeout=4)


def found(url: str) -> list[tuple[str, str]]:
    """What doctor says of the broker at this address."""
    return [(each.verdict, each.seen) for each in look_at_broker(load_settings(broker_url=url))]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("amqp://u:p@h/v", "amqp://u:p@h/v"),
        ("pyamqp://u:p@h/v", "amqp://u:p@h/v"),
        (
            "amqp://u:p%40@a,b:5673,[::1]:5674/v",
            "amqp://u:p%40@a/v;amqp://u:p%40@b:5673/v;amqp://u:p%40@[::1]:5674/v",
        ),
        ("amqp://a/v;amqp://b/v", "amqp://a/v;amqp://b/v"),
        ("amqps://u:p@h/", "amqps://u:p@h/?ssl_cert_reqs=required&ssl_check_hostname=true"),
        ("amqps://h/v?ssl_cert_reqs=CERT_NONE", "amqps://h/v?ssl_cert_reqs=none&ssl_check_hostname=false"),
    ],
)
def test_an_address_says_every_host_and_what_tls_verifies(said: str, meant: str) -> None:
    assert rabbitmq_address(said) == meant
    assert broker_url(load_settings(broker_url=said)) == meant


@pytest.mark.parametrize(
    "said",
    [
        "amqp://u:secret@/v",
        "amqp://u:secret@h:port/v",
        "amqp://u:secret@h/v?ssl_ca_certs=/x",
        "amqps://u:secret@h/v?heartbeat=3",
        "amqps://u:secret@h/v?ssl_cert_reqs=perhaps",
        "amqp://u:secret@h/v;http://u:secret@h",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(said: str) -> None:
    with pytest.raises(ConfigError, match="no address of a RabbitMQ") as refused:
        rabbitmq_address(said)
    assert "secret" not in f"{refused.value} {refused.value.hint}"


def test_every_host_is_tried_to_publish_to_and_a_single_one_twice() -> None:
    assert [
        publish_tries(url) for url in ("amqp://a", "amqp://a;amqp://b", "amqp://a;amqp://b;amqp://c")
    ] == [1, 1, 2]
    assert hosts_of("amqp://u:p@a:1/v;amqp://u:p@b/v") == ["a:1", "b"]


def test_tls_verifies_the_name_of_the_host_that_is_spoken_with_and_shows_our_certificate() -> None:
    words = "ssl_ca_certs=/a.pem&ssl_certfile=/own.pem&ssl_keyfile=/own.key"
    connection = connected(rabbitmq_address(f"amqps://u:p@first.example,second.example:5699/v?{words}"))
    for host in ("first.example:5671", "second.example:5699"):
        assert rabbitmq_transport._tls_options(connection.ssl, host) == {
            "ca_certs": "/a.pem",
            "certfile": "/own.pem",
            "keyfile": "/own.key",
            "cert_reqs": ssl.CERT_REQUIRED,
            "server_hostname": host.split(":")[0],
        }
        connection.switch(next(connection.cycle))


def seconds_of(act: Callable[[], object], error: type[Exception] | tuple[type[Exception], ...]) -> float:
    """How long it took to fail so."""
    began = time.monotonic()
    with pytest.raises(error):
        act()
    return time.monotonic() - began


def hint_queue(name: str, channel: Any, **arguments: Any) -> Any:
    """A queue as ours are declared, or with other arguments."""
    make: Any = Queue
    return make(name, channel=channel, queue_arguments=arguments or queue_arguments(HINT_SECONDS))


def hint(producer: Any) -> None:
    """One hint into the queue `send`, as `tasks.hints` publishes it."""
    producer.publish({}, routing_key="send", confirm_timeout=CONFIRM_SECONDS, retry=False)


@with_server
def test_hints_go_by_tls_whose_certificate_is_believed(rabbitmq: RabbitServer) -> None:
    trusted = rabbitmq_address(f"{rabbitmq.tls_url}?ssl_ca_certs={AUTHORITY}")
    with closing(Broker(trusted)) as broker:
        assert set(broker.depths()) == set(QUEUE_NAMES)
    assert [verdict for verdict, _ in found(f"{rabbitmq.tls_url}?ssl_cert_reqs=none")] == ["ok"]


@with_server
def test_what_is_wrong_with_it_is_told_in_a_sentence_without_the_login(rabbitmq: RabbitServer) -> None:
    host = f"127.0.0.1:{rabbitmq.port}"
    wrong = {
        f"{rabbitmq.tls_url}": "certificate that is not trusted",
        f"amqp://{LOGIN}x@{host}/%2F": "refuses the login",
        f"amqp://{LOGIN}@{host}/nowhere": "does not let this user into the virtual host, or has none of this name",
        f"amqp://{LOGIN}@127.0.0.1:{free_port()}/%2F": "does not answer (ConnectionRefusedError)",
    }
    for url, sentence in wrong.items():
        [(verdict, message)] = found(url)
        assert (verdict, sentence in message) == ("bad", True), message
        assert "127.0.0.1" in message
        assert "p%40ss" not in message


@with_server
def test_a_host_that_is_gone_is_left_for_the_next_one(rabbitmq: RabbitServer) -> None:
    url = broker_url(
        load_settings(broker_url=f"amqp://{LOGIN}@127.0.0.1:{free_port()},127.0.0.1:{rabbitmq.port}/")
    )
    assert [verdict for verdict, _ in found(url)] == ["ok"]
    with connected(url) as connection:
        producer = connection.Producer()
        hint_queue("send", connection.default_channel).declare()
        producer.publish(
            {}, routing_key="send", confirm_timeout=1, retry=True, retry_policy={"max_retries": 1}
        )
        assert isinstance(connection.connection, rabbitmq_transport.RabbitConnection)


@with_server
def test_a_queue_of_hints_is_a_quorum_queue_that_neither_grows_nor_ages_without_end(
    rabbitmq: RabbitServer,
) -> None:
    with connected(rabbitmq.add_host("fresh")) as connection:
        hint_queue("send", connection.default_channel).declare()
        hint_queue("short", connection.default_channel, **queue_arguments(1) | {"x-max-length": 3}).declare()
        for _ in range(5):
            connection.Producer().publish({}, routing_key="short", confirm_timeout=5)
        passive = connection.channel().queue_declare
        assert passive("short", passive=True).message_count == 3
        deadline = time.monotonic() + 20
        while passive("short", passive=True).message_count:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    facts = rabbitmq.queue("send", "fresh")
    assert (facts["type"], facts["durable"]) == ("quorum", True)
    assert facts["arguments"] == {"x-queue-type": "quorum", "x-message-ttl": 60_000, "x-max-length": 10_000}


@with_server
def test_a_queue_of_an_older_installation_is_used_as_it_is_and_doctor_says_how_to_have_it_anew(
    rabbitmq: RabbitServer,
) -> None:
    url = rabbitmq.add_host("older")
    rabbitmq.api("PUT", "queues/older/send", {"durable": True})
    with connected(url) as connection:
        channel = connection.default_channel
        channel.basic_qos(0, 1, False)
        queue = hint_queue("send", channel)
        queue.declare()
        for _ in range(3):
            hint(connection.Producer(channel))
        taken: list[Any] = []
        queue.consume(callback=taken.append, no_ack=False)
        assert fails(lambda: [connection.drain_events(timeout=0.5) for _ in range(4)])
        assert len(taken) == 1, "how many it may hold was asked for before the queue was declared"
    [_, (verdict, message)] = found(url)
    assert (verdict, "send" in message) == ("note", True)


@with_server
def test_a_queue_that_is_not_there_and_not_to_be_had_is_an_error(rabbitmq: RabbitServer) -> None:
    with connected(rabbitmq.add_host("odd")) as connection:
        odd = hint_queue("odd", connection.default_channel, **{"x-queue-type": "quorum", "x-max-priority": 3})
        with pytest.raises(AMQPError):
            odd.declare()
        with pytest.raises(NotFound):
            connection.channel().queue_declare("odd", passive=True)


@with_server
def test_nobody_waits_for_a_rabbitmq_that_takes_nothing(rabbitmq: RabbitServer) -> None:
    with connected(rabbitmq.add_host("full")) as connection:
        producer = connection.Producer()
        hint_queue("send", connection.default_channel).declare()
        hint(producer)
        rabbitmq.alarm(on=True)
        try:
            assert seconds_of(lambda: hint(producer), (KombuError, AMQPError)) < CONFIRM_SECONDS + 1
            [(verdict, message)] = found(rabbitmq.address("full"))
            assert (verdict, "takes nothing" in message) == ("bad", True)
            events = connection.clone()
            shown = events.Producer()
            until(lambda: fails(lambda: shown.publish({}, routing_key="nobody")), 20)
            assert events.connected, "what is not confirmed is refused without giving up the connection"
        finally:
            rabbitmq.alarm(on=False)
        until(lambda: not fails(lambda: shown.publish({}, routing_key="nobody")), 20)
        events.release()


@with_server
def test_nobody_waits_for_a_rabbitmq_that_says_nothing(
    rabbitmq: RabbitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq_transport, "ANSWER_SECONDS", 1.0)
    url = rabbitmq.add_host("silent")
    with Proxy(rabbitmq.port) as proxy, connected(rabbitmq.address("silent", proxy.port)) as connection:
        hint_queue("send", connection.default_channel).declare()
        producer = connection.Producer()
        hint(producer)
        other = connected(rabbitmq.address("silent", proxy.port))
        channel = other.channel()
        proxy.silence()
        assert seconds_of(lambda: hint(producer), (KombuError, AMQPError, OSError)) < CONFIRM_SECONDS + 1
        asked = seconds_of(lambda: channel.queue_declare("send", passive=True), (AMQPError, OSError))
        assert 0.9 < asked < 3
        assert seconds_of(lambda: channel.queue_declare("send", passive=True), (AMQPError, OSError)) < 0.5
        proxy.mend()
        producer.publish(
            {}, routing_key="send", confirm_timeout=5, retry=True, retry_policy={"max_retries": 1}
        )
    with closing(Broker(url)) as broker:
        assert broker.depths()["send"] >= 2


@with_server
def test_a_confirmation_is_that_of_what_was_published_last(rabbitmq: RabbitServer) -> None:
    """Else one that nobody waited for would be taken for it."""
    with connected(rabbitmq.add_host("confirms")) as connection:
        channel = connection.default_channel
        hint_queue("send", channel).declare()
        producer = connection.Producer(channel)
        for confirmed in (None, 5, None, None, 5):
            producer.publish({}, routing_key="send", confirm_timeout=confirmed)
        told: list[Any] = []
        channel.events["basic_ack"].add(lambda *said: told.append(said))
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=0.3)
        assert told == []


@with_server
def test_two_threads_do_not_read_half_a_frame_each(rabbitmq: RabbitServer) -> None:
    with connected(rabbitmq.add_host("threads")) as connection:
        hint_queue("send", connection.default_channel).declare()
        real, reading, go_on = connection.connection, threading.Event(), threading.Event()

        def read() -> None:
            with real._reading:
                reading.set()
                go_on.wait(20)

        other = threading.Thread(target=read)
        other.start()
        try:
            assert reading.wait(20)
            with pytest.raises(TimeoutError):
                real.blocking_read(timeout=0)
            connection.Producer().publish({}, routing_key="send")
        finally:
            go_on.set()
            other.join()
        ask = connection.default_channel.queue_declare
        until(lambda: ask("send", passive=True).message_count == 1, 20)


def test_a_frame_of_which_the_rest_does_not_come_is_waited_for_no_longer_than_it_may() -> None:
    one, other = socket.socketpair()
    with one, other:
        wire = rabbitmq_transport._TcpWire("127.0.0.1:1")
        wire.sock, wire.connected = one, True
        wire._setup_transport()
        other.sendall(b"\x08\x00\x00\x00\x00\x00")
        one.settimeout(0)
        with pytest.raises(TimeoutError):
            wire.read_frame()
        other.sendall(b"\x00\xce")
        assert wire.read_frame() == (8, 0, b"")


def fails(act: Callable[[], object]) -> bool:
    """Whether RabbitMQ does not take it."""
    try:
        act()
    except (KombuError, AMQPError, OSError):
        return True
    return False


def until(happened: Callable[[], bool], seconds: float) -> None:
    """Return when it happened; fail if it does not in this time."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)
