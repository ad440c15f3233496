"""The ledger's address is the broker's: by TLS both verify, by a socket file both come in."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu.connection import Connection

from dispatcher.errors import MmsError
from dispatcher.ledger.store.address import address
from dispatcher.ledger.store.connection import client, translated
from dispatcher.settings import load_settings
from tasks.broker import Broker, broker_url, kombu_url, transport_of, transport_options
from tests.tls import AUTHORITY, tls_in_front_of
from tests.valkey import ValkeyServer, running_valkey


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey with a socket file."""
    folder = tmp_path_factory.mktemp("addresses")
    with running_valkey(folder, "--unixsocket", str(folder / "redis.sock")) as server:
        yield server


def connected_to(url: str) -> Any:
    """Celery's connection to a broker."""
    make: Any = Connection
    return make(kombu_url(url), transport=transport_of(url), transport_options=transport_options(url))


def of_broker(url: str) -> str:
    """The broker's address in an installation whose ledger is there."""
    return broker_url(load_settings(redis_url=url))


@pytest.mark.slow
def test_a_certificate_that_is_trusted_is_taken_by_both(server: ValkeyServer) -> None:
    with tls_in_front_of(server.port) as port:
        url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={AUTHORITY}"
        with client(url) as connected:
            assert connected.ping()
        broker = Broker(of_broker(url))
        assert set(broker.depths().values()) == {0}
        broker.close()


def test_a_certificate_that_nobody_knows_is_refused_by_both(server: ValkeyServer) -> None:
    with tls_in_front_of(server.port) as port:
        url = f"rediss://127.0.0.1:{port}/0"
        with (
            client(url) as connected,
            pytest.raises(MmsError, match="certificate that is not trusted"),
            translated(),
        ):
            connected.ping()
        with pytest.raises(MmsError, match="broker"):
            Broker(of_broker(url)).depths()


def test_celery_is_told_to_verify_certificate_and_name() -> None:
    url = of_broker("rediss://:secret@redis.example:6380/2")
    connection = connected_to(url)
    assert connection.ssl == {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    assert (connection.hostname, connection.port, connection.virtual_host) == ("redis.example", 6380, "2")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", "ssl_cert_reqs=required&ssl_check_hostname=true"),
        ("?ssl_cert_reqs=CERT_REQUIRED", "ssl_cert_reqs=required&ssl_check_hostname=true"),
        ("?ssl_cert_reqs=none", "ssl_cert_reqs=none&ssl_check_hostname=false"),
        (
            "?ssl_ca_certs=/etc/ca.pem",
            "ssl_ca_certs=/etc/ca.pem&ssl_cert_reqs=required&ssl_check_hostname=true",
        ),
    ],
)
def test_tls_verifies_unless_the_address_says_otherwise(said: str, meant: str) -> None:
    assert address(f"rediss://h:1/0{said}") == f"rediss://h:1/0?{meant}"


def test_an_address_without_tls_stays_as_it_is() -> None:
    assert address("redis://:p%40ss@h:1/0") == "redis://:p%40ss@h:1/0"


def test_hints_go_through_a_socket_file(server: ValkeyServer) -> None:
    url = of_broker(f"unix://{server.folder}/redis.sock?db=3")
    with connected_to(url) as connection:
        queue = connection.SimpleQueue("send")
        queue.put({"hint": 1})
        assert queue.get(timeout=5).payload == {"hint": 1}
        queue.close()
        broker = Broker(url)
        assert set(broker.depths().values()) == {0}
        broker.close()


@pytest.mark.parametrize(
    "url", ["http://h:1", "redis:/h", "redis://h:port/0", "sentinel://h:port/0", "sentinel://h:1,,h:2/0"]
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(MmsError, match="no address of a Redis"):
        client(url.replace("//", "//:secret@"))
