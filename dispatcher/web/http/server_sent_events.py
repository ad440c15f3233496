"""Live pages by server-sent events: what changed, once a second, until the reader leaves or we stop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from dispatcher.errors import MmsError

EVERY_SECONDS = 1.0
#: A comment after so long a silence, so that proxies keep the connection.
QUIET_TURNS = 15

Look = Callable[[], list[dict[str, Any]] | None]


def live_response(look: Look, leaving: asyncio.Event) -> StreamingResponse:
    """An endless answer. `look` gives the views as they are, or None when nobody may see them any more."""
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_events(look, leaving), headers=headers, media_type="text/event-stream")


async def _events(look: Look, leaving: asyncio.Event) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    last = ""
    quiet = 0
    while not leaving.is_set():
        try:
            views = await run_in_threadpool(look)
        except MmsError:
            views = []  # the store is away: the page keeps what it shows
        if views is None:
            return
        text = json.dumps(views, separators=(",", ":"))
        quiet += 1
        if views and text != last:
            yield f"data: {text}\n\n"
            last, quiet = text, 0
            if all(view["over"] for view in views):
                yield "event: over\ndata: 1\n\n"
                return
        elif quiet >= QUIET_TURNS:
            yield ": still here\n\n"
            quiet = 0
        await _pause(leaving)


async def _pause(leaving: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(EVERY_SECONDS):
            await leaving.wait()
    except TimeoutError:
        return
