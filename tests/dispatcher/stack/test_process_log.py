"""The file that a child writes to: small, private, and good for last words."""

from __future__ import annotations

import os
from pathlib import Path

from dispatcher.stack._process_log import ProcessLog


def write(log: ProcessLog, text: str) -> int:
    """A life of the child that says this; the descriptor stays open as a running child's would."""
    descriptor = log.open()
    os.write(descriptor, text.encode())
    return descriptor


def test_a_full_file_is_set_aside_while_the_child_goes_on_writing(tmp_path: Path) -> None:
    log = ProcessLog(tmp_path, "web", max_bytes=100)
    descriptor = write(log, "old\n" * 30)
    log.rotate()
    os.write(descriptor, b"new\n")
    os.close(descriptor)
    assert log.path.read_text() == "new\n"
    assert (tmp_path / "web.log.1").read_text() == "old\n" * 30


def test_a_file_that_is_not_full_stays(tmp_path: Path) -> None:
    log = ProcessLog(tmp_path, "web", max_bytes=100)
    os.close(write(log, "a line\n"))
    log.rotate()
    assert log.path.read_text() == "a line\n"
    assert not (tmp_path / "web.log.1").exists()


def test_last_words_are_those_of_the_present_life(tmp_path: Path) -> None:
    log = ProcessLog(tmp_path, "web")
    os.close(write(log, "of the first life\n"))
    os.close(write(log, "one\n\ntwo\nthree\n"))
    assert log.last_words(2) == "two\nthree"
    assert "first life" not in log.last_words(10)


def test_a_child_that_said_nothing_has_no_last_words(tmp_path: Path) -> None:
    assert ProcessLog(tmp_path, "web").last_words() == ""


def test_both_files_are_for_their_owner_only(tmp_path: Path) -> None:
    log = ProcessLog(tmp_path, "web", max_bytes=1)
    os.close(write(log, "text"))
    log.rotate()
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
