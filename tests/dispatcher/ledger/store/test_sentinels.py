"""Who is believed of several Sentinels, and what is said when none helps."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from redis import Redis

from dispatcher.errors import ConfigError, MmsError, StoreUnavailable
from dispatcher.ledger.store import sentinels
from dispatcher.ledger.store.connection import client, connections_made, translated
from dispatcher.ledger.store.question import Inquiry
from dispatcher.ledger.store.sentinel_address import sentinel_address
from dispatcher.ledger.store.sentinels import primary_of
from tests.valkey import ValkeyServer, free_port

OLD, NEW = ("10.0.0.1", 6379), ("10.0.0.2", 6379)
UNKNOWN = (b"-ERR No such master with that name\r\n", b"*-1\r\n")
REFUSED = (b"-NOAUTH Authentication required.\r\n",) * 2
FORBIDDEN = (b"-NOPERM User default has no permissions to run the 'sentinel|master' command\r\n",) * 2
STRANGE = (b"+what?\r\n",) * 2
Answers = tuple[bytes, bytes]


def says(place: tuple[str, int], epoch: int, flags: str = "master", *, held: Any = None) -> Answers:
    """What a Sentinel answers that names this place; `held` is the one that it watches, if that is another still."""
    watches = held or place
    state = ["name", "mymaster", "ip", watches[0], "port", watches[1], "flags", flags, "config-epoch", epoch]
    return _texts(*state), _texts(*place)


def _texts(*texts: object) -> bytes:
    parts = [str(text).encode() for text in texts]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    answers: Answers | None


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        while line := self.rfile.readline():
            words = [self.rfile.readline() and self.rfile.readline().strip() for _ in range(int(line[1:]))]
            if self.server.answers is None:
                time.sleep(30)
            if b"AUTH" in words:
                self.wfile.write(b"+OK\r\n")
                continue
            of_state, of_place = self.server.answers or (b"", b"")
            self.wfile.write(of_place if b"GET-MASTER-ADDR-BY-NAME" in words else of_state)


@contextmanager
def asked(*said: Answers | None) -> Iterator[str]:
    """The address of Sentinels that answer so; None says nothing."""
    with ExitStack() as stack:
        places = []
        for answers in said:
            server = stack.enter_context(_Server(("127.0.0.1", 0), _Handler))
            server.answers = answers
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            stack.callback(server.shutdown)
            places.append(f"127.0.0.1:{server.server_address[1]}")
        yield f"sentinel://user:my-secret@{','.join(places)}/0?sentinel_password=their-secret"


def told(url: str) -> MmsError:
    """The error of asking, which is the client's and that of a question alike."""
    with pytest.raises(MmsError) as met:
        primary_of(sentinel_address(url))
    with pytest.raises(MmsError) as clients, translated(), client(url) as connected:
        connected.ping()
    with pytest.raises(MmsError) as asks:
        Inquiry(url)
    assert met.value.message == clients.value.message == asks.value.message
    assert type(met.value) is type(clients.value) is type(asks.value)
    for word in ("secret", "user:"):
        assert word not in f"{clients.value.message} {clients.value.hint} {clients.value.__cause__!r}"
    return met.value


@pytest.mark.parametrize(
    "said",
    [
        [says(OLD, 3), says(NEW, 4), None],
        [says(NEW, 4), says(OLD, 3), None],
        [says(OLD, 3, "master,s_down,o_down"), says(NEW, 4), REFUSED],
        [UNKNOWN, says(NEW, 4, "master,o_down,failover_in_progress", held=OLD), says(OLD, 3)],
        [says(NEW, 4, "s_down,master"), says(NEW, 4), says(OLD, 3)],
        [says(NEW, 0)],
        [STRANGE, says(NEW, 1)],
    ],
)
def test_whoever_knows_of_the_latest_failover_is_believed(
    said: Sequence[Answers | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentinels, "SECONDS", 0.3)
    with asked(*said) as url:
        assert primary_of(sentinel_address(url)) == NEW


def test_one_that_says_nothing_is_not_waited_for_when_a_majority_agrees() -> None:
    with asked(None, says(NEW, 4), says(NEW, 4)) as url:
        begun = time.monotonic()
        assert primary_of(sentinel_address(url)) == NEW
        assert time.monotonic() - begun < sentinels.SECONDS


def test_a_primary_that_all_hold_for_dead_is_not_tried() -> None:
    with asked(says(OLD, 3, "master,s_down"), says(OLD, 3, "master,s_down,o_down")) as url:
        error = told(url)
    assert isinstance(error, StoreUnavailable)
    assert error.message == "the Sentinels hold the primary 10.0.0.1:6379 for dead, and name no other"


def test_no_answer_says_who_was_asked_and_what_each_did(
    monkeypatch: pytest.MonkeyPatch, valkey_url: str
) -> None:
    monkeypatch.setattr(sentinels, "SECONDS", 0.3)
    nobody, server = free_port(), valkey_url.rpartition(":")[2].partition("/")[0]
    with asked(None) as url:
        silent = url.rpartition(":")[2].partition("/")[0]
        error = told(f"sentinel://127.0.0.1:{nobody},127.0.0.1:{server},127.0.0.1:{silent}/0")
    assert isinstance(error, StoreUnavailable)
    assert error.message == (
        f"no Sentinel answers (127.0.0.1:{nobody}: ConnectionRefusedError, 127.0.0.1:{server}: it says ERR: is it a "
        f"Sentinel?, 127.0.0.1:{silent}: TimeoutError)"
    )


def test_an_unknown_name_is_said_with_the_word_that_mends_it() -> None:
    with asked(UNKNOWN, UNKNOWN) as url:
        error = told(f"{url}&master_name=other")
    assert isinstance(error, StoreUnavailable)
    assert error.message.startswith("no Sentinel knows a primary named 'other' (asked: 127.0.0.1:")
    assert "master_name" in error.hint


@pytest.mark.parametrize(("answers", "word"), [(REFUSED, "password"), (FORBIDDEN, "let this user ask")])
def test_a_refusal_is_a_matter_of_the_address(answers: Answers, word: str) -> None:
    with asked(answers, answers) as url:
        error = told(url)
    assert isinstance(error, ConfigError)
    assert word in error.message
    assert "sentinel" in error.hint


@pytest.mark.parametrize("scheme", ["sentinels", "rediss"])
def test_what_is_said_of_tls_and_cannot_be_is_no_address(scheme: str) -> None:
    for ask in (client, Inquiry):
        with pytest.raises(ConfigError, match="no address of a Redis"), translated():
            ask(f"{scheme}://127.0.0.1:1/0?ssl_cert_reqs=some")


def test_a_primary_that_is_named_and_does_not_answer_is_called_so(redis: Redis) -> None:
    port = free_port()
    with (
        asked(says(("127.0.0.1", port), 1)) as url,
        client(url) as connected,
        pytest.raises(StoreUnavailable) as met,
        translated(),
    ):
        connected.ping()
    assert met.value.message == (
        f"the primary that the Sentinels name (127.0.0.1:{port}) does not answer (ConnectionError)"
    )


def test_one_that_became_a_replica_is_called_so_and_left(server: ValkeyServer) -> None:
    with asked(says(("127.0.0.1", server.port), 1)) as url, Redis.from_url(server.url) as admin:
        admin.execute_command("REPLICAOF", "127.0.0.1", free_port())
        with client(url.replace("user:my-secret@", "")) as connected:
            for made in (1, 2):
                with (
                    pytest.raises(StoreUnavailable, match=r"takes no writes \(READONLY\)") as met,
                    translated(),
                ):
                    connected.set("mms:q", 1)
                assert "Sentinels are asked anew" in met.value.hint
                assert connections_made(connected) == made


def test_a_server_that_refuses_the_password_is_not_taken_for_a_sentinel(redis: Redis) -> None:
    place = ("127.0.0.1", int(redis.connection_pool.connection_kwargs["port"]))
    with (
        asked(says(place, 1)) as url,
        client(url) as connected,
        pytest.raises(ConfigError, match="Redis refuses the password"),
        translated(),
    ):
        connected.ping()
