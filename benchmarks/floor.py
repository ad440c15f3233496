"""floor: a message and a callback beside what they cannot do without (`benchmarks.bare`), in CPU of all processes.

Ours is all of `mms up`, from the claim to the recorded answer, and from the receiver to the settled row. The floor
keeps the same bytes on disk before it posts and before it answers, and looks at nothing.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.callbacks import CONNECTIONS, CalledBack
from benchmarks.caller import call
from benchmarks.campaign import LATER, await_state, file_of, start_now, submitted
from benchmarks.dispatch import IN_FLIGHT, PROCESSES
from benchmarks.meter import Meter
from benchmarks.result import Asked, Line, Result, Values, in_turn, median, median_line
from benchmarks.sink import Sink
from benchmarks.stack import Stack
from benchmarks.store import Store
from dispatcher.host.ports import free_port, is_free

ROWS = 20_000
CPU, STORE = "µs of CPU", "of it Valkey"
A_SEND, A_CALLBACK = "sending to the floor", "a callback to the floor"


def measure(asked: Asked) -> Iterator[Result]:
    """A message, then a callback, ours and the floor in turn."""
    rows = asked.size(ROWS)
    with TemporaryDirectory(prefix="mms-bench-") as folder, Sink() as sink:
        bodies = Path(folder) / "bodies"
        with Stack(sink.url, workers=PROCESSES, in_flight=IN_FLIGHT) as stack:
            found = in_turn(asked.runs, {
                "a message": lambda: _send(stack, rows),
                "its floor": lambda: _bare_send(sink, rows),
                "a callback": lambda: _call_back(stack, bodies, rows),
                "the callback's floor": lambda: _bare_callback(bodies),
            })  # fmt: skip
    ratios = {
        A_SEND: median(found["a message"], CPU) / median(found["its floor"], CPU),
        A_CALLBACK: median(found["a callback"], CPU) / median(found["the callback's floor"], CPU),
    }
    lines: list[Line] = [
        median_line(what, runs, ratio)
        for (what, runs), ratio in zip(
            found.items(), (ratios[A_SEND], 1.0, ratios[A_CALLBACK], 1.0), strict=True
        )
    ]
    yield Result("floor", "what it cannot do without", lines, ratios)


def _send(stack: Stack, rows: int) -> Values:
    campaign = submitted(stack.ledger, stack.config, file_of(rows), at=LATER)
    await_state(stack.ledger, campaign, "scheduled")
    meter, store = Meter((stack.pid,)), Meter((stack.store_pid,))
    start_now(stack.ledger, campaign)
    await_state(stack.ledger, campaign, "completed")
    return {CPU: 1e6 * meter.cpu() / rows, STORE: 1e6 * store.cpu() / rows}


def _call_back(stack: Stack, bodies: Path, rows: int) -> Values:
    said = CalledBack(stack, bodies, rows // 2).run()
    return {CPU: 1000 * said["CPU ms each"], STORE: 1000 * said["of it Valkey"]}


def _bare(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "benchmarks.bare", *arguments], stdout=subprocess.PIPE)


def _told(process: subprocess.Popen[bytes]) -> float:
    """The CPU seconds that a process says it worked for."""
    return float(process.communicate(timeout=300)[0])


def _bare_send(sink: Sink, rows: int) -> Values:
    with Store() as server:
        store = Meter((server.pid,))
        python = _told(_bare("send", sink.url, server.url, str(rows)))
        return _floor(python, store, rows)


def _bare_callback(bodies: Path) -> Values:
    calls = len(bodies.read_bytes().splitlines())
    with Store() as server:
        port = free_port()
        door = _bare("door", str(port), server.url)
        try:
            _await_door(port)
            meter, store = Meter((door.pid,)), Meter((server.pid,))
            drain = _bare("drain", server.url, str(calls))
            found = call(port, "/callbacks", bodies, connections=CONNECTIONS)
            assert found["good"] == calls, found
            return _floor(_told(drain) + meter.cpu(), store, calls)
        finally:
            door.kill()
            door.wait(10)


def _await_door(port: int) -> None:
    deadline = time.monotonic() + 20
    while is_free(port):
        if time.monotonic() > deadline:
            raise RuntimeError("the bare receiver does not start")
        time.sleep(0.05)


def _floor(python: float, store: Meter, each: int) -> Values:
    return {CPU: 1e6 * (python + store.cpu()) / each, STORE: 1e6 * store.cpu() / each}
