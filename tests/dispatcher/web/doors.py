"""A callback door by itself, as the application puts it together, with a folder for its spool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis as AsyncRedis
from starlette.applications import Starlette
from starlette.types import ASGIApp

from dispatcher.ledger import keys
from dispatcher.web.door import CallbackDoor
from dispatcher.web.door_keys import DoorKeys
from dispatcher.web.door_sign import DoorSign
from dispatcher.web.hint import IngestHint
from dispatcher.web.inbox_writer import InboxWriter
from dispatcher.web.keeper import CallbackKeeper
from dispatcher.web.questions import Questions
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
