"""Flower's page of the broker, where that is a Redis: Flower knows neither our transport nor TLS in an address."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import closing
from typing import Any

from flower.utils import broker
from kombu.utils.url import maybe_sanitize_url

from tasks.broker import Broker, is_redis, kombu_url

#: What Flower takes for the address of a Redis.
_ANY = "redis://"


class OwnRedis:
    """How many hints wait, as the workers' guards ask it: over any address, through Sentinels too."""

    address = ""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Flower tells an address that was made of ours."""

    async def queues(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """Each of these queues of ours, with its messages.

        Raises:
            BrokerAwayError: it does not answer.
        """
        depths = await asyncio.to_thread(self._depths)
        return [{"name": name, "messages": depths[name]} for name in names if name in depths]

    def _depths(self) -> dict[str, int]:
        with closing(Broker(self.address)) as asked:
            return asked.depths()


def show_redis(flower: Any, url: str) -> None:
    """Have this Flower read the broker at `url` so. Its password is on no page."""
    if not is_redis(url):
        return
    OwnRedis.address = url
    broker.Redis = OwnRedis
    flower.broker_uri, flower.broker_uri_with_password = maybe_sanitize_url(kombu_url(url)), _ANY
