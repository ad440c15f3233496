"""What is known of the embedded Valkey's files outside of its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.ledger.store.append_only_files import is_cut, lengths

ONE = {"appendonly.aof.1.base.rdb": 89, "appendonly.aof.1.incr.aof": 5_000}


@pytest.mark.parametrize(
    ("found", "cut"),
    [
        (ONE, False),
        ({**ONE, "appendonly.aof.1.incr.aof": 5_001}, False),
        ({**ONE, "appendonly.aof.1.incr.aof": 4_999}, True),
        ({**ONE, "appendonly.aof.1.base.rdb": 88}, True),
        ({**ONE, "appendonly.aof.2.incr.aof": 0}, False),  # a rewrite began
        ({"appendonly.aof.2.base.rdb": 70, "appendonly.aof.2.incr.aof": 9}, False),  # and has ended
        ({"appendonly.aof.1.base.rdb": 89}, True),
        ({"appendonly.aof.0.incr.aof": 9_000}, True),
        ({}, True),
    ],
)
def test_files_that_are_shorter_than_they_were_left_or_older_have_lost_something(
    found: dict[str, int], cut: bool
) -> None:
    assert is_cut(ONE, found) is cut


def test_nothing_that_is_remembered_is_nothing_that_is_lost() -> None:
    assert not is_cut({}, ONE)


def test_only_the_servers_own_files_are_looked_at(tmp_path: Path) -> None:
    assert lengths(tmp_path) == {}
    folder = tmp_path / "valkey" / "appendonlydir"
    folder.mkdir(parents=True)
    for name, length in {**ONE, "appendonly.aof.manifest": 88, "temp-rewriteaof-7.aof": 3}.items():
        (folder / name).write_bytes(b"x" * length)
    assert lengths(tmp_path) == {"appendonly.aof.1.base.rdb": 89, "appendonly.aof.1.incr.aof": 5_000}
