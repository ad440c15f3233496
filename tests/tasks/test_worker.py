"""`python -m tasks.worker`: the worker of a queue, without Celery's command line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from tests.conftest import SECRET
from tests.tasks.crew import until
from tests.valkey import running_valkey

#: What Celery's command line would load into each worker.
NEVER = {"flower", "tornado", "prompt_toolkit", "click_repl"}

pytestmark = pytest.mark.slow


def started(folder: Path, url: str, *command: str) -> subprocess.Popen[str]:
    """That command, its settings those of a simulated installation."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
    given = {
        "MMS_SIMULATE": "1",
        "MMS_DATA_DIR": str(folder),
        "MMS_REDIS_URL": url,
        "MMS_SECRET": SECRET.decode(),
    }
    return subprocess.Popen(
        [sys.executable, *command],
        env={**own, **given},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_a_worker_with_a_beat_takes_its_own_ticks_and_ends_when_asked(tmp_path: Path, ending: int) -> None:
    with running_valkey(tmp_path / "ledger") as server:
        ledger = Ledger(Redis.from_url(server.url))
        worker = started(tmp_path, server.url, "-m", "tasks.worker", "control", "--beat")
        try:
            until(lambda: bool(ledger.redis.exists(keys.TICK)), 60, lambda: "no tick")
            facts = ledger.agenda.workers()[f"control@{socket.gethostname()}"]
            assert (facts["pid"], facts["queues"], facts["concurrency"]) == (worker.pid, ["control"], 2)
            worker.send_signal(ending)
            assert worker.wait(60) == 0
        finally:
            worker.kill()
            worker.communicate()


def test_a_worker_loads_neither_flower_nor_a_shell(tmp_path: Path) -> None:
    code = "import sys, tasks.worker; print(sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    _, said = started(tmp_path, "redis://127.0.0.1:1", "-c", code).communicate(timeout=60)
    assert "'celery'" in said
    assert not {name for name in NEVER if f"'{name}'" in said}


def test_an_unknown_queue_is_refused(tmp_path: Path) -> None:
    worker = started(tmp_path, "redis://127.0.0.1:1", "-m", "tasks.worker", "letters")
    _, said = worker.communicate(timeout=60)
    assert worker.returncode == 2
    assert "letters" in said
