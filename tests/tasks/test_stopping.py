"""A worker that is to stop tells the processes that it forked, and no other worker's."""

from __future__ import annotations

import os

from tasks.stopping import _Flag


def seen_in_a_child(flag: _Flag, change: bool) -> bool:
    """What a child sees that was forked before the flag was set."""
    reads, writes = os.pipe()
    goes, waits = os.pipe()
    child = os.fork()
    if not child:
        os.read(goes, 1)
        os.write(writes, b"1" if flag.is_set() else b"0")
        os._exit(0)
    if change:
        flag.set()
    os.write(waits, b"!")
    seen = os.read(reads, 1)
    os.waitpid(child, 0)
    for end in (reads, writes, goes, waits):
        os.close(end)
    return seen == b"1"


def test_a_process_that_was_forked_before_sees_it() -> None:
    flag = _Flag()
    flag.renew()
    assert not seen_in_a_child(flag, False)
    assert seen_in_a_child(flag, True)


def test_a_worker_that_begins_has_a_flag_of_its_own() -> None:
    flag = _Flag()
    assert not flag.is_set()
    flag.set()
    assert not flag.is_set()
    flag.renew()
    flag.set()
    flag.renew()
    assert not flag.is_set()
