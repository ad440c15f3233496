"""reload: how long a Valkey takes to come back with a ledger of delivered recipients, and how long its file is.

Once from the file as it was written, every command of it, and once from the file as a rewrite leaves it. Nothing is
sent meanwhile, and callbacks are spooled: docs/scale.md reckons with it. The baseline is the rewritten file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import redis

from benchmarks.ledgers import read_campaign, runtime_on, send_without_http
from benchmarks.result import Asked, Result, Values, median_line
from benchmarks.store import Store
from dispatcher.model.state import RecipientState

ROWS = 100_000
SECONDS, BYTES = "CPU s a million recipients", "bytes of the file each"


def measure(asked: Asked) -> Iterator[Result]:
    """Both files, each loaded so often."""
    rows = asked.size(ROWS)
    with Store() as store:
        runtime = runtime_on(store)
        server = runtime.ledger.redis
        server.config_set("auto-aof-rewrite-percentage", 0)
        campaign = read_campaign(runtime, rows)
        send_without_http(runtime, campaign, RecipientState.DELIVERED)
        written = [_loaded(store, server, rows) for _ in range(asked.runs)]
        _rewrite(server)
        rewritten = [_loaded(store, server, rows) for _ in range(asked.runs)]
        assert runtime.ledger.campaign(campaign).counts[RecipientState.DELIVERED] == rows
        server.close()
    whole = median_line("as it was written", written)
    compact = median_line("as a rewrite leaves it", rewritten, 1.0)
    ratio = whole.values[SECONDS] / compact.values[SECONDS]
    figures = {
        "a million recipients, the file as it was written": whole.values[SECONDS],
        "the file as a rewrite leaves it, a recipient": compact.values[BYTES],
    }
    yield Result("reload", "the file as a rewrite leaves it", [replace(whole, ratio=ratio), compact], figures)


def _loaded(store: Store, server: redis.Redis, rows: int) -> Values:
    """Kill the server and start it again on its files; the CPU that it has used when it answers."""
    store.start_again()
    cpu = server.info("cpu")
    seconds = float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])
    size = float(server.info("persistence")["aof_current_size"])
    return {SECONDS: seconds / rows * 1e6, BYTES: size / rows}


def _rewrite(server: redis.Redis) -> None:
    server.bgrewriteaof()
    while any(server.info("persistence")[f"aof_rewrite_{word}"] for word in ("in_progress", "scheduled")):
        time.sleep(0.1)
