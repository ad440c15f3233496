"""The embedded Valkey: its configuration in force, its files, its deaths explained."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from dispatcher.errors import InputError
from dispatcher.ledger.store.address import embedded_url
from dispatcher.ledger.store.embedded import (
    EmbeddedValkey,
    PingAnswer,
    announce,
    ask,
    prepare_embedded,
    why_it_died,
    withdraw,
)
from tests.stack import until


@contextmanager
def running(server: EmbeddedValkey) -> Iterator[subprocess.Popen[str]]:
    """The server in a process, until it answers; killed at the end."""
    process = subprocess.Popen(server.argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        until(lambda: ask(server) is PingAnswer.READY)
        yield process
    finally:
        process.kill()
        process.communicate()


def last_words(server: EmbeddedValkey) -> str:
    """What it says when it cannot start."""
    ended = subprocess.run(server.argv, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    return ended.stdout + ended.stderr


def damage(server: EmbeddedValkey) -> None:
    """Spoil the append-only file in its middle."""
    file = next((server.folder / "appendonlydir").glob("*.incr.aof"))
    with file.open("ab") as handle:
        handle.write(b"spoilt\r\n*1\r\n$4\r\nPING\r\n")


def test_its_settings_are_those_that_the_promises_need(tmp_path: Path) -> None:
    server = prepare_embedded(tmp_path)
    with running(server):
        client = redis.Redis.from_url(server.url, decode_responses=True)
        found = client.config_get("*")
    assert found["appendonly"] == "yes"
    assert found["appendfsync"] == "always"
    assert found["maxmemory-policy"] == "noeviction"
    assert found["save"] == ""
    assert found["bind"] == "127.0.0.1"
    assert found["hash-max-listpack-entries"] == "128"
    assert found["hash-max-listpack-value"] == "64"


def test_what_it_confirmed_survives_a_kill(tmp_path: Path) -> None:
    server = prepare_embedded(tmp_path)
    with running(server) as process:
        redis.Redis.from_url(server.url).set("claim", "made")
        process.kill()
        process.wait()
    with running(server):
        assert redis.Redis.from_url(server.url).get("claim") == b"made"


@pytest.mark.slow
def test_nobody_comes_in_without_the_password(tmp_path: Path) -> None:
    server = prepare_embedded(tmp_path)
    with running(server), pytest.raises(redis.AuthenticationError):
        redis.Redis(port=server.port).ping()


def test_the_password_is_in_no_command_line_no_repr_and_no_file_of_others(tmp_path: Path) -> None:
    server = prepare_embedded(tmp_path)
    announce(server)
    assert server.password not in " ".join(server.argv) + repr(server)
    assert server.folder.stat().st_mode & 0o777 == 0o700
    for name in ("password", "valkey.conf", "address"):
        assert (server.folder / name).stat().st_mode & 0o777 == 0o600


def test_the_second_start_has_the_same_port_and_password(tmp_path: Path) -> None:
    assert prepare_embedded(tmp_path) == prepare_embedded(tmp_path)


def test_a_port_that_was_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    first = prepare_embedded(tmp_path)
    with socket.create_server(("127.0.0.1", first.port)):
        second = prepare_embedded(tmp_path)
    assert second.port != first.port
    with running(second):
        assert ask(second) is PingAnswer.READY


def test_other_processes_find_it_while_it_is_announced(tmp_path: Path) -> None:
    server = prepare_embedded(tmp_path)
    assert embedded_url(tmp_path) is None
    announce(server)
    assert embedded_url(tmp_path) == server.url
    withdraw(server)
    assert embedded_url(tmp_path) is None


def test_a_folder_with_spaces_and_quotes_in_its_name_works(tmp_path: Path) -> None:
    server = prepare_embedded(tmp_path / 'my "data" folder')
    with running(server):
        assert (server.folder / "appendonlydir").is_dir()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made") as caught:
        prepare_embedded(tmp_path / "file")
    assert "MMS_DATA_DIR" in caught.value.hint


def test_a_taken_port_is_explained(tmp_path: Path) -> None:
    server = prepare_embedded(tmp_path)
    with socket.create_server(("127.0.0.1", server.port)):
        error = why_it_died(server, last_words(server))
    assert f"port {server.port}" in error.message
    assert "again" in error.hint


def test_half_a_command_at_the_end_of_the_file_is_left_out(tmp_path: Path) -> None:
    server = prepare_embedded(tmp_path)
    with running(server):
        redis.Redis.from_url(server.url).set("claim", "made")
    file = next((server.folder / "appendonlydir").glob("*.incr.aof"))
    with file.open("ab") as handle:
        handle.write(b"*3\r\n$3\r\nSET\r\n$5\r\ncl")
    with running(server):
        assert redis.Redis.from_url(server.url).get("claim") == b"made"


def test_a_damaged_file_is_explained_and_the_command_given_mends_it(tmp_path: Path) -> None:
    server = prepare_embedded(tmp_path)
    with running(server):
        redis.Redis.from_url(server.url).set("claim", "made")
    damage(server)
    error = why_it_died(server, last_words(server))
    assert "damaged" in error.message
    command = error.hint.partition("with: ")[2]
    subprocess.run(command, shell=True, input="y\n", text=True, check=True, capture_output=True)  # noqa: S602
    with running(server):
        assert redis.Redis.from_url(server.url).get("claim") == b"made"


def test_any_other_end_is_told_in_the_servers_own_words(tmp_path: Path) -> None:
    server = prepare_embedded(tmp_path)
    error = why_it_died(server, "first line\nsomething new happened\n")
    assert "something new happened" in error.message
    assert server.password not in error.message + error.hint


def test_a_full_disk_is_explained(tmp_path: Path) -> None:
    server = prepare_embedded(tmp_path)
    words = "Write error writing append only file on disk: No space left on device"
    assert "the disk is full" in why_it_died(server, words).message
