"""Worker processes of their own, without Celery: each feeds and sends on a ledger until nothing is left."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from dispatcher.errors import MmsError
from dispatcher.ledger.connect import client
from dispatcher.ledger.installation import Installation
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.feed import feed
from dispatcher.pipeline.send import send_batch
from dispatcher.pipeline.world import World, make_client
from dispatcher.settings import load_settings
from tests.conftest import SECRET


def work(redis_url: str, settings: dict[str, Any], campaign: str) -> None:
    """Send until the campaign does not run any more; Redis may come and go."""
    chosen = load_settings(**{**settings, "data_dir": Path("/nonexistent"), "simulate": True})
    world = World(
        Ledger(client(redis_url)),
        chosen,
        Installation("key", (SECRET,), "admin", False, "simulate"),
        api=make_client(chosen),
        pool=ThreadPoolExecutor(chosen.in_flight),
    )
    hints: list[tuple[str, int]] = []
    while True:
        try:
            if world.ledger.campaign(campaign).state in {CampaignState.COMPLETED, CampaignState.CANCELLED}:
                return
            feed(world, lambda *hint: hints.append(hint))
            if hints:
                send_batch(world, *hints.pop(0))
            else:
                time.sleep(0.05)
        except MmsError:
            time.sleep(0.05)


class Crew:
    """Four such processes."""

    def __init__(self, redis_url: str, campaign: str, *, size: int = 4, **settings: Any) -> None:
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

    def stop(self) -> None:
        """End them all."""
        for process in self.processes:
            process.kill()
            process.join()
