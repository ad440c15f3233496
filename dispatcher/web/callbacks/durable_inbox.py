"""Where a callback is kept before it is answered: in Redis, and while Redis is away in a spool on this machine.

Once spooling, every callback goes through the spool until it is drained, so their order is kept. What dead receivers
left in the same folder is drained too: at the start before anything of ours, later beside it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from dispatcher.carrierx.webhook import is_readable
from dispatcher.errors import MmsError, StoreUnavailable
from dispatcher.ledger.receipts.spool import UNREADABLE, SpooledCallback
from dispatcher.pipeline.consent.inbound import opting_out
from dispatcher.web.callbacks._spool import PeekedRecords, Spool
from dispatcher.web.callbacks._spool_file import Spooled
from dispatcher.web.callbacks.receiver_status import ReceiverStatus
from dispatcher.web.callbacks.stream_writer import BATCH, CallbackStreamWriter, StoreAway
from dispatcher.web.site.callback_keys import CallbackKeys

#: How often Redis is looked for, while spooling and while all is well.
AWAY_SECONDS, WELL_SECONDS = 0.25, 1.0
#: How often it is looked for what other receivers left when they died.
ADOPT_SECONDS = 5.0
#: Callbacks with a key that we never saw have at most this part of the spool, so that they take no room of ours.
UNPROVED_SHARE = 4
T = TypeVar("T")
logger = logging.getLogger(__name__)


class _Unsynced(NamedTuple):
    callback: Spooled
    synced: asyncio.Future[None]


class DurableInbox:
    """Keeps callbacks durably; to be used inside `async with`. `drained` is told when a spool went into Redis.

    `place` is the receiver's machine and port, from which its spool has its name, and from that `status` its own.

    `arrived` looks, on a thread, whether the ledger is ours and there: before it was, nothing leaves the spool, and
    `keys` then prove what was taken. None: it was seen.
    """

    def __init__(
        self,
        writer: CallbackStreamWriter,
        status: Callable[[str], ReceiverStatus],
        *,
        folder: Path,
        place: str,
        max_bytes: int,
        drained: Callable[[], None],
        keys: CallbackKeys,
        arrived: Callable[[], bool] | None = None,
    ) -> None:
        self._writer = writer
        self._status_of = status
        self._where = (folder, place, max_bytes)
        self._drained = drained
        self._keys = keys
        self._arrived = arrived
        self._adopt_at = 0.0
        self._unproved_bytes = 0
        self._unproved_max = max_bytes // UNPROVED_SHARE
        self._disk = ThreadPoolExecutor(1, "spool")
        self._spooling = False
        self._why = ""
        self._waiting: list[_Unsynced] = []
        self._syncing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> DurableInbox:
        self._spool = await self._on_disk(lambda: Spool(*self._where))
        self._status = self._status_of(self._spool.name)
        self._spooling = not self._spool.is_empty or self._arrived is not None
        self._tending = asyncio.create_task(self._tend())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._tending.cancel()
        await asyncio.wait([self._tending])
        if self._syncing is not None:
            await self._syncing
        if not self._spooling:
            await self._status.withdraw(self._spool.name)
        await self._on_disk(self._spool.close)
        self._disk.shutdown()

    async def store(self, raw: bytes, received_ms: int, key: bytes = b"") -> None:
        """Return once the callback is on disk, here or in Redis. With a `key` it waits for the ledger to prove it.

        Raises:
            StoreUnavailable: Redis is away and the spool is full, or Redis refuses it. Also for an opt-out that is in
                the spool only: it must be on the suppression list before its sender is told that it was taken.
        """
        if await self._keep(Spooled(raw, received_ms, key), self._writer.store):
            return
        if opting_out(raw) is not None:
            raise StoreUnavailable("an opt-out waits for Redis")

    async def bury(self, raw: bytes, received_ms: int, key: bytes = b"") -> None:
        """The same for a body that nobody can read: kept for a person.

        Raises:
            StoreUnavailable: Redis is away and the spool is full, or Redis refuses it.
        """
        await self._keep(Spooled(raw, received_ms, key), self._writer.bury)

    async def _keep(self, callback: Spooled, store: Callable[[Spooled], Awaitable[None]]) -> bool:
        """True: in Redis, or of no worth. False: here, on disk."""
        if not self._spooling:
            if not self._keys.proves(callback.key):
                return True
            try:
                await store(callback)
            except StoreAway:
                self._spooling = True
            else:
                return True
        self._make_room(callback)
        await self._to_disk(callback)
        return False

    @property
    def spooling(self) -> bool:
        """Whether callbacks go to this machine's disk, and not to Redis."""
        return self._spooling

    @property
    def spooled_bytes(self) -> int:
        """How much of the spool's size is taken on this machine's disk."""
        return self._spool.used_bytes

    async def trouble(self) -> str | None:
        """Why no callback could be kept now; None: one could."""
        if not self._spooling or await self._on_disk(self._spool.has_room):
            return None
        return "Redis does not answer, and the spool of callbacks is full"

    def _make_room(self, callback: Spooled) -> None:
        if not callback.key or self._keys.is_remembered(callback.key):
            return
        self._unproved_bytes += len(callback.raw) + len(callback.key)
        if self._unproved_bytes > self._unproved_max:
            raise StoreUnavailable("too many callbacks came with a key that is not known here")

    async def _to_disk(self, callback: Spooled) -> None:
        """Those who come while one sync runs share the next."""
        synced: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Unsynced(callback, synced))
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
            except Exception as error:  # whatever it is, nobody waits for an answer that never comes
                logger.exception("callbacks could not be spooled")
                _settle(some, StoreUnavailable(f"callbacks cannot be spooled: {type(error).__name__}"))
            else:
                _settle(some, None)
        self._syncing = None

    async def _tend(self) -> None:
        """Look for Redis, drain the spool when it is there, and say so on the receiver's status."""
        while True:
            try:
                await self._look_after()
            except MmsError as error:
                self._waits(error)
            except OSError as error:
                self._waits(StoreUnavailable(f"the spool's disk says: {error.strerror}"))
            await asyncio.sleep(AWAY_SECONDS if self._spooling else WELL_SECONDS)

    async def _look_after(self) -> None:
        server = await self._status.server()
        if server is None or not await self._ledger_is_there():
            return
        if self._spooling or await self._left_by_others():
            await self._status.draining()
            await self._drain()
        for name in sorted(self._spool.gone):  # nobody waits for them any more
            if await self._status.withdraw(name):
                self._spool.gone.discard(name)
        if not self._spooling:
            await self._status.clear(server)

    async def _ledger_is_there(self) -> bool:
        if self._arrived is not None and await asyncio.to_thread(self._arrived):
            self._arrived = None
        return self._arrived is None

    async def _left_by_others(self) -> bool:
        """Whether a receiver that died left anything; looked for every few seconds."""
        if time.monotonic() < self._adopt_at:
            return False
        self._adopt_at = time.monotonic() + ADOPT_SECONDS
        return await self._on_disk(self._spool.adopt)

    async def _drain(self) -> None:
        count = 0
        while True:
            peeked = await self._on_disk(lambda: self._spool.peek(BATCH))
            believed = self._believed(peeked)
            if believed and (refused := await self._writer.drain(peeked.spool_id, believed)) is not None:
                self._waits(refused)
                break
            self._why = ""
            if peeked.records:
                await self._on_disk(self._spool.drop)
                count += len(believed)
            elif self._syncing is None:  # nobody is on the way to the spool: from here on, straight to Redis
                self._spooling = False
                self._unproved_bytes = 0
                break
        if count:
            logger.info("%d spooled callbacks went into Redis", count)
            self._drained()

    def _waits(self, error: MmsError) -> None:
        """Say why the spool waits, once for each reason."""
        if error.message != self._why:
            self._why = error.message
            logger.warning("the spool waits: %s", error.message)

    def _believed(self, peeked: PeekedRecords) -> list[SpooledCallback]:
        """Those that came with our key, as the ledger takes them."""
        believed: list[SpooledCallback] = []
        for record, end in zip(peeked.records, peeked.ends, strict=True):
            if self._keys.proves(record.key):
                believed.append(_drained(record, end))
        if len(believed) < len(peeked.records):
            logger.warning(
                "%d spooled callbacks had another key and were left out", len(peeked.records) - len(believed)
            )
        return believed

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)


def _drained(record: Spooled, end: int) -> SpooledCallback:
    if not is_readable(record.raw):
        return SpooledCallback(record.raw, record.received_ms, UNREADABLE, "", end)
    out = opting_out(record.raw)
    number, source = (out.number, out.source) if out else ("", "")
    return SpooledCallback(record.raw, record.received_ms, number, source, end)


def _settle(some: list[_Unsynced], error: StoreUnavailable | None) -> None:
    for one in some:
        if one.synced.done():
            continue
        if error is None:
            one.synced.set_result(None)
        else:
            one.synced.set_exception(error)
