"""A question without the client is understood as the client's is, whatever the address says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from dispatcher.errors import ConfigError, MmsError, StoreUnavailable
from dispatcher.ledger.store import question
from dispatcher.ledger.store.connection import client
from dispatcher.ledger.store.question import Inquiry
from tests.tls import AUTHORITY, tls_in_front_of


@pytest.fixture
def with_users(redis: Redis) -> Iterator[Redis]:
    """The server with a user whose name and password are hard to write."""
    server: Any = redis
    server.execute_command("ACL", "SETUSER", "a/user", "reset", "on", ">+p@ss %wörd", "~*", "+@all")
    yield redis
    redis.acl_deluser("a/user")


def port_of(redis: Redis) -> int:
    """Where it listens."""
    return int(redis.connection_pool.connection_kwargs["port"])


def both(url: str, **options: Any) -> tuple[Any, Any]:
    """What the question answers, and what the client does."""
    with Inquiry(url) as inquiry:
        asked = inquiry.ask("GET", "mms:q")
    ours = client(url, **options)
    try:
        return asked, ours.get("mms:q")
    finally:
        ours.close()


def test_a_text_a_number_and_nothing_are_told_apart(redis: Redis, valkey_url: str) -> None:
    redis.set("mms:q", b"a\r\n\xff")
    with Inquiry(valkey_url) as inquiry:
        assert inquiry.ask("GET", "mms:q") == b"a\r\n\xff"
        assert inquiry.ask("EXISTS", "mms:q") == 1
        assert inquiry.ask("GET", "mms:none") is None
        assert inquiry.ask("PING") == b"PONG"


@pytest.mark.parametrize(
    "rest", ["/0", "", "/", "/3", "?db=3", "/0?db=3", "/nonsense", "/3?socket_timeout=2"]
)
def test_the_database_is_the_one_that_the_client_takes(redis: Redis, valkey_url: str, rest: str) -> None:
    base = valkey_url.rstrip("/0")
    for database in ("0", "3"):
        with client(f"{base}/{database}") as one:
            one.set("mms:q", f"in {database}")
    asked, known = both(f"{base}{rest}")
    assert asked == known
    with client(f"{base}/3") as one:
        one.delete("mms:q")


def test_a_user_and_a_password_are_read_as_the_client_reads_them(with_users: Redis) -> None:
    with_users.set("mms:q", "here")
    at = f"127.0.0.1:{port_of(with_users)}/0"
    assert both(f"redis://a%2Fuser:%2Bp%40ss%20%25w%C3%B6rd@{at}") == (b"here", b"here")
    assert both(f"redis://{at}?username=a/user&password=%2Bp%40ss+%25w%C3%B6rd") == (b"here", b"here")


def test_tls_is_verified_as_the_client_verifies_it(redis: Redis) -> None:
    redis.set("mms:q", "here")
    with tls_in_front_of(port_of(redis)) as port:
        trusted = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={AUTHORITY}"
        assert both(trusted) == (b"here", b"here")
        assert both(f"rediss://127.0.0.1:{port}/0?ssl_cert_reqs=none") == (b"here", b"here")
        with pytest.raises(StoreUnavailable):
            Inquiry(f"rediss://127.0.0.1:{port}/0")
        with pytest.raises(StoreUnavailable):
            Inquiry(f"rediss://localhost:{port}/0?ssl_ca_certs={AUTHORITY}")


def test_a_socket_file_is_asked_too(tmp_path: Path) -> None:
    path = tmp_path / "a b.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as words:
                for answer in (b"+OK\r\n", b"$4\r\nhere\r\n"):
                    count = int(words.readline()[1:])
                    for _ in range(2 * count):
                        words.readline()
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with Inquiry(f"unix://{str(path).replace(' ', '%20')}?db=2") as inquiry:
            assert inquiry.ask("GET", "mms:q") == b"here"
        thread.join()


@pytest.mark.parametrize("url", ["http://h:1/0", "redis://h:port/0", "", "rediss://h:1/0?ssl_cert_reqs=some"])
def test_what_is_no_address_is_said_without_its_text(url: str) -> None:
    with pytest.raises(MmsError) as met:
        Inquiry(url)
    assert "port" not in met.value.message


def test_a_refusal_is_told_by_its_code_alone(redis: Redis, valkey_url: str) -> None:
    at = f"127.0.0.1:{port_of(redis)}/0"
    with pytest.raises(StoreUnavailable, match=r"^Redis says \w+$") as met:
        Inquiry(f"redis://nobody:my-password@{at}")
    assert "password" not in met.value.message
    redis.lpush("mms:l", 1)
    with Inquiry(valkey_url) as inquiry, pytest.raises(StoreUnavailable, match=r"^Redis says WRONGTYPE$"):
        inquiry.ask("GET", "mms:l")


def test_one_that_says_nothing_is_waited_for_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        with Inquiry(url) as inquiry, pytest.raises(StoreUnavailable, match="does not answer"):
            inquiry.ask("PING")
    with pytest.raises(StoreUnavailable, match="does not answer"):
        Inquiry(url)


def test_the_error_of_a_wrong_address_is_the_clients(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as ours:
        Inquiry("redis://h:port/0")
    with pytest.raises(ConfigError) as clients:
        client("redis://h:port/0")
    assert ours.value.message == clients.value.message
