"""Workers whose ledger was brought beyond them while they ran: they end, and what they were hinted at is not lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.schema import SCHEMA
from tests.tasks.crew import crew_of
from tests.valkey import running_valkey

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crew")]

HINTS = 8
QUEUES = ("send", "ingest")
#: Tasks that a worker of each does at once.
PLACES = {"send": 2, "ingest": 1}
#: As the guard's look and the end of a worker take, and a busy machine's patience.
END_SECONDS = 60


@pytest.mark.timeout(180)
def test_a_worker_that_is_too_old_for_its_ledger_gives_its_hints_back_and_ends_with_the_sentence(
    tmp_path: Path,
) -> None:
    with (
        running_valkey(tmp_path / "ledger") as server,
        crew_of(tmp_path, server.url, *QUEUES, app="tasks.app") as crew,
    ):
        crew.ledger.redis.hset(keys.STAMP, mapping={"schema": SCHEMA + 1, "needs": SCHEMA + 1})
        for _ in range(HINTS):
            crew.hint(*QUEUES)
        assert [process.wait(timeout=END_SECONDS) for process in crew.parts.processes] == [2, 2]
        for queue in QUEUES:
            said = crew.log(queue)
            assert f"lets in programs of schema {SCHEMA + 1} or later" in said
            assert said.count("raised unexpected") <= 2, "each process meets it once, and takes no more"
        for queue, left in crew.waiting(*QUEUES).items():
            assert left >= HINTS - PLACES[queue], (
                "but for what lies in a worker's memory, as at every end of one"
            )
        before = crew.waiting("send")
        again = subprocess.run(
            [sys.executable, "-m", "tasks.worker", "send"],
            env=crew.parts.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert again.returncode == 2
        assert "this one (mms " in again.stderr
        assert crew.waiting("send") == before, "it took none"
