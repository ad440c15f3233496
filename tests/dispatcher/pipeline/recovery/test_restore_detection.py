"""What the data folder remembers of a ledger, for its owner alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.pipeline.recovery.restore_detection import LedgerMemory, same_anchor


def test_an_anchor_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    memory = LedgerMemory(tmp_path, "ledger")
    assert memory.anchor() == ""
    first = memory.drop_anchor()
    (anchor,) = tmp_path.rglob("anchor")
    assert anchor.stat().st_mode & 0o777 == 0o600
    assert anchor.parent.stat().st_mode & 0o777 == 0o700
    assert first == memory.drop_anchor() == memory.anchor() == str(int(anchor.stat().st_ctime))


def test_without_a_folder_that_takes_one_there_is_no_anchor(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert LedgerMemory(tmp_path / "file", "ledger").drop_anchor() == ""


def test_the_lengths_of_files_are_remembered_and_nonsense_is_nothing(tmp_path: Path) -> None:
    memory = LedgerMemory(tmp_path, "ledger")
    assert memory.files() == {}
    memory.remember_files({"a.aof": 12})
    assert LedgerMemory(tmp_path, "ledger").files() == {"a.aof": 12}
    (kept,) = tmp_path.rglob("files")
    kept.write_text("[1]")
    assert memory.files() == {}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("100", "100", True),
        ("100", "101", True),
        ("100", "102", False),
        ("", "100", False),
        ("100", "", False),
    ],
)
def test_an_anchor_is_the_same_within_two_seconds(one: str, other: str, same: bool) -> None:
    assert same_anchor(one, other) is same
