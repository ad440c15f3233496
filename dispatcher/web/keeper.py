"""Where a callback is kept before it is answered: in Redis, and while Redis is away in a spool on this machine.

Once spooling, every callback goes through the spool until it is drained, so their order is kept.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from dispatcher.errors import StoreUnavailable
from dispatcher.pipeline.inbound import opting_out
from dispatcher.web.door_sign import DoorSign
from dispatcher.web.inbox_writer import BATCH, InboxWriter, StoreAway
from dispatcher.web.spool import Spool, Spooled

#: How often Redis is looked for, while spooling and while all is well.
AWAY_SECONDS, WELL_SECONDS = 0.25, 1.0
T = TypeVar("T")
logger = logging.getLogger(__name__)


class _Waiting(NamedTuple):
    callback: Spooled
    synced: asyncio.Future[None]


class CallbackKeeper:
    """Keeps callbacks durably; to be used inside `async with`. `drained` is told when a spool went into Redis."""

    def __init__(
        self,
        writer: InboxWriter,
        sign: DoorSign,
        *,
        folder: Path,
        name: str,
        max_bytes: int,
        drained: Callable[[], None],
    ) -> None:
        self._writer = writer
        self._sign = sign
        self._where = (folder, name, max_bytes)
        self._drained = drained
        self._disk = ThreadPoolExecutor(1, "spool")
        self._spooling = False
        self._waiting: list[_Waiting] = []
        self._syncing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> CallbackKeeper:
        self._spool = await self._on_disk(lambda: Spool(*self._where))
        self._spooling = not self._spool.is_empty
        self._tending = asyncio.create_task(self._tend())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._tending.cancel()
        await asyncio.wait([self._tending])
        if self._syncing is not None:
            await self._syncing
        if not self._spooling:
            await self._sign.take_down()
        await self._on_disk(self._spool.close)
        self._disk.shutdown()

    async def store(self, raw: bytes, received_ms: int) -> None:
        """Return once the callback is on disk, here or in Redis.

        Raises:
            StoreUnavailable: Redis is away and the spool is full, or Redis refuses it. Also for an opt-out that is in
                the spool only: it must be on the suppression list before its sender is told that it was taken.
        """
        callback = Spooled(raw, received_ms)
        if not self._spooling:
            try:
                await self._writer.store(callback)
            except StoreAway:
                self._spooling = True
            else:
                return
        await self._to_disk(callback)
        if opting_out(raw) is not None:
            raise StoreUnavailable("an opt-out waits for Redis")

    async def _to_disk(self, callback: Spooled) -> None:
        """Those who come while one sync runs share the next."""
        synced: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(callback, synced))
        if self._syncing is None:
            self._syncing = asyncio.create_task(self._sync())
        await synced

    async def _sync(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting, []
            records = [one.callback for one in some]
            try:
                await self._on_disk(partial(self._spool.append, records))
            except StoreUnavailable as error:
                _settle(some, error)
            else:
                _settle(some, None)
        self._syncing = None

    async def _tend(self) -> None:
        """Look for Redis, drain the spool when it is there, and say so on the door's sign."""
        while True:
            server = await self._sign.server()
            if server is not None and self._spooling:
                await self._sign.draining()
                await self._drain()
            if server is not None and not self._spooling:
                await self._sign.clear(server)
            await asyncio.sleep(AWAY_SECONDS if self._spooling else WELL_SECONDS)

    async def _drain(self) -> None:
        count = 0
        while True:
            some = await self._on_disk(lambda: self._spool.peek(BATCH))
            if any(await self._writer.append(some)) if some else False:
                break
            if some:
                await self._on_disk(self._spool.drop)
                count += len(some)
            elif self._syncing is None:  # nobody is on the way to the spool: from here on, straight to Redis
                self._spooling = False
                break
        if count:
            logger.info("%d spooled callbacks went into Redis", count)
            self._drained()

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)


def _settle(some: list[_Waiting], error: StoreUnavailable | None) -> None:
    for one in some:
        if one.synced.done():
            continue
        if error is None:
            one.synced.set_result(None)
        else:
            one.synced.set_exception(error)
