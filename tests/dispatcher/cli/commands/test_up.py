"""`mms up` as a process: what it refuses, what it says, how it ends, and what a SIGKILL leaves."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from dispatcher.ledger.store.address import embedded_url
from dispatcher.ledger.store.connection import client
from dispatcher.stack.addresses import answers_ready
from dispatcher.stack.run_directory import published
from tests.stack import ADMIN_TOKEN, CALLBACK_KEY, STOP_SECONDS, Terminal, until

pytestmark = pytest.mark.slow


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A folder and an environment of its own; nothing survives the test."""
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.end()


def stop(terminal: Terminal) -> int:
    """SIGTERM; the exit status."""
    process = terminal.up_process
    assert process is not None
    process.terminate()
    return process.wait(STOP_SECONDS)


def test_without_a_token_both_ways_are_named(terminal: Terminal) -> None:
    answer = terminal.mms("up")
    assert answer.returncode == 2
    assert "MMS_CARRIERX_TOKEN" in answer.stderr
    assert "mms up --simulate" in answer.stderr
    assert terminal.processes() == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MMS_ACCOUNT_RATE", "fast"),
        ("MMS_POLL_RATE", "0/s"),
        ("MMS_FREQUENCY_CAP", "often"),
        ("MMS_REDIS_URL", "localhost"),
    ],
)
def test_a_setting_that_no_worker_can_start_with_is_refused(
    terminal: Terminal, variable: str, value: str
) -> None:
    terminal.environment[variable] = value
    answer = terminal.mms("up", "--simulate")
    assert answer.returncode == 2
    assert variable in answer.stderr
    assert terminal.processes() == []


def test_a_slip_in_a_name_in_mms_toml_is_refused_with_the_nearest(terminal: Terminal) -> None:
    (terminal.folder / "mms.toml").write_text("web_prt = 8099\n")
    answer = terminal.mms("campaign", "list")
    assert answer.returncode == 2
    assert "'web_prt'" in answer.stderr
    assert "'web_port'" in answer.stderr


def test_one_port_for_console_and_flower_is_refused(terminal: Terminal) -> None:
    answer = terminal.mms("up", "--simulate", "--web-port", "18080", "--flower-port", "18080")
    assert answer.returncode == 2
    assert "18080" in answer.stderr
    assert terminal.processes() == []


@pytest.mark.parametrize("option", ["--web-port", "--flower-port"])
def test_a_port_that_is_in_use_is_named_with_its_option(terminal: Terminal, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        answer = terminal.mms("up", "--simulate", option, port)
    assert answer.returncode == 2
    assert port in answer.stderr
    assert option in answer.stderr
    assert terminal.processes() == []


def test_a_login_for_flower_without_a_password_is_refused(terminal: Terminal) -> None:
    terminal.environment["MMS_FLOWER_AUTH"] = "somebody"
    answer = terminal.mms("up", "--simulate")
    assert answer.returncode == 2
    assert "MMS_FLOWER_AUTH" in answer.stderr


def test_everything_starts_is_found_keeps_its_secrets_and_ends_in_time(terminal: Terminal) -> None:
    terminal.up("--simulate")
    said, data = terminal.said(), terminal.folder / ".mms"
    assert f"http://127.0.0.1:{terminal.web_port}/" in said
    assert terminal.callback_url in said
    assert f"http://127.0.0.1:{terminal.flower_port}/" in said
    assert terminal.web("/readyz").status_code == httpx.codes.OK
    stack = published(data)
    assert stack is not None
    assert (stack.mode, stack.ready) == ("simulate", True)
    _assert_flower_is_locked(terminal)
    _assert_no_secret_is_seen(terminal, data)
    second = terminal.mms("up", "--simulate")
    assert second.returncode == 2
    assert "already runs" in second.stderr
    assert stop(terminal) == 0
    assert terminal.processes() == []
    assert published(data) is None
    assert embedded_url(data) is None


def _assert_flower_is_locked(terminal: Terminal) -> None:
    tasks = f"http://127.0.0.1:{terminal.flower_port}/api/tasks"
    assert until(lambda: httpx.get(tasks).status_code) == httpx.codes.UNAUTHORIZED
    assert httpx.get(tasks, auth=("admin", ADMIN_TOKEN)).status_code == httpx.codes.OK


def _assert_no_secret_is_seen(terminal: Terminal, data: Path) -> None:
    password = (data / "valkey" / "password").read_text().strip()
    secrets = {ADMIN_TOKEN, CALLBACK_KEY, password}
    for process in terminal.processes():
        assert not [secret for secret in secrets if secret in " ".join(process.cmdline())]
    for log in (data / "logs").glob("*.log"):
        assert not [secret for secret in secrets if secret in log.read_text()], log
    assert not [secret for secret in secrets if secret in (data / "run" / "stack.json").read_text()]


def test_a_part_that_is_killed_comes_back(terminal: Terminal) -> None:
    terminal.up("--simulate")
    for name in ("web", "send", "helper", "valkey"):
        killed = _pid(terminal, name)
        psutil.Process(killed).kill()
        until(partial(_has_another_pid, terminal, name, killed))
    until(lambda: answers_ready(f"http://127.0.0.1:{terminal.web_port}"))
    assert "web ended with SIGKILL" in terminal.said()
    assert stop(terminal) == 0


def _pid(terminal: Terminal, part: str) -> int:
    record = terminal.folder / ".mms" / "run" / f"part-{part}.json"
    return int(json.loads(record.read_text())["pid"])


def _has_another_pid(terminal: Terminal, part: str, than: int) -> bool:
    return _pid(terminal, part) != than


def test_after_a_sigkill_the_next_start_finds_a_clean_machine_and_the_same_ledger(terminal: Terminal) -> None:
    first = terminal.up("--simulate")
    url = embedded_url(terminal.folder / ".mms")
    assert url is not None
    client(url).set("of:the:first", "life")
    before = terminal.processes()
    first.kill()
    first.wait()
    terminal.up("--simulate")
    assert not [process for process in before if process.is_running() and process in terminal.processes()]
    url = embedded_url(terminal.folder / ".mms")
    assert url is not None
    assert client(url).get("of:the:first") == b"life"
    assert stop(terminal) == 0
    assert terminal.processes() == []


def test_after_a_sigkill_its_watchdog_leaves_no_process(terminal: Terminal) -> None:
    process = terminal.up("--simulate")
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: terminal.processes() == [])


def test_a_simulated_ledger_is_not_taken_for_a_live_one(terminal: Terminal) -> None:
    terminal.up("--simulate")
    assert stop(terminal) == 0
    terminal.environment["MMS_CARRIERX_TOKEN"] = "a-token"
    answer = terminal.mms("up")
    assert answer.returncode == 2
    assert "simulate" in answer.stderr
    assert terminal.processes() == []


def test_live_without_a_public_url_says_that_states_come_by_polling(terminal: Terminal) -> None:
    terminal.environment["MMS_CARRIERX_TOKEN"] = "a-token"
    terminal.environment["MMS_CARRIERX_URL"] = "http://127.0.0.1:1"
    terminal.up()
    assert terminal.said().count("MMS_PUBLIC_URL is not set") == 1
    assert "polling" in terminal.said()
    assert stop(terminal) == 0
