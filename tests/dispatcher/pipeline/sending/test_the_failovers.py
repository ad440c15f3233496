"""Failovers of the servers that docs/high-availability.md sets up, with senders at work."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dispatcher.errors import MmsError
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import asyncio_client, client
from dispatcher.ledger.store.sentinel_address import sentinel_address
from dispatcher.model.state import UNFINISHED
from dispatcher.pipeline.reconcile.reconcile import look_after
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.documents.shown import TOP, blocks
from tests.factories import CAMPAIGN, add_campaign, make_batch
from tests.sentinel import NAME, Watched, watched_servers
from tests.stack import until
from tests.valkey import ValkeyServer

pytestmark = pytest.mark.slow

PAGE = TOP / "docs" / "high-availability.md"
ROWS, BATCHES = 40, 3
#: The Sentinels of the test are five times as quick as the page's.
DOWN_MS = 1_000


def shown(language: str) -> list[tuple[str, ...]]:
    """The lines of the page's blocks of this language, a block each."""
    return [block.lines for block in blocks(PAGE) if block.language == language]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """The servers of the page, on this machine."""
    of_servers, of_sentinels = shown("conf")
    options = [word for line in of_servers for word in (f"--{line.split()[0]}", line.split()[1])]
    watch = [line.replace(f" {NAME} ", " {name} ").removeprefix("sentinel ") for line in of_sentinels[2:]]
    with watched_servers(tmp_path / "servers", *options, replicas=2, down_ms=DOWN_MS, watch=watch) as found:
        yield found


@contextmanager
def sending(watched: Watched, folder: Path, carrierx: SimulatorHandle) -> Iterator[None]:
    """A sender in a process of its own, which knows the Sentinels only."""
    command = (sys.executable, "-m", "tests.chaos.sender", watched.url, str(folder))
    process = subprocess.Popen([*command, carrierx.url, carrierx.token, ""])
    try:
        yield
    finally:
        process.kill()
        process.wait(30)


def killed(primary: ValkeyServer, _: Watched) -> None:
    """It is gone."""
    primary.kill()


def stopped(primary: ValkeyServer, _: Watched) -> None:
    """It stands still, and its kernel answers for it."""
    primary.pause()


def told(_: ValkeyServer, watched: Watched) -> None:
    """An operator asks for it: the old one is alive all the time."""
    with watched.sentinels[0].client() as asked:
        asked.execute_command("SENTINEL", "FAILOVER", NAME)


def test_the_address_of_the_page_is_one() -> None:
    (line,) = (line for lines in shown("sh") for line in lines)
    address = sentinel_address(line.partition("'")[2].rstrip("'"))
    assert (len(address.sentinels), address.master_name) == (3, NAME)


@pytest.mark.parametrize("fault", [killed, stopped, told])
def test_a_failover_in_mid_campaign_sends_everything_once_and_nobody_says_anything(
    watched: Watched,
    simulator: SimulatorHandle,
    tmp_path: Path,
    make_runtime: MakeRuntime,
    fault: Callable[[ValkeyServer, Watched], None],
) -> None:
    simulator.set_faults(latency_ms=100)
    primary = watched.primary()
    with client(watched.url) as connected:
        batches = [make_batch(*[1] * ROWS, first_row=1 + ROWS * number) for number in range(BATCHES)]
        add_campaign(Ledger(connected), *batches)
    with sending(watched, tmp_path / "one", simulator), sending(watched, tmp_path / "two", simulator):
        until(lambda: simulator.received(messages=False).taken >= ROWS, 60)
        fault(primary, watched)
        broken = time.monotonic()
        watched.await_another(primary)
        seen = simulator.received(messages=False).taken
        until(lambda: simulator.received(messages=False).taken > seen, 60)
        stood = time.monotonic() - broken
        primary.resume()
        with client(watched.url) as connected:
            runtime = make_runtime(parts={"ledger": Ledger(connected)}, unconfirmed_wait=1)
            until(lambda: look(runtime), 90)
    assert simulator.received().repeated == []
    assert len(set(simulator.received(messages=False).numbers)) == ROWS * BATCHES
    assert stood < 30  # 15 s on a machine with nothing else to do


def test_clients_leave_a_primary_that_takes_no_writes_though_it_still_calls_itself_one(
    watched: Watched,
) -> None:
    primary = watched.primary()

    async def reached() -> None:
        with client(watched.url) as here:
            async with asyncio_client(watched.url) as aside:
                here.set("before", 1)
                await aside.set("before", 1)
                told(primary, watched)
                await asyncio.to_thread(watched.await_another, primary)
                assert await asyncio.to_thread(written, lambda: here.set("here", 1))
                while True:
                    try:
                        await aside.set("aside", 1)
                    except redis_py.RedisError:
                        await asyncio.sleep(0.05)
                    else:
                        return

    with redis_py.Redis.from_url(primary.url) as old:
        asyncio.run(asyncio.wait_for(reached(), 30))
        role: Any = old.execute_command("ROLE")
        assert role[0] == b"master"  # a Sentinel waits 8 s before it makes a replica of it
    with client(watched.url) as connected:
        assert connected.exists("here", "aside") == 2


def written(write: Callable[[], object]) -> bool:
    """Whether it could be written in the end."""

    def done() -> bool:
        try:
            write()
        except redis_py.RedisError:
            return False
        return True

    until(done, 20)
    return True


def look(runtime: Runtime) -> bool:
    """Look for what is unconfirmed; whether every row is done with."""
    try:
        for number in range(BATCHES):
            look_after(runtime, CAMPAIGN, number)
        counts = runtime.ledger.campaign(CAMPAIGN).counts
    except MmsError:
        return False
    return not any(count for state, count in counts.items() if state in UNFINISHED)
