"""Callback keys that change while web processes run: the new one is taken at once, an ended one soon refused."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
import redis as redis_py
from fastapi import FastAPI

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.installation.rotating_keys import rotate_key
from dispatcher.settings import Settings
from dispatcher.web.app import create_app
from dispatcher.web.callbacks import key_look
from dispatcher.web.callbacks.key_look import KeyLook
from dispatcher.web.site.callback_keys import CallbackKeys, Judgement
from tests.dispatcher.web.conftest import KEY, Published, Serve
from tests.stack import until


def call(client: httpx.Client, key: str) -> int:
    return client.post(f"/callbacks/carrierx/{key}", json={"message_sid": "a1", "status": "sent"}).status_code


def test_a_new_key_is_taken_at_its_first_callback_and_an_ended_one_is_refused_soon(
    serve: Serve, settings: Settings, redis: redis_py.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_look, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(key_look, "APART_SECONDS", 0.0)
    app: FastAPI = create_app(settings.model_copy(update={"callback_key": None}), hints=Published().hints())
    first = app.state.site.installation.callback_key
    with httpx.Client(base_url=serve(app), trust_env=False, verify=False) as client:
        assert [call(client, first), call(client, KEY)] == [200, 404]
        second = rotate_key(redis, "callback_key").current
        assert [call(client, second), call(client, first)] == [200, 200]
        third = rotate_key(redis, "callback_key", at_once=True).current
        assert call(client, third) == 200
        until(lambda: [call(client, key) for key in (first, second, third)] == [404, 404, 200])


def test_however_many_unknown_keys_come_the_ledger_is_asked_once_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_look, "APART_SECONDS", 0.2)
    asked: list[float] = []

    def read() -> list[str]:
        asked.append(time.monotonic())
        return ["known", *(["new"] if len(asked) > 1 else [])]

    async def callers() -> list[Judgement]:
        keys = CallbackKeys(None)
        look = KeyLook(keys, read)
        await look.again()
        await asyncio.gather(*(look.again() for _ in range(50)))
        return [keys.judge(key) for key in (b"known", b"new", b"other")]

    assert asyncio.run(callers()) == [Judgement.OURS, Judgement.OURS, Judgement.FOREIGN]
    assert len(asked) == 2
    assert asked[1] - asked[0] > 0.1


def test_a_ledger_that_is_away_changes_nothing() -> None:
    def read() -> list[str]:
        raise StoreUnavailable("away")

    keys = CallbackKeys("set")
    asyncio.run(KeyLook(keys, read).again())
    assert keys.judge(b"set") is Judgement.OURS
