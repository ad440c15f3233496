"""Reading the ledger's append-only file."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from tests.chaos.append_only import RewrittenError, commands
from tests.valkey import ValkeyServer


def words(*parts: bytes) -> bytes:
    """A command as it stands in the file."""
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def in_file(folder: Path, data: bytes, sequence: int = 1) -> Path:
    """A data folder with one file."""
    (folder / "appendonlydir").mkdir(exist_ok=True)
    (folder / "appendonlydir" / f"appendonly.aof.{sequence}.incr.aof").write_bytes(data)
    return folder


def test_commands_come_in_order_with_values_of_any_bytes(tmp_path: Path) -> None:
    data = words(b"SELECT", b"0") + b"#TS:1\r\n" + words(b"HSET", b"k", b"\r\n$1\r\n", b"\x00\xff")
    assert list(commands(in_file(tmp_path, data))) == [
        [b"SELECT", b"0"],
        [b"HSET", b"k", b"\r\n$1\r\n", b"\x00\xff"],
    ]


@pytest.mark.parametrize("cut", range(1, 30))
def test_half_a_command_at_the_end_is_left_out(tmp_path: Path, cut: int) -> None:
    last = words(b"SET", b"key", b"a value here")
    data = words(b"SET", b"a", b"b") + last[:-cut]
    assert list(commands(in_file(tmp_path, data))) == [[b"SET", b"a", b"b"]]


def test_a_transaction_that_was_not_ended_never_happened(tmp_path: Path) -> None:
    done = words(b"MULTI") + words(b"SET", b"a", b"1") + words(b"EXEC")
    data = done + words(b"MULTI") + words(b"SET", b"a", b"2")
    assert list(commands(in_file(tmp_path, data))) == [[b"SET", b"a", b"1"]]


def test_a_file_that_does_not_go_back_to_the_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RewrittenError):
        list(commands(in_file(tmp_path, b"", sequence=2)))


def test_what_scripts_write_is_read_back_from_a_server_that_was_killed(server: ValkeyServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.eval("redis.call('HSET', 'a', 'b', struct.pack('<I2', 258)) redis.call('SET', 'c', 1)", 0)
        server.kill()
        server.start()
        client.set("d", 2)
        found = [command for command in commands(server.folder) if command[0] != b"SELECT"]
        assert found == [[b"HSET", b"a", b"b", b"\x02\x01"], [b"SET", b"c", b"1"], [b"SET", b"d", b"2"]]
