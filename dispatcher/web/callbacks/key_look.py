"""The ledger's callback keys are read again: now and then, and before a key that nobody knows is refused.

They change while web processes run (`mms token rotate callback-key`), and CarrierX may use a new one a moment later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import redis

from dispatcher.errors import MmsError
from dispatcher.web.site.callback_keys import CallbackKeys

#: So seldom at least: an earlier key that was ended is refused by then.
EVERY_SECONDS = 10.0
#: So often at most, however many unknown keys come.
APART_SECONDS = 1.0


class KeyLook:
    """Reads the keys with `read`, on a thread, and lets `keys` learn them. What cannot be read is read later."""

    def __init__(self, keys: CallbackKeys, read: Callable[[], Sequence[str]]) -> None:
        self._keys = keys
        self._read = read
        self._looked = -APART_SECONDS
        self._next: asyncio.Task[None] | None = None

    async def again(self) -> None:
        """Return once the keys were read after this call; all who call before a look share it."""
        if self._next is None:
            self._next = asyncio.create_task(self._look())
        await asyncio.shield(self._next)

    @asynccontextmanager
    async def kept_up(self) -> AsyncIterator[None]:
        """Look now and then as long as this lasts."""
        looking = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            tasks = [task for task in (looking, self._next) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.again()

    async def _look(self) -> None:
        await asyncio.sleep(self._looked + APART_SECONDS - time.monotonic())
        self._looked, self._next = time.monotonic(), None  # whoever comes from here on waits for another look
        try:
            self._keys.learn(await asyncio.to_thread(self._read))
        except (MmsError, redis.RedisError, OSError):
            return
