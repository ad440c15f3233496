"""The health checks of the services: told by what a part does, not by its process."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

from dispatcher.host.ports import free_port
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.settings import Settings
from dispatcher.stack.healthcheck import is_healthy


@pytest.fixture
def config(valkey_url: str, redis: Redis, tmp_path: Path) -> Settings:
    """Settings with an empty ledger and ports at which nobody answers."""
    return Settings(redis_url=valkey_url, data_dir=tmp_path, web_port=free_port(), flower_port=free_port())


def test_a_worker_lives_while_its_sign_of_life_is_in_the_ledger(config: Settings, ledger: Ledger) -> None:
    assert not is_healthy("send", config)
    ledger.agenda.sign_of_life(f"send@{socket.gethostname()}", {"pid": 1}, ledger.agenda.now_ms())
    assert is_healthy("send", config)
    assert not is_healthy("expand", config)


def test_a_worker_that_takes_nothing_of_what_waits_is_not_well(config: Settings, ledger: Ledger) -> None:
    facts = {"pid": 1, "still_ms": 45_000}
    ledger.agenda.sign_of_life(f"send@{socket.gethostname()}", facts, ledger.agenda.now_ms())
    assert not is_healthy("send", config)


def test_a_worker_of_another_machine_is_not_ours(config: Settings, ledger: Ledger) -> None:
    ledger.agenda.sign_of_life("send@elsewhere", {"pid": 1}, ledger.agenda.now_ms())
    assert not is_healthy("send", config)


def test_beat_lives_while_its_ticks_arrive(config: Settings, redis: Redis) -> None:
    redis.set(keys.TICK, 1, px=60_000)
    assert is_healthy("beat", config)


@pytest.mark.parametrize("part", ["web", "flower"])
def test_what_does_not_answer_is_not_alive(config: Settings, part: str) -> None:
    assert not is_healthy(part, config)


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["nothing"], 2), (["send"], 1)])
def test_the_exit_status_tells(arguments: list[str], status: int, tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "dispatcher.stack.healthcheck", *arguments],
        env={"MMS_REDIS_URL": "redis://127.0.0.1:1/0", "MMS_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == status
    assert "Traceback" not in answer.stderr
    assert answer.stderr
