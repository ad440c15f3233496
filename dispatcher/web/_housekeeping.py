"""What the web process keeps for a while is thrown away in time, also when nobody comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

#: Between two looks.
EVERY_SECONDS = 600.0
logger = logging.getLogger(__name__)


@asynccontextmanager
async def swept(sweep: Callable[[], int], *, every_seconds: float = EVERY_SECONDS) -> AsyncIterator[None]:
    """Call `sweep` on a thread at once and now and then, as long as this lasts."""
    sweeping = asyncio.create_task(_go_on(sweep, every_seconds))
    try:
        yield
    finally:
        sweeping.cancel()
        await asyncio.wait([sweeping])


async def _go_on(sweep: Callable[[], int], every_seconds: float) -> None:
    while True:
        try:
            if gone := await asyncio.to_thread(sweep):
                logger.info("%d files of uploads that nobody sent are gone", gone)
        except OSError as error:
            logger.warning("uploads that nobody sent are not thrown away: %s", type(error).__name__)
        await asyncio.sleep(every_seconds)
