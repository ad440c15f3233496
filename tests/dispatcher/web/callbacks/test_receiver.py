from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from redis import Redis

from dispatcher.carrierx.callback_probe import probe_receiver
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.installation.callback_challenges import put_challenge
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from tests.dispatcher.web.conftest import KEY
from tests.dispatcher.web.receivers import receiver

if TYPE_CHECKING:
    from tests.dispatcher.web.conftest import Serve

URL = f"/callbacks/carrierx/{KEY}"


@pytest.fixture
def client(serve: Serve, valkey_url: str, redis: Redis, tmp_path: Path) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=serve(receiver(valkey_url, tmp_path)), trust_env=False) as client:
        yield client


def entries(redis: Redis) -> Any:
    return redis.xrange(keys.CALLBACKS)


def stored(redis: Redis) -> list[bytes]:
    return [fields[b"raw"] for _, fields in entries(redis)]


def test_a_callback_is_in_the_stream_before_it_is_answered(client: httpx.Client, redis: Redis) -> None:
    answer = client.post(URL, content=b'{"status": "sent"}')
    assert (answer.status_code, answer.content) == (200, b"")
    assert stored(redis) == [b'{"status": "sent"}']


def test_the_time_of_receipt_is_kept_beside_the_body(client: httpx.Client, redis: Redis) -> None:
    client.post(URL, content=b"{}")
    [(entry_id, fields)] = entries(redis)
    assert abs(int(fields[b"at"]) - int(entry_id.split(b"-")[0])) < 5000


@pytest.mark.parametrize("path", ["wrong", "", KEY + "x", KEY[:-1], KEY + "/", "%E2%98%83"])
def test_a_wrong_key_is_not_found_and_nothing_is_stored(
    client: httpx.Client, redis: Redis, path: str
) -> None:
    assert client.post(f"/callbacks/carrierx/{path}", content=b"{}").status_code == 404
    assert stored(redis) == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"x"', b"{", b"\xff\xfe{", b"[" * 60_000, b'{"a":' + b"9" * 9000 + b"}"]
)
def test_a_body_in_which_nothing_can_be_read_is_refused_and_kept_for_a_person(
    client: httpx.Client, redis: Redis, body: bytes
) -> None:
    assert client.post(URL, content=body).status_code == 400
    assert stored(redis) == []
    assert [letter.raw for letter in Ledger(redis).dead_letters.newest(9)] == ([body] if body else [])


@pytest.mark.parametrize(
    "body", [b'{"from": "15165550123", "message": "STOP', b"from=%2B15165550123&message=STOP"]
)
def test_a_stop_in_a_damaged_body_is_on_the_list_before_it_is_answered(
    client: httpx.Client, redis: Redis, body: bytes
) -> None:
    assert client.post(URL, content=body).status_code == 200
    assert Ledger(redis).optouts.is_out("15165550123")
    assert stored(redis) == [body]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_any_other_method_is_refused(client: httpx.Client, method: str) -> None:
    answer = client.request(method, URL)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def of_size(size: int) -> bytes:
    return json.dumps({"a": "x" * (size - 9)}).encode()


def test_a_body_of_64_kb_is_taken(client: httpx.Client, redis: Redis) -> None:
    assert client.post(URL, content=of_size(65536)).status_code == 200
    assert [len(raw) for raw in stored(redis)] == [65536]


@pytest.mark.parametrize("size", [65537, 900_000, 5_000_000])
def test_a_larger_body_is_refused(client: httpx.Client, redis: Redis, size: int) -> None:
    try:
        assert client.post(URL, content=of_size(size)).status_code == 413
    except (httpx.WriteError, httpx.ReadError):
        assert size > 1_000_000  # far too large: cut off while it was written
    assert stored(redis) == []


def test_a_larger_body_without_a_length_is_refused(client: httpx.Client, redis: Redis) -> None:
    chunks = iter([b'{"a": "', *[b"x" * 8192] * 9, b'"}'])
    answer = client.post(URL, content=chunks)
    assert "content-length" not in answer.request.headers
    assert answer.status_code == 413
    assert stored(redis) == []


def test_without_a_store_and_a_spool_the_sender_is_asked_to_come_again(
    serve: Serve, nobody_there: str, tmp_path: Path
) -> None:
    address = serve(receiver(nobody_there, tmp_path, max_bytes=0))
    answer = httpx.post(address + URL, content=b"{}", trust_env=False, verify=False)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_a_store_that_refuses_to_write_is_a_503(client: httpx.Client, redis: Redis) -> None:
    redis.set(keys.CALLBACKS, "not a stream")
    assert client.post(URL, content=b"{}").status_code == 503


@pytest.mark.slow
def test_many_callbacks_at_once_are_all_stored_once(client: httpx.Client, redis: Redis) -> None:
    bodies = [json.dumps({"n": n}).encode() for n in range(500)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda body: client.post(URL, content=body).status_code, bodies))
    assert answers == [200] * 500
    assert sorted(stored(redis)) == sorted(bodies)


@pytest.mark.slow
def test_the_ingest_is_hinted_once_for_callbacks_that_come_together(
    serve: Serve, valkey_url: str, redis: Redis, tmp_path: Path
) -> None:
    hinted = threading.Semaphore(0)
    address = serve(receiver(valkey_url, tmp_path, publish=hinted.release))
    redis.set(keys.INGEST_HINTED, 1, px=60_000)  # another process hinted just now
    with httpx.Client(base_url=address, trust_env=False, verify=False) as client:
        client.post(URL, content=b"{}")
        assert not hinted.acquire(blocking=False)
        redis.delete(keys.INGEST_HINTED)
        client.post(URL, content=b"{}")
        assert hinted.acquire(timeout=60)


def test_a_hint_that_fails_is_no_error(serve: Serve, valkey_url: str, redis: Redis, tmp_path: Path) -> None:
    tried = threading.Event()

    def publish() -> None:
        tried.set()
        raise ConnectionError("broker down")

    address = serve(receiver(valkey_url, tmp_path, publish=publish))
    assert httpx.post(address + URL, content=b"{}", trust_env=False, verify=False).status_code == 200
    assert tried.wait(60)
    assert httpx.post(address + URL, content=b"{}", trust_env=False, verify=False).status_code == 200


@pytest.mark.parametrize("text", ["STOP", " stop. ", "please stop texting me"])
def test_a_stop_is_on_the_suppression_list_before_it_is_answered(
    client: httpx.Client, redis: Redis, text: str
) -> None:
    body = {
        "message_sid": "a1",
        "direction": "inbound",
        "status": "received",
        "from": "15165550123",
        "to": "15162065575",
        "message": text,
    }
    for _ in range(2):
        assert client.post(URL, json=body).status_code == 200
    assert Ledger(redis).optouts.is_out("15165550123")
    assert len(stored(redis)) == 2


def test_a_stop_outdoes_what_went_before_though_the_receivers_clock_is_behind(
    client: httpx.Client, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, optouts = "15165550123", Ledger(redis).optouts
    optouts.put([OptOut(number, "out", 1, "test"), OptOut(number, "in", 0, "operator")])
    behind_ns = time.time_ns() - 3600 * 10**9
    monkeypatch.setattr("dispatcher.web.callbacks.receiver.time", SimpleNamespace(time_ns=lambda: behind_ns))
    body = {"message_sid": "a1", "direction": "inbound", "status": "received", "from": number}
    assert client.post(URL, json={**body, "message": "STOP"}).status_code == 200
    assert optouts.is_out(number)


def test_other_inbound_messages_suppress_nobody(client: httpx.Client, redis: Redis) -> None:
    body = {"message_sid": "a1", "direction": "inbound", "status": "received", "from": "15165550123"}
    assert client.post(URL, json={**body, "message": "stop by at 5?"}).status_code == 200
    assert not Ledger(redis).optouts.is_out("15165550123")


def test_the_receiver_proves_to_who_asks_in_the_ledger_that_it_is_ours_and_tells_no_key(
    serve: Serve, valkey_url: str, ledger: Ledger, tmp_path: Path
) -> None:
    challenge = put_challenge(ledger.redis)
    said = probe_receiver(serve(receiver(valkey_url, tmp_path)), challenge.text, timeouts=(2, 2))
    assert said.text == challenge.answer
    assert 0 < ledger.redis.ttl(keys.CHALLENGE + challenge.text) <= 30


@pytest.mark.parametrize("asked", ["", "x", "0" * 32, "*", "%00", "a" * 40])
def test_a_question_that_nobody_put_there_is_not_found(client: httpx.Client, asked: str) -> None:
    assert client.get("/callbacks/carrierx/", params={"question": asked}).status_code == 404
