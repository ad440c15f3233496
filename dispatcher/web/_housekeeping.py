"""What an earlier version kept in the data folder is thrown away in time, also when nobody comes.

Files between their check and their start lie in the ledger now, and lapse there.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

#: Between two looks.
EVERY_SECONDS = 600.0
#: So old they are nobody's, also if a web process of that version runs still.
LIFE_SECONDS = 3600
logger = logging.getLogger(__name__)


@asynccontextmanager
async def swept(folder: Path, *, every_seconds: float = EVERY_SECONDS) -> AsyncIterator[None]:
    """Sweep `folder` on a thread at once and now and then, as long as this lasts; not where there is none."""
    sweeping = asyncio.create_task(_go_on(folder, every_seconds))
    try:
        yield
    finally:
        sweeping.cancel()
        await asyncio.wait([sweeping])


async def _go_on(folder: Path, every_seconds: float) -> None:
    while await asyncio.to_thread(folder.is_dir):
        try:
            if gone := await asyncio.to_thread(sweep, folder):
                logger.info("%d files of uploads that nobody sent are gone", gone)
        except OSError as error:
            logger.warning("uploads that nobody sent are not thrown away: %s", type(error).__name__)
        await asyncio.sleep(every_seconds)


def sweep(folder: Path) -> int:
    """Forget what is older than an hour, and the folder with its last file; answers how many files that were."""
    too_old, gone = time.time() - LIFE_SECONDS, 0
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another process is faster
            if path.stat().st_mtime < too_old:
                path.unlink()
                gone += 1
    with suppress(OSError):  # something is left in it
        folder.rmdir()
    return gone
