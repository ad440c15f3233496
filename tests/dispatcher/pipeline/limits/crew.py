"""Worker processes of their own, without Celery: each feeds and sends on a ledger until nothing is left."""

from __future__ import annotations

import multiprocessing
import time
from bisect import bisect_left
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from dispatcher.errors import MmsError
from dispatcher.ledger.installation.installation import Installation
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.runtime.runtime import Runtime, make_client
from dispatcher.pipeline.sending.feed import feed
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.settings import load_settings
from dispatcher.simulator.client import Received
from tests.conftest import SECRET

ENDED = {CampaignState.COMPLETED, CampaignState.CANCELLED}
#: A hash of the ledger: campaign → how often a process was given a batch of it, as a Celery task would be.
TASKS = "test:tasks"


def work(redis_url: str, settings: dict[str, Any], campaign: str) -> None:
    """Send until the campaign does not run any more, or for ever without one; Redis may come and go."""
    chosen = load_settings(**{**settings, "data_dir": Path("/nonexistent"), "simulate": True})
    runtime = Runtime(
        Ledger(client(redis_url)),
        chosen,
        Installation("key", (SECRET,), "admin", False, "simulate"),
        api=make_client(chosen),
        pool=ThreadPoolExecutor(chosen.in_flight),
    )
    hints: list[tuple[str, int]] = []
    while True:
        try:
            if campaign and runtime.ledger.campaign(campaign).state in ENDED:
                return
            feed(runtime, lambda *hint: hints.append(hint))
            if hints:
                runtime.ledger.redis.hincrby(TASKS, hints[0][0], 1)
                send_batch(runtime, *hints.pop(0))
            else:
                time.sleep(0.05)
        except MmsError:
            time.sleep(0.05)


class Crew:
    """Four such processes."""

    def __init__(self, redis_url: str, campaign: str = "", *, size: int = 4, **settings: Any) -> None:
        self._start: Callable[[], BaseProcess] = lambda: self._made(redis_url, campaign, settings)
        self.processes = [self._start() for _ in range(size)]

    @staticmethod
    def _made(redis_url: str, campaign: str, settings: dict[str, Any]) -> BaseProcess:
        process = multiprocessing.get_context("spawn").Process(
            target=work, args=(redis_url, settings, campaign), daemon=True
        )
        process.start()
        return process

    def replace(self, index: int) -> None:
        """Kill one without a word, start another in its place."""
        self.processes[index].kill()
        self.processes[index].join()
        self.processes[index] = self._start()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End them all."""
        for process in self.processes:
            process.kill()
            process.join()


def claim_times(ledger: Ledger, *campaigns: str) -> list[int]:
    """When each leg of these campaigns was claimed, ms, in order."""
    return sorted(
        row.claimed_ms
        for campaign in campaigns
        for _, rows in ledger.batches.read(campaign, list(ledger.campaigns.batch_numbers(campaign)))
        for row in rows
        if row.claimed_ms
    )


def arrival_times(received: Received) -> list[int]:
    """When each leg came to the simulator, ms, in order."""
    return sorted(int(1000 * message["created"]) for message in received.messages for _ in message["to"])


def most_in_a_second(times: list[int]) -> int:
    """The most of these times in any rolling second."""
    return max(bisect_left(times, start + 1000) - index for index, start in enumerate(times))


def await_rows(
    ledger: Ledger,
    campaign: str,
    wanted: int,
    seconds: float,
    state: RecipientState = RecipientState.QUEUED,
) -> None:
    """Until so many rows of it are in this state."""
    deadline = time.monotonic() + seconds
    while ledger.campaign(campaign).counts[state] < wanted:
        assert time.monotonic() < deadline, ledger.campaign(campaign).counts
        time.sleep(0.1)
