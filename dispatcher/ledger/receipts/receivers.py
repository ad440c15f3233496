"""Callback receivers: how each is, and which were not heard of again, though they did not end in order.

A receiver says every minute that it is there. One that is silent for five counts no more for claims
(`store/drain_gate.py`), but callbacks that it took while Redis was away may lie on its disk still.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.script_text import script_text
from dispatcher.ledger.store.scripts import type_of_argument

#: A receiver that is not heard of for so long does not count any more; longer than Redis is ever restarted.
LIFE_SECONDS = 300
#: One that is not heard of for so long is not told of any more.
FORGOTTEN_MS = 7 * 24 * 3600 * 1000


class LostReceiver(NamedTuple):
    """A receiver that did not end in order, and when it was last heard of (ms)."""

    name: str
    heard_ms: int


@cache
def _text() -> str:
    return script_text("receipts/tell_receiver")


def tell_call(name: str, said: str) -> tuple[str, tuple[type_of_argument, ...]]:
    """The script's text and its arguments for EVAL: this receiver says so; nothing: it is gone, and has nothing."""
    return _text(), (name, said, LIFE_SECONDS, FORGOTTEN_MS)


def lost_receivers(client: redis.Redis) -> list[LostReceiver]:
    """Those that have been silent for longer than they ever are, the latest first.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        names: list[str] = sorted(text_of(name) for name in client.smembers(keys.RECEIVERS))
        if not names:
            return []
        said: list[Any] = client.mget([keys.RECEIVER + name for name in names])
        silent = [name for name, text in zip(names, said, strict=True) if text is None]
        heard = [client.zscore(keys.RECEIVERS_HEARD, name) for name in silent]
    lost = [LostReceiver(name, int(at)) for name, at in zip(silent, heard, strict=True) if at is not None]
    return sorted(lost, key=lambda one: -one.heard_ms)
