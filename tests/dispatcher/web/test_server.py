from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.store import keys
from dispatcher.stack import process_registry
from dispatcher.web.server import GRACE_SECONDS, LEAVE_SECONDS, LOOK_SECONDS
from tests.dispatcher.web.conftest import KEY, TOKEN
from tests.dispatcher.web.processes import start, wait_until_ready
from tests.stack import until
from tests.valkey import free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def port() -> int:
    """A free port."""
    return free_port()


def test_sigterm_ends_it_within_seconds_with_live_pages_open_and_no_key_in_its_log(
    ended: list[subprocess.Popen[bytes]], redis: Redis, valkey_url: str, tmp_path: Path, port: int
) -> None:
    log, address = tmp_path / "log", f"http://127.0.0.1:{port}"
    process = start(
        ended,
        log,
        redis_url=valkey_url,
        data_dir=tmp_path,
        simulate=1,
        admin_token=TOKEN,
        callback_key=KEY,
        web_port=port,
        log_level="DEBUG",
    )
    wait_until_ready(address, process)
    with httpx.Client(base_url=address, trust_env=False, verify=False) as client:
        assert client.post(f"/callbacks/carrierx/{KEY}", content=b'{"to":"12125550101"}').status_code == 200
        client.post("/login", data={"token": TOKEN})
        bearer = {"authorization": f"Bearer {TOKEN}"}
        form = {"from": "12125550100", "message": "Hi"}
        files = {"file": ("a.csv", "phone\n12125550101\n")}
        assert client.post("/api/v1/campaigns", headers=bearer, data=form, files=files).status_code == 201
        with client.stream("GET", "/events") as stream:
            next(stream.iter_lines())
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
    assert process_registry.GRACE_SECONDS[1] > LOOK_SECONDS + LEAVE_SECONDS + GRACE_SECONDS, (
        "nor is it killed"
    )
    assert redis.smembers(keys.RECEIVERS) == set()
    assert list((tmp_path / "spool").iterdir()) == []
    text = log.read_text()
    for secret in (KEY, TOKEN, "12125550101", "Traceback"):
        assert secret not in text


def test_the_date_of_its_answers_goes_on(
    ended: list[subprocess.Popen[bytes]], valkey_url: str, tmp_path: Path, port: int
) -> None:
    log, address = tmp_path / "log", f"http://127.0.0.1:{port}"
    process = start(ended, log, redis_url=valkey_url, data_dir=tmp_path, simulate=1, web_port=port)
    wait_until_ready(address, process)
    first = httpx.get(f"{address}/healthz").headers["date"]
    until(lambda: httpx.get(f"{address}/healthz").headers["date"] != first, what="another second")


@pytest.mark.parametrize(("settings", "status"), [({"web_port": "x"}, 2), ({}, 2)])
def test_what_cannot_work_is_said_in_a_sentence(
    ended: list[subprocess.Popen[bytes]], tmp_path: Path, settings: dict[str, str], status: int
) -> None:
    process = start(ended, tmp_path / "log", data_dir=tmp_path, **settings)
    assert process.wait(timeout=60) == status
    text = (tmp_path / "log").read_text()
    assert "MMS_" in text
    assert "Traceback" not in text
