"""callbacks: from the receiver to the settled state, alone and beside a campaign of 100 messages a second.

Two callbacks a message, `sent` and `delivered`, shuffled by a fixed seed. The baseline is the receiver of CarrierX's
guide under gunicorn, which stores nothing: its rate is the rate of its answers alone.
"""

from __future__ import annotations

import json
import random
import statistics
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.caller import call
from benchmarks.campaign import SENDER, await_state, file_of, submitted
from benchmarks.flask_receiver import FlaskReceiver
from benchmarks.meter import Meter
from benchmarks.result import Asked, Line, Result, Values, median, median_line
from benchmarks.sink import Sink
from benchmarks.stack import SECRET, Stack
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.state import RecipientState

ROWS = 10_000
CONNECTIONS = 32
SENDS = 100
BESIDE_RATE = 1000


def measure(asked: Asked) -> Iterator[Result]:
    """Alone at full speed, beside sends at full speed and at 1,000/s; then Flask at full speed."""
    callbacks = 2 * asked.size(ROWS)
    runs = range(asked.runs)
    with TemporaryDirectory(prefix="mms-bench-") as folder, Sink() as sink, Stack(sink.url) as stack:
        # Sent before the slow campaign begins, which keeps the senders busy with waiting.
        bench = [
            CalledBack(stack, Path(folder) / str(number), asked.size(ROWS))
            for number in range(3 * asked.runs)
        ]
        alone = [bench.pop().run() for _ in runs]
        with _sends(stack, int(asked.runs * (callbacks / 500 + 20) * SENDS)):
            beside = [bench.pop().run() for _ in runs]
            paced = [bench.pop().run(rate=BESIDE_RATE) for _ in runs]
        with FlaskReceiver() as receiver:
            flask = [_flask(receiver, Path(folder) / "0") for _ in runs]
    bare = median(flask, "answered/s")
    lines = [
        _line(what, runs, bare)
        for what, runs in (
            ("ours, alone", alone),
            (f"ours, beside {SENDS} sends/s", beside),
            (f"ours, beside {SENDS} sends/s, called {BESIDE_RATE:,}/s", paced),
            ("Flask under gunicorn, stores nothing", flask),
        )
    ]
    figures = {
        "settled, alone": median(alone, "settled/s"),
        "p99 of the answer, alone": median(alone, "p99 ms"),
        "settled, beside 100 sends/s": median(beside, "settled/s"),
        "p99 of the answer at 1,000/s, beside 100 sends/s": median(paced, "p99 ms"),
        "CPU, all processes": median(alone, "CPU ms each"),
    }
    yield Result("callbacks", "the answers of Flask under gunicorn", lines, figures)


def _line(what: str, runs: list[Values], bare: float) -> Line:
    speed = statistics.median(run.get("settled/s", run["answered/s"]) for run in runs)
    return median_line(what, runs, speed / bare)


class CalledBack:
    """A campaign that was sent a moment ago, and callbacks for it."""

    def __init__(self, stack: Stack, bodies: Path, rows: int) -> None:
        self._stack, self.bodies, self._rows = stack, bodies, rows
        self._campaign = submitted(stack.ledger, stack.config, file_of(rows))
        await_state(stack.ledger, self._campaign, "completed")
        self._write_bodies(self._campaign)

    def run(self, rate: float = 0.0) -> Values:
        """Call back for each of its messages, until all are delivered."""
        ledger, campaign = self._stack.ledger, self._campaign
        meter, store = Meter((self._stack.pid,)), Meter((self._stack.store_pid,))
        found = call(
            self._stack.web_port, self._stack.callback_path, self.bodies, connections=CONNECTIONS, rate=rate
        )
        while (
            ledger.campaign(campaign).counts[RecipientState.DELIVERED] < self._rows
            or ledger.callback_stream.waiting()
        ):
            assert meter.seconds() < 120, "callbacks are lost"
            time.sleep(0.02)
        calls = 2 * self._rows
        assert found["good"] == calls, f"{calls - found['good']:.0f} callbacks were not answered 200"
        return {
            "answered/s": calls / found["seconds"],
            "settled/s": calls / meter.seconds(),
            "p50 ms": found["p50 ms"],
            "p99 ms": found["p99 ms"],
            "CPU ms each": meter.cpu() / calls * 1000,
            "of it Valkey": store.cpu() / calls * 1000,
        }

    def _write_bodies(self, campaign: str) -> None:
        ledger = self._stack.ledger
        bodies = []
        for batch in ledger.campaigns.batch_numbers(campaign):
            content, states = ledger.batches.read(campaign, [batch])[0]
            for index, message in enumerate(content.messages):
                state, row = states[message.members[0]], content.rows[message.members[0]]
                ref = MessageRef(campaign, batch, index, state.attempt)
                user_data = write_user_data(ref, SECRET.encode())
                sid = str(uuid.UUID(bytes=state.sid))
                bodies += [
                    callback_body(word, sid, row.number or "", user_data) for word in ("sent", "delivered")
                ]
        random.Random(1).shuffle(bodies)
        self.bodies.write_bytes(b"\n".join(bodies))


def callback_body(word: str, sid: str, to: str, user_data: str) -> bytes:
    """A callback as CarrierX POSTs it."""
    fields = {
        "message_sid": sid, "status": word, "direction": "outbound", "from": SENDER, "to": to,
        "group_recipients": [], "message": "Northwind: hi Ann7, your order waits at Store 7. Reply STOP to opt out.",
        "media_urls": ["https://media.example/spring.jpg"], "message_segments": 1, "type": "mms",
        "user_data": user_data, "price": "0.0085", "mcc": "310", "mnc": "260",
        "partner_sid": "e00430c3-a7d0-4666-ab5c-f7202448382f", "date_created": "2026-01-18T21:01:13.415Z",
        "date_changed": "2026-01-18T21:01:13.415Z", "date_status_changed": "2026-01-18T21:01:14.000Z",
    }  # fmt: skip
    return json.dumps(fields).encode()


class _sends:  # noqa: N801  used like a function
    """A campaign of 100 messages a second, while the `with` lasts."""

    def __init__(self, stack: Stack, rows: int) -> None:
        self._stack, self._rows = stack, rows

    def __enter__(self) -> None:
        self._campaign = submitted(
            self._stack.ledger, self._stack.config, file_of(self._rows), rate=f"{SENDS}/s"
        )
        await_state(self._stack.ledger, self._campaign, "running")

    def __exit__(self, *_: object) -> None:
        self._stack.ledger.redis.hset(f"mms:c:{self._campaign}", "state", "paused")


def _flask(receiver: FlaskReceiver, bodies: Path) -> Values:
    meter = Meter((receiver.pid,))
    found = call(receiver.port, "/callback", bodies, connections=CONNECTIONS)
    return {
        "answered/s": found["good"] / found["seconds"],
        "p50 ms": found["p50 ms"],
        "p99 ms": found["p99 ms"],
        "CPU ms each": meter.cpu() / found["good"] * 1000,
    }
