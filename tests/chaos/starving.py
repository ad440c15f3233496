"""Trial of a backlog: many rows without callbacks beside a few of which nobody knows whether they were sent.

Real time, a real store, and the threads of a look worker; CarrierX refuses lists or ignores their filter, so that every
message costs a request of its own. What is judged is when the few were looked for, and that hints did not pile up.
"""

from __future__ import annotations

import queue
import random
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import MmsError
from dispatcher.ledger.installation.installation import Installation
from dispatcher.ledger.store import script_text
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.tick import Hints, tick
from tests.backlog import VERBS, Quiet, backlog
from tests.chaos.plants import planted
from tests.chaos.sender import runtime_of
from tests.chaos.store import until
from tests.conftest import SECRET
from tests.valkey import running_valkey

MANY, FEW = 20_000, 10
#: The rate of all questions, and what one costs: far less, so that who waits for the rate always waits.
POLL_RATE, LATENCY_SECONDS = "20/s", 0.002
#: The few cost eleven requests of twenty a second; with them in front a busy machine has time to spare.
LOOKED_FOR_SECONDS = 15.0
THREADS = 4


def starve(seed: int, plant: str = "") -> list[str]:
    """The few are to be looked for within seconds. What was broken."""
    lists = random.Random(f"starve {seed}").choice(["refuses", "ignores"])
    with (
        tempfile.TemporaryDirectory(prefix="mms-starve-") as name,
        running_valkey(Path(name) / "store") as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        if plant:
            patch.setattr(script_text, "file_text", planted(plant, script_text.file_text))
        runtime = runtime_of(server.url, Path(name), "http://127.0.0.1:9", "token-of-the-kit")
        api = Quiet(runtime.ledger, {"vast-abc234": MANY, "tiny-abc234": FEW}, lists, LATENCY_SECONDS)
        return _tried(_with(runtime, api), api)


def _with(runtime: Runtime, api: Any) -> Runtime:
    settings = runtime.settings.model_copy(update={"poll_rate": POLL_RATE})
    return replace(
        runtime,
        api=api,
        settings=settings,
        installation=Installation("key", (SECRET,), "admin", False, "simulate"),
    )


def _tried(runtime: Runtime, api: Quiet) -> list[str]:
    now_ms = runtime.ledger.agenda.now_ms()
    backlog(runtime.ledger, "vast-abc234", MANY, b"t", at_ms=now_ms - 600_000, due_ms=now_ms - 300_000)
    hints: queue.Queue[str] = queue.Queue()
    with _look_worker(runtime, hints):
        if not until(lambda: bool(_asked_for(api, "vast-abc234")), LOOKED_FOR_SECONDS):
            return ["nobody asked for what is undelivered"]
        now_ms = runtime.ledger.agenda.now_ms()
        backlog(runtime.ledger, "tiny-abc234", FEW, b"u", at_ms=now_ms - 10_000, due_ms=now_ms)
        looked = until(lambda: len(_singles(api)) >= FEW, LOOKED_FOR_SECONDS)
        waiting = hints.qsize()
    broken = []
    if not looked:
        found, most = len(_singles(api)), f"{LOOKED_FOR_SECONDS:g} s"
        broken.append(f"{found} of {FEW} unconfirmed messages were looked for within {most} beside a backlog")
    if waiting > len(VERBS):
        broken.append(f"{waiting} hints had piled up")
    return broken


def _asked_for(api: Quiet, campaign_id: str) -> list[str]:
    return [what for _, what in api.asked if f" {campaign_id} " in what]


def _singles(api: Quiet) -> list[str]:
    return [what for what in _asked_for(api, "tiny-abc234") if what.startswith("eq")]


@contextmanager
def _look_worker(runtime: Runtime, hints: queue.Queue[str]) -> Iterator[None]:
    """A tick a second, and threads that take its hints: what a control and a look worker are to the ledger."""
    over = threading.Event()

    def put(kind: str) -> Any:
        return lambda *_: hints.put(kind)

    def nothing(*_: object) -> None:
        return None

    kinds = {kind: put(kind) for kind in VERBS}

    def ticks() -> None:
        while not over.wait(1.0):
            with suppress(MmsError):
                tick(runtime, Hints(send=nothing, expand=nothing, ingest=nothing, **kinds))

    def works() -> None:
        while not over.is_set():
            with suppress(queue.Empty, MmsError):
                VERBS[hints.get(timeout=0.2)](runtime)

    threads = [threading.Thread(target=each, daemon=True) for each in (ticks, *[works] * THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(30)
