"""Flower's page of the broker shows what waits in a Redis, at whatever address."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
import redis as redis_py
from flower.utils import broker

from tasks.broker import BrokerAwayError
from tasks.flower_redis import OwnRedis, show_redis
from tests.valkey import free_port


def test_the_page_asks_as_the_workers_do_and_shows_no_password(
    redis: redis_py.Redis, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "Redis", broker.Redis)
    monkeypatch.setattr(OwnRedis, "address", "")
    redis.lpush("send", "a", "b")
    flower: Any = SimpleNamespace()
    show_redis(flower, valkey_url.replace("//", "//nobody:my%2Dpassword@"))
    assert "password" not in flower.broker_uri + flower.broker_uri_with_password
    assert flower.broker_uri.startswith("redis://nobody:**@127.0.0.1:")
    reader = broker.Broker(flower.broker_uri_with_password, http_api=None, broker_options={})
    with pytest.raises(BrokerAwayError):
        asyncio.run(reader.queues(["send"]))  # that password is none
    OwnRedis.address = valkey_url
    found = asyncio.run(reader.queues(["send", "look", "other"]))
    assert found == [{"name": "send", "messages": 2}, {"name": "look", "messages": 0}]


def test_another_broker_is_left_to_flower(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "Redis", before := broker.Redis)
    show_redis(None, f"amqp://127.0.0.1:{free_port()}//")
    assert broker.Redis is before
