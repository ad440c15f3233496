"""`mms up` while its Redis is away, or its own store reads for long: the receiver is open, the rest comes later."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis

from dispatcher.errors import ConfigError
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.store import keys
from dispatcher.settings import Settings
from dispatcher.stack import _store_wait
from tests.stack import STOP_SECONDS, Terminal, until
from tests.valkey import ValkeyServer

pytestmark = pytest.mark.slow

CALLBACK = {"message_sid": "a1", "direction": "outbound", "status": "delivered"}
#: An append-only file whose one command takes this long to load.
READING_MS = 6_000
SLOW = f"""
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + time[2] / 1000
end
local begun = now_ms()
while now_ms() < begun + {READING_MS} do end
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A folder and an environment of its own; nothing survives the test."""
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.end()


@pytest.fixture
def away(terminal: Terminal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """The Redis of this terminal, which does not run yet."""
    server = ValkeyServer(tmp_path_factory.mktemp("redis"))
    terminal.environment["MMS_REDIS_URL"] = server.url
    yield server
    server.stop()


def takes_callbacks(terminal: Terminal) -> bool:
    try:
        return (
            httpx.post(terminal.callback_url, json=CALLBACK, trust_env=False, verify=False).status_code
            == httpx.codes.OK
        )
    except httpx.TransportError:
        return False


def came(client: redis.Redis) -> int:
    """How many callbacks ever went into the ledger."""
    return int(client.xinfo_stream(keys.CALLBACKS)["entries-added"]) if client.exists(keys.CALLBACKS) else 0


def ends_with(terminal: Terminal) -> int:
    process = terminal.up_process
    assert process is not None
    return process.wait(STOP_SECONDS)


def test_the_receiver_is_open_while_redis_is_away_and_everything_starts_when_it_comes(
    terminal: Terminal, away: ValkeyServer
) -> None:
    process = terminal.begin_up("--simulate")
    until(lambda: takes_callbacks(terminal))
    assert terminal.said().count("waiting for Redis at 127.0.0.1") == 1
    assert terminal.web("/readyz/console").status_code == httpx.codes.SERVICE_UNAVAILABLE
    away.start()
    terminal.await_said("ready;")
    with redis.Redis.from_url(away.url) as client:
        until(lambda: came(client) == 1)
    assert "web ended" not in terminal.said()
    process.terminate()
    assert ends_with(terminal) == 0
    assert terminal.processes() == []


def test_a_redis_of_another_mode_that_comes_later_ends_it_with_its_sentence(
    terminal: Terminal, away: ValkeyServer, tmp_path: Path
) -> None:
    away.start()
    with redis.Redis.from_url(away.url) as client:
        prepare(client, Settings(data_dir=tmp_path / "other"))
    away.kill()
    terminal.begin_up("--simulate")
    terminal.await_said("waiting for Redis")
    away.start()
    assert ends_with(terminal) == 2
    assert "this ledger was made live" in terminal.said()
    assert terminal.processes() == []


def test_a_redis_that_may_forget_and_comes_later_ends_it_with_its_sentence(
    terminal: Terminal, away: ValkeyServer
) -> None:
    terminal.begin_up("--simulate")
    terminal.await_said("waiting for Redis")
    forgetful = ValkeyServer(away.folder, "--appendfsync", "everysec")
    forgetful.port, forgetful.url = away.port, away.url
    try:
        forgetful.start()
        assert ends_with(terminal) == 1
    finally:
        forgetful.stop()
    assert "cannot keep a claim safe" in terminal.said()


def test_ctrl_c_ends_the_waiting_though_redis_hangs(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        terminal.environment["MMS_REDIS_URL"] = f"redis://:pass-word@127.0.0.1:{hanging.getsockname()[1]}/0"
        process = terminal.begin_up("--simulate")
        terminal.await_said("waiting for Redis")
        process.send_signal(signal.SIGINT)
        assert ends_with(terminal) == 0
    assert "pass-word" not in terminal.said()
    assert terminal.processes() == []


def test_the_receiver_is_open_while_our_own_store_reads_a_large_file(terminal: Terminal) -> None:
    valkey = terminal.folder / ".mms" / "valkey" / "appendonlydir"
    valkey.mkdir(parents=True)
    (valkey / "appendonly.aof.1.incr.aof").write_bytes(resp("EVAL", SLOW, "0"))
    (valkey / "appendonly.aof.manifest").write_text("file appendonly.aof.1.incr.aof seq 1 type i\n")
    process = terminal.begin_up("--simulate")
    record = terminal.folder / ".mms" / "run" / "part-valkey.json"
    pid = until(lambda: record.exists() and json.loads(record.read_text())["pid"])
    time.sleep(0.2)  # it has begun to read
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: takes_callbacks(terminal))
        assert "mode  " not in terminal.said()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert "reading the ledger from disk" in terminal.said()
    terminal.await_said("mode  ")
    process.terminate()
    assert ends_with(terminal) == 0


def resp(*words: str) -> bytes:
    """A command as it stands in an append-only file."""
    parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
    return f"*{len(words)}\r\n{''.join(parts)}".encode()


def test_an_address_that_can_be_none_is_refused_at_once(terminal: Terminal) -> None:
    terminal.environment["MMS_REDIS_URL"] = "redis://a..b:6379/0"
    answer = terminal.mms("up", "--simulate")
    assert answer.returncode == 2
    assert "MMS_REDIS_URL" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert terminal.processes() == []


def test_a_name_that_nobody_knows_is_refused_and_one_that_cannot_be_asked_for_now_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answers(code: int) -> None:
        def lookup(*_: object) -> None:
            raise socket.gaierror(code, "no")

        monkeypatch.setattr(socket, "getaddrinfo", lookup)

    answers(socket.EAI_NONAME)
    with pytest.raises(ConfigError, match="a host that nobody knows"):
        _store_wait.require_known_host("redis://:word@redis.example/0")
    answers(socket.EAI_AGAIN)
    _store_wait.require_known_host("redis://:word@redis.example/0")


def test_of_several_sentinels_one_has_to_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"b.example"}

    def lookup(host: str, _: object) -> None:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "no")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    url = "sentinel://:word@a.example,b.example:1,[::1]/0?sentinel_password=word"
    _store_wait.require_known_host(url)
    known.clear()
    with pytest.raises(ConfigError, match=r"a host that nobody knows: a\.example, b\.example, ::1$"):
        _store_wait.require_known_host(url)
    assert _store_wait.where(url) == "the Sentinels a.example:26379, b.example:1, [::1]:26379"
