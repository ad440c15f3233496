"""A callback receiver by itself, as the application puts it together, with a folder for its spool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from redis.asyncio import Redis as AsyncRedis
from starlette.applications import Starlette
from starlette.types import ASGIApp

from dispatcher.ledger.store import keys
from dispatcher.web.callbacks.challenge import Challenges
from dispatcher.web.callbacks.durable_inbox import DurableInbox
from dispatcher.web.callbacks.ingest_hint import IngestHint
from dispatcher.web.callbacks.receiver import CallbackReceiver
from dispatcher.web.callbacks.receiver_status import ReceiverStatus
from dispatcher.web.callbacks.stream_writer import CallbackStreamWriter
from dispatcher.web.site.callback_keys import CallbackKeys
from tests.dispatcher.web.conftest import KEY


def receiver(
    redis_url: str, folder: Path, *, publish: Callable[[], None] = lambda: None, max_bytes: int = 1 << 20
) -> ASGIApp:
    """The receiver, its spool and its status; everything else is a 404."""
    redis = AsyncRedis.from_url(redis_url)
    hint = IngestHint(redis, publish)
    callback_keys = CallbackKeys(KEY)
    inbox = DurableInbox(
        CallbackStreamWriter(redis, keys.CALLBACKS),
        partial(ReceiverStatus, redis),
        folder=folder,
        place="the-receiver",
        max_bytes=max_bytes,
        drained=hint.give,
        keys=callback_keys,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with inbox:
            yield
        await hint.close()
        await redis.aclose()

    return CallbackReceiver(
        Starlette(lifespan=lifespan),
        keys=callback_keys,
        store=inbox.store,
        stored=hint.give,
        bury=inbox.bury,
        answer=Challenges(redis).answer,
    )
