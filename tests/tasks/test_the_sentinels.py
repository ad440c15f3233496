"""Hints through Sentinels: whichever of their servers is the primary, workers take them, and none is started anew."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import redis as redis_py
from celery import Celery
from kombu.exceptions import OperationalError

from dispatcher.ledger.ledger import Ledger
from dispatcher.settings import load_settings
from tasks.broker import Broker, broker_url, kombu_url, transport_of, transport_options
from tests.hints import hint
from tests.parts import Parts
from tests.sentinel import Watched, until, watched_servers
from tests.valkey import ValkeyServer

#: From a fault to a hint that is taken, one second of which it takes the Sentinels to believe it.
SECONDS = 15


def broker_of(watched: Watched) -> Broker:
    """Whoever looks at the broker there."""
    return Broker(broker_url(load_settings(broker_url=watched.url)))


def waiting(watched: Watched) -> int:
    """Hints in all queues of the primary of now."""
    broker = broker_of(watched)
    try:
        return sum(broker.depths().values())
    finally:
        broker.close()


def celery_of(watched: Watched) -> Celery:
    """A sender of hints."""
    app = Celery("hints", broker=kombu_url(watched.url))
    app.conf.update(
        broker_transport=transport_of(watched.url), broker_transport_options=transport_options(watched.url)
    )
    return app


def hinted(celery: Celery) -> bool:
    """Whether the broker took a hint; the connection that was kept may lead to the old one."""
    try:
        hint(celery, ["expand"])
    except OperationalError:
        return False
    return True


@pytest.mark.slow
def test_workers_take_hints_after_each_failover_and_live_on(
    tmp_path: Path, valkey_url: str, redis: redis_py.Redis
) -> None:
    with watched_servers(tmp_path / "broker") as watched, celery_of(watched) as celery:
        parts = Parts(
            tmp_path, redis_url=valkey_url, broker_url=watched.url, secret="x" * 32, admin_token="admin"
        )
        try:
            parts.worker("expand")
            parts.await_workers(Ledger(redis), {"expand"})
            killed = watched.primary()
            for fault in (ValkeyServer.kill, ValkeyServer.pause):
                old = watched.primary()
                fault(old)
                begun = time.monotonic()
                watched.await_another(old)
                until(lambda: hinted(celery), 30, "the new primary takes no hint")
                until(lambda: waiting(watched) == 0, 30, parts.said())
                assert time.monotonic() - begun < SECONDS
                if old is killed:
                    killed.start()
                    watched.await_in_step()
            assert [process.poll() for process in parts.processes] == [None]
        finally:
            parts.end()
