from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from redis import Redis

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.installation.idempotency_keys import (
    AT_WORK_SECONDS,
    IdempotencyKeys,
    StoredAnswer,
)
from dispatcher.ledger.ledger import Ledger
from tests.dispatcher.web.conftest import CSV

SETTINGS: dict[str, Any] = {"name": "Spring", "from": "12125550100", "message": "Hi"}


def send(api: httpx.Client, key: str, file: str = CSV, **settings: str) -> httpx.Response:
    files = {"file": ("spring.csv", file)}
    return api.post(
        "/campaigns", files=files, data={**SETTINGS, **settings}, headers={"idempotency-key": key}
    )


def test_the_same_key_and_body_get_the_first_answer_and_make_one_campaign(
    api: httpx.Client, redis: Redis
) -> None:
    first, second = send(api, "k1"), send(api, "k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["location"] == second.headers["location"]
    assert len(Ledger(redis).campaigns.list()) == 1


@pytest.mark.parametrize("change", [{"file": CSV + "12125550104,Dan\n"}, {"message": "Bye"}])
def test_another_body_with_the_key_is_refused(
    api: httpx.Client, redis: Redis, change: dict[str, str]
) -> None:
    send(api, "k1")
    answer = send(api, "k1", **change)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert len(Ledger(redis).campaigns.list()) == 1


def test_another_key_makes_another_campaign(api: httpx.Client, redis: Redis) -> None:
    send(api, "k1")
    assert send(api, "k2", allow_same_file="yes").status_code == 201
    assert len(Ledger(redis).campaigns.list()) == 2


def test_a_call_that_failed_may_be_repeated_with_its_key(api: httpx.Client) -> None:
    assert send(api, "k1", rate="fast").status_code == 422
    assert send(api, "k1").status_code == 201


def test_while_the_first_call_is_at_work_others_are_told_so(api: httpx.Client, app: FastAPI) -> None:
    at_work, go_on = threading.Event(), threading.Event()
    hold_up(app, at_work, go_on)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, api, "k1")
        assert at_work.wait(60)
        answer = send(api, "k1")
        assert (answer.status_code, answer.json()["code"]) == (409, "at_work")
        go_on.set()
        assert first.result().status_code == 201
    assert send(api, "k1").json() == first.result().json()


def test_a_call_whose_end_nobody_knows_is_not_done_again_with_its_key(
    api: httpx.Client, app: FastAPI, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = app.state.site.ledger.campaigns
    create = book.create

    def unanswered(*args: Any, **changes: Any) -> bool:
        create(*args, **changes)
        raise StoreUnavailable("Redis does not answer")

    monkeypatch.setattr(book, "create", unanswered)
    assert send(api, "k1", allow_same_file="yes").status_code == 503
    monkeypatch.setattr(book, "create", create)
    assert send(api, "k1", allow_same_file="yes").json()["code"] == "at_work"
    [name] = redis.scan_iter("mms:once:*")
    known = json.loads(redis.get(name) or b"")
    redis.set(name, json.dumps({**known, "began": known["began"] - AT_WORK_SECONDS}), keepttl=True)
    later = send(api, "k1", allow_same_file="yes")
    assert (later.status_code, later.json()["code"]) == (409, "unfinished")
    assert "another key" in later.json()["hint"]
    assert len(Ledger(redis).campaigns.list()) == 1


def hold_up(app: FastAPI, at_work: threading.Event, go_on: threading.Event) -> None:
    """The first call stops when it is at work: its claim of the key is in Redis, its campaign is not."""

    class Slow(IdempotencyKeys):
        def begin(self, who: str, key: str, body_digest: str) -> StoredAnswer | None:
            answer = super().begin(who, key, body_digest)
            if answer is None:
                at_work.set()
                assert go_on.wait(60)
            return answer

    object.__setattr__(app.state.site, "idempotency_keys", Slow(app.state.site.redis))


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_key_that_cannot_be_used_is_refused(api: httpx.Client, key: str) -> None:
    assert send(api, key).status_code == 422


def test_an_answer_is_kept_for_a_day(api: httpx.Client, redis: Redis) -> None:
    send(api, "k1")
    [name] = redis.scan_iter("mms:once:*")
    assert 24 * 3600 - 60 < int(redis.ttl(name)) <= 24 * 3600
    assert b"k1" not in name
