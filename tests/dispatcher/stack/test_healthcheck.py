"""The health checks of the services: told by what a part does, not by its process; and cheap."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from dispatcher.host.ports import free_port
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.settings import Settings
from dispatcher.stack.healthcheck import DEFAULTS, config, is_healthy


@pytest.fixture
def given(valkey_url: str, redis: Redis, tmp_path: Path) -> dict[str, Any]:
    """Settings with an empty ledger and ports at which nobody answers."""
    return {
        "redis_url": valkey_url,
        "data_dir": str(tmp_path),
        "web_port": free_port(),
        "flower_port": free_port(),
    }


def asked(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The check as a container runs it."""
    return subprocess.run(
        [sys.executable, "-m", "dispatcher.stack.healthcheck", *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_worker_lives_while_its_sign_of_life_is_in_the_ledger(
    given: dict[str, Any], ledger: Ledger
) -> None:
    assert not is_healthy("send", given)
    ledger.agenda.sign_of_life(f"send@{socket.gethostname()}", {"pid": 1}, ledger.agenda.now_ms())
    assert is_healthy("send", given)
    assert not is_healthy("expand", given)


def test_a_worker_that_takes_nothing_of_what_waits_is_not_well(given: dict[str, Any], ledger: Ledger) -> None:
    facts = {"pid": 1, "still_ms": 45_000}
    ledger.agenda.sign_of_life(f"send@{socket.gethostname()}", facts, ledger.agenda.now_ms())
    assert not is_healthy("send", given)


def test_a_worker_of_another_machine_is_not_ours(given: dict[str, Any], ledger: Ledger) -> None:
    ledger.agenda.sign_of_life("send@elsewhere", {"pid": 1}, ledger.agenda.now_ms())
    assert not is_healthy("send", given)


def test_beat_lives_while_its_ticks_arrive(given: dict[str, Any], redis: Redis) -> None:
    redis.set(keys.TICK, 1, px=60_000)
    assert is_healthy("beat", given)


@pytest.mark.parametrize("part", ["web", "flower"])
@pytest.mark.parametrize(
    ("answer", "well"), [(b"HTTP/1.1 200 OK\r\n\r\n", True), (b"HTTP/1.1 503 No\r\n\r\n", False)]
)
def test_web_and_flower_live_while_they_answer_200(
    given: dict[str, Any], part: str, answer: bytes, well: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        pid = os.fork()
        if pid == 0:
            connection, _ = server.accept()
            connection.recv(4096)
            connection.sendall(answer)
            connection.close()
            os._exit(0)
        assert is_healthy(part, {**given, f"{part}_port": port}) is well
        os.waitpid(pid, 0)


@pytest.mark.parametrize("part", ["web", "flower"])
def test_what_does_not_answer_is_not_alive(given: dict[str, Any], part: str) -> None:
    assert not is_healthy(part, given)


def test_its_defaults_are_those_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert {name: getattr(Settings(), name) for name in DEFAULTS} == {
        **DEFAULTS,
        "data_dir": Path(DEFAULTS["data_dir"]),
    }
    (tmp_path / "mms.toml").write_text("web_port = 81\nflower_port = 82\nworkers = 3\n")
    monkeypatch.setenv("MMS_FLOWER_PORT", "83")
    assert config() == {**DEFAULTS, "web_port": 81, "flower_port": "83"}


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["nothing"], 2), (["send"], 1)])
def test_the_exit_status_tells(arguments: list[str], status: int, tmp_path: Path) -> None:
    answer = asked(
        *arguments,
        folder=tmp_path,
        MMS_REDIS_URL="redis://127.0.0.1:1/0",
        MMS_DATA_DIR=str(tmp_path),
    )
    assert answer.returncode == status
    assert "Traceback" not in answer.stderr
    assert answer.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        {"MMS_WEB_PORT": "a-secret"},
        {"MMS_REDIS_URL": "redis://:a-secret@h:x/0"},
        {"MMS_REDIS_URL": "a-secret"},
    ],
)
def test_what_is_set_wrongly_is_told_without_its_text(environment: dict[str, str], tmp_path: Path) -> None:
    answer = asked("web" if "MMS_WEB_PORT" in environment else "look", folder=tmp_path, **environment)
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert "a-secret" not in answer.stderr


@pytest.mark.slow
def test_it_loads_the_standard_library_and_nothing_else(
    valkey_url: str, redis: Redis, tmp_path: Path
) -> None:
    redis.set(keys.TICK, 1, px=60_000)
    code = (
        "import sys\nbefore = set(sys.modules)\n"
        "from dispatcher.stack.healthcheck import main\n"
        "assert main(['beat']) == 0\nassert main(['web']) == 1\n"
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(name for name in tops - sys.stdlib_module_names if not name.startswith('_')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"MMS_REDIS_URL": valkey_url, "MMS_WEB_PORT": str(free_port())},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["dispatcher", "tzdata"]
