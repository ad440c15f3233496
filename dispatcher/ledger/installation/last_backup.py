"""When this ledger was last copied, so that somebody notices when nobody does it any more."""

from __future__ import annotations

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated


def note_backup(client: redis.Redis, taken_ms: int, rows: int) -> None:
    """A copy was made, and what is in it was seen.

    Raises:
        StoreUnavailable: Redis does not answer, or takes no writes here.
        StoreRefused: this user may not write.
    """
    with translated():
        client.hset(keys.BACKUP, mapping={"at": taken_ms, "rows": rows})


def last_backup_ms(client: redis.Redis) -> int | None:
    """When the last copy was taken, ms; None: none ever was.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        at = client.hget(keys.BACKUP, "at")
    return None if at is None else int(at)
