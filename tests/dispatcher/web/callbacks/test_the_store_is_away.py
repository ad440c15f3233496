from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from tests.dispatcher.web.conftest import KEY, TOKEN
from tests.dispatcher.web.processes import start, wait_until_ready
from tests.dispatcher.web.receivers import receiver
from tests.factories import add_campaign, make_batch, make_claim, number_of, take
from tests.stack import until
from tests.valkey import ValkeyServer, free_port

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.dispatcher.web.conftest import Serve

URL = f"/callbacks/carrierx/{KEY}"


@pytest.fixture
def own(server: ValkeyServer) -> Iterator[Redis]:
    """A client of it that connects anew for each call."""
    with Redis.from_url(server.url) as client:
        yield client


@pytest.fixture
def client(serve: Serve, server: ValkeyServer, tmp_path: Path) -> Iterator[httpx.Client]:
    """What calls a receiver on that Valkey."""
    address = serve(receiver(server.url, tmp_path / "spool"))
    with httpx.Client(base_url=address, trust_env=False, verify=False) as client:
        yield client


def body(number: int) -> bytes:
    return json.dumps({"n": number}).encode()


def call(client: httpx.Client, number: int) -> int:
    return client.post(URL, content=body(number)).status_code


def stored(own: Redis) -> list[int]:
    """The callbacks in the stream, in its order."""
    found: Any = own.xrange(keys.CALLBACKS)
    return [json.loads(fields[b"raw"])["n"] for _, fields in found]


def has(own: Redis, count: int) -> bool:
    return len(stored(own)) == count


def test_callbacks_are_taken_while_redis_is_away_and_go_in_when_it_is_back_in_order(
    client: httpx.Client, server: ValkeyServer, own: Redis
) -> None:
    assert call(client, 0) == 200
    server.kill()
    assert [call(client, number) for number in range(1, 50)] == [200] * 49
    server.start()
    assert [call(client, number) for number in range(50, 60)] == [200] * 10
    until(lambda: len(stored(own)) == 60)
    assert stored(own) == list(range(60))


def test_callbacks_that_come_together_while_redis_dies_are_all_kept(
    client: httpx.Client, server: ValkeyServer, own: Redis
) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = [pool.submit(call, client, number) for number in range(400)]
        until(lambda: len(stored(own)) > 50)
        server.kill()
        assert [answer.result() for answer in answers] == [200] * 400
    server.start()
    until(lambda: set(stored(own)) == set(range(400)))


def test_redis_may_go_again_and_again(client: httpx.Client, server: ValkeyServer, own: Redis) -> None:
    for turn in range(3):
        server.kill()
        assert [call(client, 10 * turn + number) for number in range(10)] == [200] * 10
        server.start()
        until(partial(has, own, 10 * turn + 10))
    assert stored(own) == list(range(30))


def test_a_full_spool_asks_the_sender_to_come_again(
    serve: Serve, server: ValkeyServer, own: Redis, tmp_path: Path
) -> None:
    with httpx.Client(
        base_url=serve(receiver(server.url, tmp_path, max_bytes=100)), trust_env=False
    ) as client:
        server.kill()
        answers = [call(client, number) for number in range(10)]
        assert answers == [200] * 4 + [503] * 6
        server.start()
        until(lambda: stored(own) == [0, 1, 2, 3])
        assert call(client, 10) == 200


def test_a_disk_that_takes_nothing_is_told_of_and_forgotten_when_it_does_again(
    client: httpx.Client, server: ValkeyServer, own: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    server.kill()
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", read_only)
        patched.setattr(os, "ftruncate", read_only)
        assert [call(client, number) for number in range(2)] == [503, 503]
    assert call(client, 2) == 200
    server.start()
    until(lambda: has(own, 1))
    assert stored(own) == [2]
    assert call(client, 3) == 200


def test_a_receiver_says_when_it_is_clear_after_a_restart_of_redis(
    client: httpx.Client, server: ValkeyServer, own: Redis
) -> None:
    agenda = Ledger(own).agenda
    until(lambda: own.keys(f"{keys.RECEIVER}the-receiver-*"))
    assert agenda.receivers_draining() == []
    server.kill()
    server.start()
    assert call(client, 1) == 200
    until(lambda: agenda.receivers_draining() == [])
    assert stored(own) == [1]


def test_a_receiver_that_was_not_heard_since_the_restart_counts_as_draining(own: Redis) -> None:
    agenda = Ledger(own).agenda
    own.sadd(keys.RECEIVERS, "a", "b", "c", "d")
    run = own.info("server")["run_id"]
    own.mset(
        {
            keys.RECEIVER + "a": f"clear:{run}",
            keys.RECEIVER + "b": "clear:an-earlier-run",
            keys.RECEIVER + "c": "draining",
        }
    )
    assert agenda.receivers_draining() == ["b", "c"]


def test_a_killed_receivers_spool_is_drained_by_the_next_start_though_its_end_is_torn(
    ended: list[subprocess.Popen[bytes]], server: ValkeyServer, own: Redis, tmp_path: Path
) -> None:
    port = free_port()
    settings = {"redis_url": server.url, "data_dir": tmp_path, "simulate": 1, "web_port": port}
    settings |= {"admin_token": TOKEN, "callback_key": KEY}
    address = f"http://127.0.0.1:{port}"
    process = start(ended, tmp_path / "log", **settings)
    wait_until_ready(address, process)
    server.kill()
    with httpx.Client(base_url=address, trust_env=False, verify=False) as client:
        assert [call(client, number) for number in range(20)] == [200] * 20
    process.kill()
    process.wait(timeout=60)
    [left] = (tmp_path / "spool").iterdir()
    with left.open("ab") as file:
        file.write(b"\x09\x00\x00\x00half a record")
    server.start()
    wait_until_ready(address, start(ended, tmp_path / "log", **settings))
    until(lambda: len(stored(own)) == 20)
    assert stored(own) == list(range(20))


def test_an_opt_out_is_not_said_to_be_taken_before_it_is_on_the_list_but_is_never_lost(
    client: httpx.Client, server: ValkeyServer, own: Redis
) -> None:
    stop = {"message_sid": "a1", "direction": "inbound", "status": "received", "message": "STOP"}
    server.kill()
    assert client.post(URL, json={**stop, "from": "15165550123", "to": "15162065575"}).status_code == 503
    server.start()
    until(lambda: Ledger(own).optouts.is_out("15165550123"))


def test_what_cannot_be_read_is_kept_for_a_person_though_redis_is_away(
    client: httpx.Client, server: ValkeyServer, own: Redis
) -> None:
    server.kill()
    assert client.post(URL, content=b"what is this").status_code == 400
    assert call(client, 1) == 200
    server.start()
    until(lambda: stored(own) == [1])
    [letter] = Ledger(own).dead_letters.newest(9)
    assert letter.raw == b"what is this"


def test_nothing_is_claimed_for_a_number_whose_stop_was_spooled_while_redis_was_away(
    client: httpx.Client, server: ValkeyServer, own: Redis
) -> None:
    ledger = Ledger(own)
    add_campaign(ledger, make_batch(1, 1))
    until(lambda: own.keys(f"{keys.RECEIVER}the-receiver-*"))
    taken = take(ledger)
    stop = {"message_sid": "a1", "direction": "inbound", "status": "received", "message": "STOP"}
    server.kill()
    client.post(URL, json={**stop, "from": number_of(1), "to": "15162065575"})
    assert all(call(client, number) == 200 for number in range(30))
    server.start()
    asked = [make_claim(taken, row, numbers=(number_of(row + 1),)) for row in range(2)]
    words: list[list[str]] = []
    while not words or "wait" in words[-1]:
        now_ms = ledger.agenda.now_ms()
        _, answers = ledger.batches.record_and_claim(
            taken.hold, [], asked, caller_ms=now_ms, fingerprint="fp"
        )
        words.append([answer.word for answer in answers])
    assert words[-1] == ["skip", "go"]
    assert all(word == ["wait", "wait"] for word in words[:-1])
