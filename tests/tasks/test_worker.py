"""`python -m tasks.worker`: the worker of a queue, without Celery's command line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.queues import SERVICES
from tasks.guard import STATUS
from tests.conftest import SECRET
from tests.hints import hint
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


HELPER = SERVICES["helper"]


def test_workers_that_share_a_process_each_have_their_name_and_queue_and_end_together(tmp_path: Path) -> None:
    with running_valkey(tmp_path / "ledger") as server:
        ledger = Ledger(Redis.from_url(server.url))
        process = started(tmp_path, server.url, "-m", "tasks.worker", *HELPER, "--host=east")
        try:
            until(lambda: len(ledger.agenda.workers()) == len(HELPER), 60, lambda: "not all are there")
            said = {name: (facts["pid"], facts["queues"]) for name, facts in ledger.agenda.workers().items()}
            assert said == {f"{queue}@east": (process.pid, [queue]) for queue in HELPER}
            with Celery("other", broker=server.url) as app:
                app.control.shutdown(destination=["look@east"])
            assert process.wait(60) == 0
            assert ledger.agenda.workers() == {}, "nobody counts on them any more"
        finally:
            process.kill()
            process.communicate()


def test_workers_that_wait_for_hints_end_at_once_when_asked(tmp_path: Path) -> None:
    with running_valkey(tmp_path / "ledger") as server:
        ledger = Ledger(Redis.from_url(server.url))
        code = "from tasks import transport; transport.BLOCK_SECONDS = 600; from tasks.worker import main;"
        code += f"raise SystemExit(main({list(HELPER)}))"
        process = started(tmp_path, server.url, "-c", code)
        try:
            until(lambda: len(ledger.agenda.workers()) == len(HELPER), 60, lambda: "not all are there")
            until(lambda: _blocked(ledger) == len(HELPER), 60, lambda: "not all wait")
            process.terminate()
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.communicate()


def _blocked(ledger: Ledger) -> int:
    """How many connections wait in a blocking read."""
    return sum("b" in client["flags"] for client in ledger.redis.client_list())


def test_a_queue_whose_tasks_hang_holds_up_no_other_and_ends_the_process_though_ticks_flow(
    tmp_path: Path,
) -> None:
    with running_valkey(tmp_path / "ledger") as server, Celery("other", broker=server.url) as app:
        broker = Redis.from_url(server.url)
        process = started(tmp_path, server.url, "-m", "tests.tasks.hanging", *HELPER, "--beat")
        try:
            for _ in range(50):
                app.send_task("look_after_batches", queue="look")
            for queue in ("expand", "control"):
                for _ in range(20):
                    hint(app, [queue])
                until(lambda queue=queue: not broker.llen(queue), 60, lambda: "its hints wait")  # type: ignore[misc]
            assert broker.llen("look")
            _, said = process.communicate(timeout=60)
            assert process.returncode == STATUS
            assert "hints wait in look" in said
            assert "what it runs hangs" in said
            assert "hints wait in control" not in said
        finally:
            process.kill()


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
