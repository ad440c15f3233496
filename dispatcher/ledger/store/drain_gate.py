"""No claim until the callback receivers have drained what they took while Redis was away: a STOP may be among it.

A restarted server has forgotten all scripts, so the claim's script itself is the sign that claims may be made. Whoever
misses it loads it, in one transaction on one connection with the look at the receivers: no restart fits between. Its
text names the database (`scripts.py`), so that of two ledgers in one server neither opens the other's gate.
"""

from __future__ import annotations

from typing import Any

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated

#: Receivers that do not become clear are waited for so long.
PATIENCE_MS = 10_000
#: How long the beginning of a wait is remembered.
_MEMORY_MS = 60_000
#: What a claim is answered meanwhile: wait so many ms, and for what.
WAIT_FOR_RECEIVERS = [b"wait", 250, b"receivers"]


def draining(client: redis.Redis) -> list[str]:
    """Callback receivers that may still hold callbacks from before this run of the Redis server.

    A receiver is clear once it said so to the server that runs now; one silent for five minutes does not count.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        return _draining(client, _run(client))


def load_when_clear(client: redis.Redis, script: str) -> bool:
    """Load a script that must not run before the receivers are clear; False: not yet, ask again.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    pipeline: Any
    with translated(), client.pipeline(transaction=True) as pipeline:
        try:
            pipeline.watch(keys.RECEIVERS)
            run = _run(pipeline)
            if _draining(pipeline, run) and _waited_ms(pipeline, run) < PATIENCE_MS:
                return False
            pipeline.multi()
            pipeline.script_load(script)
            pipeline.execute()
        except redis.WatchError:
            return False
    return True


def _run(client: Any) -> str:
    return str(client.info("server").get("run_id", "one"))


def _draining(client: Any, run: str) -> list[str]:
    receivers = sorted(text_of(name) for name in client.smembers(keys.RECEIVERS))
    said = client.mget([keys.RECEIVER + receiver for receiver in receivers]) if receivers else []
    return [
        receiver
        for receiver, text in zip(receivers, said, strict=True)
        if text not in (None, f"clear:{run}".encode())
    ]


def _waited_ms(client: Any, run: str) -> int:
    """How long ago a claim was first asked for in this run of the server."""
    client.set(keys.RECEIVERS_AWAITED + run, 1, nx=True, px=_MEMORY_MS)
    return _MEMORY_MS - int(client.pttl(keys.RECEIVERS_AWAITED + run))
