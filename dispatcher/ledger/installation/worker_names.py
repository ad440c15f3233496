"""Names of workers: what two hosts of one name would call alike is told apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated

#: A name is kept so long for a worker that starts; then its signs of life keep it.
KEPT_SECONDS = 60


def take_worker_names(client: redis.Redis, names: Sequence[str], home: str) -> bool:
    """Whether the workers of this home may have these names: nobody else lives, or starts, under one of them.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    if not names:
        return True
    with translated():
        pipeline = client.pipeline(transaction=True)
        for name in names:
            pipeline.set(keys.WORKER_NAME + name, home, nx=True, ex=KEPT_SECONDS)
        pipeline.mget([keys.WORKER_NAME + name for name in names])
        pipeline.mget([keys.WORKER + name for name in names])
        *_, kept, living = pipeline.execute()
    return all(text_of(each) == home for each in kept if each) and all(
        _home_of(sign, home) == home for sign in living if sign
    )


def _home_of(sign: bytes, otherwise: str) -> str:
    """Where a sign of life comes from; a version that did not say so counts as ours."""
    facts: dict[str, Any] = json.loads(sign)
    return str(facts.get("home", otherwise))
