"""Trials of the store itself: its file cut off at the end after a power cut, and a primary cut off from its replicas.

Each has servers and senders of its own, real processes; a sender on either side of the split. What is judged is what
CarrierX took: nobody's message twice, and, after a cut, that somebody noticed.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import redis

from dispatcher.errors import MmsError
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.reconcile.reconcile import look_after
from dispatcher.pipeline.recovery.recover import recover
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.launch import running_simulator
from tests.chaos.sender import runtime_of
from tests.factories import CAMPAIGN, add_campaign, make_batch
from tests.valkey import ValkeyServer, running_valkey

ROWS, BATCHES = 40, 3
#: How long senders are watched when nothing more should happen.
WATCHED_SECONDS = 4.0
#: A sender has done its work within this time, also on a machine that is busy with other things.
STARTED_SECONDS = 60.0
#: What stands in the file where claims were counted.
_COUNTED = b"HINCRBY\r\n$9\r\nmms:ticks\r\n$6\r\nclaims\r\n"


@contextmanager
def _sending(server: ValkeyServer, folder: Path, carrierx: SimulatorHandle, plant: str) -> Iterator[None]:
    """A sender at this server, killed in the end."""
    command = (sys.executable, "-m", "tests.chaos.sender", server.url, str(folder))
    process = subprocess.Popen([*command, carrierx.url, carrierx.token, plant])
    try:
        yield
    finally:
        process.kill()
        process.wait(30)


def _campaign(server: ValkeyServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        batches = [make_batch(*[1] * ROWS, first_row=1 + ROWS * number) for number in range(BATCHES)]
        add_campaign(Ledger(client), *batches)


def until(happened: Callable[[], bool], seconds: float) -> bool:
    """Whether it happened in this time; a server that is away meanwhile is waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(MmsError, redis.RedisError):
            if happened():
                return True
        time.sleep(0.05)
    return False


def cut_off(seed: int, plant: str = "") -> list[str]:
    """Everything is killed in mid-campaign, as by a power cut, and the end of the file is gone. What was broken."""
    dice = random.Random(f"cut {seed}")
    with tempfile.TemporaryDirectory(prefix="mms-cut-") as name, ExitStack() as exits:
        folder = Path(name)
        carrierx = exits.enter_context(running_simulator())
        carrierx.set_faults(latency_ms=20)
        server = exits.enter_context(running_valkey(folder / "store"))
        _campaign(server)
        file = next((server.folder / "appendonlydir").glob("*.incr.aof"))
        begun, part = file.stat().st_size, dice.uniform(0.2, 0.7)
        with _sending(server, folder, carrierx, plant):
            until(lambda: carrierx.received(messages=False).taken >= ROWS * BATCHES * part, STARTED_SECONDS)
            server.kill()
        _cut(file, begun + int((file.stat().st_size - begun) * dice.uniform(0.2, 0.9)))
        server.start()
        taken = _taken(carrierx)
        forgotten = taken & _pending(server)
        with _sending(server, folder, carrierx, plant):
            return _after_the_cut(server, folder, carrierx, len(taken), len(forgotten))


def _cut(file: Path, left: int) -> None:
    """Leave so many bytes of the file, fewer if no claim would be missing then."""
    last = file.read_bytes().rfind(_COUNTED)
    with file.open("rb+") as out:
        out.truncate(min(left, last) if last > 0 else left)


def _taken(carrierx: SimulatorHandle) -> set[str]:
    """The numbers that CarrierX has taken; nobody sends any more, and what was on its way arrives."""
    seen = -1
    while seen != (seen := carrierx.received(messages=False).taken):
        time.sleep(0.3)
    return set(carrierx.received(messages=False).numbers)


def _pending(server: ValkeyServer) -> set[str]:
    """The numbers of rows that this ledger has never claimed."""
    with redis.Redis.from_url(server.url) as client:
        read = Ledger(client).batches.read(CAMPAIGN, range(BATCHES))
    return {
        row.number or ""
        for batch, states in read
        for row, state in zip(batch.rows, states, strict=True)
        if state.state is RecipientState.PENDING
    }


def _after_the_cut(
    server: ValkeyServer, folder: Path, carrierx: SimulatorHandle, taken: int, forgotten: int
) -> list[str]:
    """What was broken, where CarrierX had taken so many messages, and so many of them are pending in the ledger."""
    runtime = runtime_of(server.url, folder, carrierx.url, carrierx.token)

    def ended() -> bool:
        return _looked_after(runtime.ledger, lambda number: look_after(runtime, CAMPAIGN, number))

    until(lambda: runtime.ledger.recovery.restored() is not None or ended(), STARTED_SECONDS)
    restored, broken = runtime.ledger.recovery.restored(), list[str]()
    if forgotten and restored is None:
        broken.append(f"nobody noticed that {forgotten} claims on which something was sent were gone")
    if restored is not None:
        if carrierx.received(messages=False).taken > taken:
            broken.append("something was sent before the ledger was recovered")
        recover(runtime, restored, who="the kit")
        until(ended, 20)
    if repeated := len(carrierx.received(messages=False).repeated):
        broken.append(f"{repeated} numbers were sent to twice after the end of the file was cut off")
    return broken


def _looked_after(ledger: Ledger, look: Callable[[int], object]) -> bool:
    for number in range(BATCHES):
        look(number)
    counts = ledger.campaign(CAMPAIGN).counts
    return not any(
        count for state, count in counts.items() if state.value in {"pending", "sending", "unconfirmed"}
    )


def split(seed: int, plant: str = "") -> list[str]:
    """A primary loses both of its replicas, one of which takes over; a sender on either side. What was broken."""
    dice = random.Random(f"split {seed}")
    with tempfile.TemporaryDirectory(prefix="mms-split-") as name, ExitStack() as exits:
        folder = Path(name)
        carrierx = exits.enter_context(running_simulator())
        carrierx.set_faults(latency_ms=20)
        quick = ("--repl-diskless-sync-delay", "0")
        primary = exits.enter_context(running_valkey(folder / "primary", *quick))
        _campaign(primary)
        of = ("--replicaof", "127.0.0.1", str(primary.port))
        replicas = [
            exits.enter_context(running_valkey(folder / name, *quick, *of)) for name in ("one", "two")
        ]
        until(lambda: _attached(primary) == 2, 30)
        exits.enter_context(_sending(primary, folder / "here", carrierx, plant))
        enough = ROWS * BATCHES * dice.uniform(0.1, 0.4)
        until(lambda: carrierx.received(messages=False).taken >= enough, 30)
        _take_over(*replicas)
        exits.enter_context(_sending(replicas[0], folder / "there", carrierx, plant))
        # Whoever comes new waits 5 s for those that claimed on the other side.
        until(lambda: carrierx.received(messages=False).taken > ROWS * BATCHES, WATCHED_SECONDS + 8)
        repeated = len(carrierx.received(messages=False).repeated)
        return [f"{repeated} numbers were sent to by both sides of a split"] if repeated else []


def _take_over(promoted: ValkeyServer, other: ValkeyServer) -> None:
    """What a failover does, and what an operator says afterwards on the side that goes on."""
    with redis.Redis.from_url(promoted.url) as first, redis.Redis.from_url(other.url) as second:
        first.replicaof("NO", "ONE")
        second.replicaof("127.0.0.1", promoted.port)
        until(lambda: _attached(promoted) == 1, 30)
        Ledger(first).readiness.expect(1)


def _attached(server: ValkeyServer) -> int:
    with redis.Redis.from_url(server.url) as client:
        found = client.info("replication")
    return sum(1 for name, facts in found.items() if name.startswith("slave") and facts["state"] == "online")
