"""A callback door by itself, as the application puts it together, with a folder for its spool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis as AsyncRedis
from starlette.applications import Starlette
from starlette.types import ASGIApp

from dispatcher.ledger.store import keys
from dispatcher.web.callbacks.challenge import Questions
from dispatcher.web.callbacks.durable_inbox import CallbackKeeper
from dispatcher.web.callbacks.ingest_hint import IngestHint
from dispatcher.web.callbacks.receiver import CallbackDoor
from dispatcher.web.callbacks.receiver_status import DoorSign
from dispatcher.web.callbacks.stream_writer import InboxWriter
from dispatcher.web.site.callback_keys import DoorKeys
from tests.dispatcher.web.conftest import KEY


def door(
    redis_url: str, folder: Path, *, publish: Callable[[], None] = lambda: None, max_bytes: int = 1 << 20
) -> ASGIApp:
    """The door, its spool and its sign; everything else is a 404."""
    redis = AsyncRedis.from_url(redis_url)
    hint = IngestHint(redis, publish)
    keys_of_door = DoorKeys(KEY)
    keeper = CallbackKeeper(
        InboxWriter(redis, keys.CALLBACKS),
        DoorSign(redis, "the-door"),
        folder=folder,
        name="8080",
        max_bytes=max_bytes,
        drained=hint.give,
        keys=keys_of_door,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with keeper:
            yield
        await hint.close()
        await redis.aclose()

    return CallbackDoor(
        Starlette(lifespan=lifespan),
        keys=keys_of_door,
        store=keeper.store,
        stored=hint.give,
        bury=keeper.bury,
        answer=Questions(redis).answer,
    )
