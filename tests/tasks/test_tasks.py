"""The tasks: what each calls, which queue it goes to, and that hints carry ids only."""

from __future__ import annotations

import base64
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import redis as redis_py

import dispatcher.settings
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from tests.conftest import SECRET
from tests.factories import CAMPAIGN, add_campaign, make_batch


@pytest.fixture(scope="module")
def tasks(valkey_url: str) -> Iterator[ModuleType]:
    """The package of the tasks on the tests' Redis, whose settings are read at import."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMS_REDIS_URL", valkey_url)
        patch.setenv("MMS_SIMULATE", "1")
        patch.setenv("MMS_ACCOUNT_RATE", "70/s")
        patch.setenv("MMS_SENDER_RATE", "7/s")
        patch.setenv("MMS_ADMIN_TOKEN", "admin")
        patch.setenv("MMS_SECRET", SECRET.decode())
        dispatcher.settings.settings.cache_clear()
        package = importlib.import_module("tasks")
        for name in ("app", "runtime", "hints", "tasks"):
            importlib.import_module(f"tasks.{name}")
        package.app.app.conf.broker_url = valkey_url
        package.app.app._after_fork()  # whoever used it before in this process had another broker
        _forget(package)
        yield package
        _forget(package)
    dispatcher.settings.settings.cache_clear()


def _forget(package: ModuleType) -> None:
    package.runtime.runtime.cache_clear()
    package.runtime.open_ledger.cache_clear()


@pytest.fixture(autouse=True)
def _fresh(redis: redis_py.Redis, tasks: ModuleType) -> None:
    """A runtime on the emptied Redis."""
    _forget(tasks)


def published(redis: redis_py.Redis, queue: str) -> list[tuple[str, dict[str, object]]]:
    """Task names and arguments that wait in a queue."""
    found = []
    for raw in redis.lrange(queue, 0, -1):
        message = json.loads(raw)
        body = json.loads(base64.b64decode(message["body"]))
        found.append((message["headers"]["task"], body[1]))
    return found


def test_a_worker_puts_the_settings_rates_in_force(tasks: ModuleType, redis: redis_py.Redis) -> None:
    tasks.runtime.runtime()
    assert redis.hgetall(keys.RATES) == {
        b"account": b"14285.714:35714.286:default",
        b"sender": b"142857.143:0.000:default",
    }


def test_the_tick_offers_batches_as_hints_with_ids_only(tasks: ModuleType, redis: redis_py.Redis) -> None:
    add_campaign(Ledger(redis), make_batch(1))
    assert tasks.tasks.tick.run() == "1 offered"
    assert published(redis, "send") == [("send_batch", {"campaign": CAMPAIGN, "batch": 0})]


def test_every_hint_goes_to_its_queue(tasks: ModuleType, redis: redis_py.Redis) -> None:
    tasks.hints.HINTS.look("", 0)
    tasks.hints.HINTS.search("", 0)
    tasks.hints.HINTS.expand("c", 0)
    tasks.hints.HINTS.ingest("", 0)
    tasks.hints.HINTS.explain("", 0)
    assert published(redis, "look") == [
        ("explain_failures", {}),
        ("look_for_unconfirmed", {}),
        ("look_after_batches", {}),
    ]
    assert published(redis, "expand") == [("expand_campaign", {"campaign": "c"})]
    assert published(redis, "ingest") == [("ingest_callbacks", {})]


def test_the_tasks_answer_one_line(tasks: ModuleType) -> None:
    assert tasks.tasks.send_batch.run(campaign="nobody-abc234", batch=0) == "halt gone"
    assert tasks.tasks.expand_campaign.run(campaign="nobody-abc234") == "taken"
    assert tasks.tasks.ingest_callbacks.run() == "0 callbacks, 0 rows changed"
    assert tasks.tasks.look_for_unconfirmed.run() == "0 batches looked at"
    assert tasks.tasks.look_after_batches.run() == "0 batches looked at"
    assert tasks.tasks.explain_failures.run() == "0 failures, 0 explained"


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["worker", "beat", "flower"])
@pytest.mark.parametrize(
    ("variables", "said"),
    [({"MMS_ACCOUNT_RATE": "fast"}, "MMS_ACCOUNT_RATE"), ({}, "MMS_REDIS_URL is not set")],
)
def test_celery_says_in_a_sentence_which_setting_it_cannot_start_with(
    tmp_path: Path, verb: str, variables: dict[str, str], said: str
) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
    done = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "tasks", verb],
        env=inherited | variables | {"PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
