"""The ledger's own name, made once: what is remembered outside of another ledger is nothing to this one."""

from __future__ import annotations

import secrets
from typing import Any

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated


def ledger_id(client: redis.Redis) -> str:
    """The name; made if there is none.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        found: Any = client.hget(keys.TICKS, "id")
        if found is None:
            client.hsetnx(keys.TICKS, "id", secrets.token_hex(6))
            found = client.hget(keys.TICKS, "id")
    return text_of(found)
