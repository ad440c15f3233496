"""A receiver's status in Redis: whether callbacks it took while Redis was away are still on their way in.

A STOP may be among them, so nothing should be claimed before all receivers are clear, for a while at most.
"""

from __future__ import annotations

import asyncio
import time

from redis.asyncio import Redis
from redis.exceptions import RedisError

from dispatcher.ledger.receipts.receivers import tell_call

AGAIN_SECONDS = 60.0
REPLY_SECONDS = 2.0


class ReceiverStatus:
    """The status of the receiver of this name. Nothing here raises: what cannot be written is written later."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._redis = redis
        self._name = name
        self._said: tuple[str, float] | None = None

    async def server(self) -> str | None:
        """The run of the Redis server that answers now; another one after its restart; None while it is away."""
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                facts = await self._redis.info("server")
        except (RedisError, OSError):
            self._said = None
            return None
        return str(facts.get("run_id", "one"))

    async def draining(self) -> None:
        """Callbacks are going from the spool into Redis."""
        await self._say("draining")

    async def clear(self, server: str) -> None:
        """Nothing is spooled; said again only when it is another server or a while ago."""
        text = f"clear:{server}"
        now = time.monotonic()
        if self._said is None or self._said[0] != text or now - self._said[1] > AGAIN_SECONDS:
            await self._say(text)

    async def withdraw(self, name: str) -> bool:
        """The receiver of this name is gone, and has nothing; whether it is written."""
        return await self._write(name, "")

    async def _say(self, text: str) -> None:
        if await self._write(self._name, text):
            self._said = (text, time.monotonic())

    async def _write(self, name: str, text: str) -> bool:
        script, arguments = tell_call(name, text)
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                await self._redis.eval(script, 0, *arguments)
        except (RedisError, OSError):
            return False
        return True
