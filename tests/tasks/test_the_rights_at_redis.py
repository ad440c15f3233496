"""Users of a Redis that may do no more than the lines of docs/redis.md say: real workers need nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py
from celery import Celery

from dispatcher.ledger.ledger import Ledger
from dispatcher.queues import SERVICES
from dispatcher.settings import load_settings
from tasks.broker_findings import look_at_broker
from tests.conftest import SECRET
from tests.hints import hint
from tests.parts import Parts
from tests.tasks.crew import until
from tests.valkey import ValkeyServer, running_valkey

QUEUES = SERVICES["helper"]


def as_user(server: ValkeyServer, name: str, rules: str) -> str:
    """The address of a server for a new user with these rules."""
    admin: Any = redis_py.Redis.from_url(server.url)
    admin.execute_command("ACL", "SETUSER", name, "on", ">PASSWORD", *rules.split())
    admin.close()
    return server.url.replace("//", f"//{name}:PASSWORD@")


def work(folder: Path, ledger_url: str, broker_url: str, broker: ValkeyServer) -> None:
    """Workers take hints and answer `celery inspect ping`; nothing is refused them."""
    parts = Parts(
        folder,
        app="tests.tasks.hasty",
        redis_url=ledger_url,
        broker_url=broker_url,
        secret=SECRET.decode(),
    )
    ledger = Ledger(redis_py.Redis.from_url(ledger_url))
    admin = redis_py.Redis.from_url(broker.url)
    with Celery("hints", broker=broker.url) as celery:
        try:
            parts.helper()
            parts.await_workers(ledger, set(QUEUES))
            hint(celery, QUEUES)
            until(lambda: not any(admin.llen(queue) for queue in QUEUES), 20, parts.said)
            answers = {name for each in celery.control.ping(timeout=5.0, limit=3) for name in each}
            assert answers == set(ledger.agenda.workers())
        finally:
            parts.end()
    assert [each.verdict for each in look_at_broker(load_settings(broker_url=broker_url))] == ["ok"]
    log: Any = admin
    assert log.execute_command("ACL", "LOG") == []


@pytest.mark.slow
def test_the_user_of_a_redis_for_hints_alone_needs_no_more(repository: Path, tmp_path: Path) -> None:
    [rules] = re.findall(
        r"^ACL SETUSER hints on >PASSWORD (.*)$", (repository / "docs/redis.md").read_text(), re.M
    )
    with running_valkey(tmp_path / "ledger") as store, running_valkey(tmp_path / "broker") as server:
        url = as_user(server, "hints", rules)
        work(tmp_path, store.url, url, server)
        hints: Any = redis_py.Redis.from_url(url)
        for refused in (("SET", "mms:x", 1), ("FLUSHALL",), ("KEYS", "*"), ("CONFIG", "GET", "dir")):
            with pytest.raises(redis_py.exceptions.NoPermissionError):
                hints.execute_command(*refused)


@pytest.mark.slow
def test_the_user_of_a_redis_that_others_use_too_needs_no_more(repository: Path, tmp_path: Path) -> None:
    _, named = re.findall(
        r"^ACL SETUSER mms on >PASSWORD (.*)$", (repository / "docs/redis.md").read_text(), re.M
    )
    with running_valkey(tmp_path / "server") as server:
        url = as_user(server, "mms", named)
        work(tmp_path, url, url, server)
