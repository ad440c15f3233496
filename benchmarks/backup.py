"""backup: what a copy of the ledger takes that is loaded and audited before it is believed, and both ways back.

Rows are sent and delivered, without HTTP. The baseline is the way back into the embedded Valkey.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.ledgers import read_campaign, runtime_on, send_without_http
from benchmarks.result import Asked, Line, Result
from benchmarks.store import Store
from dispatcher.ledger.store.connection import client
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.backup.archive import read_manifest
from dispatcher.pipeline.backup.backup import back_up
from dispatcher.pipeline.backup.restore import restore_embedded, restore_into

ROWS = 100_000
SECONDS = "s"


def measure(asked: Asked) -> Iterator[Result]:
    """Each of the three once: they read and write all there is."""
    rows = asked.size(ROWS)
    with Store() as store, Store() as empty, tempfile.TemporaryDirectory(prefix="mms-bench-") as folder:
        runtime, file = runtime_on(store), Path(folder) / "copy.zip"
        campaign = read_campaign(runtime, rows)
        send_without_http(runtime, campaign, RecipientState.DELIVERED)
        server = runtime.ledger.redis
        taken = _seconds(lambda: back_up(server, file))
        embedded = _seconds(lambda: restore_embedded(file, Path(folder) / "new"))
        with client(empty.url) as target:
            into = _seconds(lambda: restore_into(file, target, Path(folder)))
        manifest = read_manifest(file)
        assert manifest.counts.rows == rows
        assert not manifest.findings
        server.close()
    lines = [
        Line("mms backup", {SECONDS: taken, "MB": manifest.bytes / 1e6}, taken / embedded),
        Line("mms restore, embedded", {SECONDS: embedded}, 1.0),
        Line("mms restore, into a Redis", {SECONDS: into}, into / embedded),
    ]
    figures = {
        "a copy of 100,000 rows, believed": taken,
        "the way back, embedded": embedded,
        "the way back, into a Redis": into,
        "the file, a row": manifest.bytes / rows,
    }
    yield Result("backup", "mms restore, embedded", lines, figures)


def _seconds(work: Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start
