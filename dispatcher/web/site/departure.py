"""How a web process ends behind a balancer: it says so first, answers on for a moment, and closes then."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from starlette.types import Message, Send

#: A balancer asks at least this often whether we are ready.
WATCHED_SECONDS = 30.0


@dataclass
class Departure:
    """`leaving` is set first: `/readyz` says no, live pages end, each answer is its connection's last. `closing` is set
    when nobody new may come, and whatever is at work on an upload gives up."""

    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    asked_at: float | None = None

    def asked(self) -> None:
        """Somebody asked whether we are ready."""
        self.asked_at = time.monotonic()

    def leave(self) -> bool:
        """Begin to leave; whether somebody watches, who needs a moment to notice."""
        self.leaving.set()
        return self.asked_at is not None and time.monotonic() - self.asked_at < WATCHED_SECONDS

    def last_answers(self, send: Send) -> Send:
        """`send`, or while we leave one that closes the connection after the answer."""

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start" and self.leaving.is_set():
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        return closing
