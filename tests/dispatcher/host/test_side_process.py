"""A process for one piece of work: what it is given, and that it never outlives who asked for it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from typing import IO, cast

import psutil
import pytest

from dispatcher.host.side_process import SideProcess, SilentError

pytestmark = pytest.mark.slow

SAYS = "import msgpack, os, sys\nsay = lambda frame: os.write(1, msgpack.packb(frame))\n"
BOUND = "from dispatcher.host.side_process import bound_itself, end_with\n"


def nothing() -> None:
    """Nobody looks."""


def is_gone(process: psutil.Process) -> bool:
    """It has ended, whoever has not waited for it yet."""
    psutil.wait_procs([process], timeout=30)
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_it_has_neither_our_environment_nor_our_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMS_SECRET", "s3cret")
    code = SAYS + "say([sorted(os.environ.keys() - {'LC_CTYPE'}), os.getcwd(), sys.argv[1:]])"
    with SideProcess(("-c", code), ["a"]) as process:
        (frame,) = process.frames(nothing)
    assert frame == [["PATH", "PYTHONPATH"], "/", ["a", str(psutil.Process().pid)]]


def test_it_hears_and_answers() -> None:
    code = SAYS + "u = msgpack.Unpacker(open(0, 'rb', buffering=0))\nfor frame in u: say(frame)"
    with SideProcess(("-c", code)) as process:
        frames = process.frames(nothing)
        for frame in ("one", {"two": [2]}):
            process.say(frame)
            assert next(frames) == frame


def test_it_reads_the_file_that_it_is_given() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"what stands there")
        file.seek(0)
        code = SAYS + "say(sys.stdin.read())"
        with SideProcess(("-c", code), stdin=cast(IO[bytes], file)) as process:
            assert list(process.frames(nothing)) == ["what stands there"]


def test_what_says_nothing_for_too_long_is_told() -> None:
    with (
        SideProcess(("-c", "import time; time.sleep(60)")) as process,
        pytest.raises(SilentError),
    ):
        list(process.frames(nothing, silent_seconds=0.1))


def test_one_that_is_no_more_is_talked_to_in_vain() -> None:
    with SideProcess(("-c", "raise SystemExit(0)")) as process:
        assert list(process.frames(nothing)) == []
        process.say("still there?" * 100_000)


def test_it_bounds_itself_and_stands_behind() -> None:
    code = SAYS + BOUND + "import resource as r\nbefore = os.nice(0)\n"
    code += "bound_itself(memory_mb=500, cpu_seconds=7)\n"
    code += "say([r.getrlimit(r.RLIMIT_AS)[0], r.getrlimit(r.RLIMIT_CPU)[0], os.nice(0) > before or before == 19])"
    with SideProcess(("-c", code)) as process:
        assert list(process.frames(nothing)) == [[500 << 20, 7, True]]


_STARTS_ANOTHER = f"""
{SAYS}{BOUND}
import subprocess, time
end_with(int(sys.argv[-1]))
say([os.getpid(), subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid])
time.sleep(60)
"""


def test_it_ends_with_all_that_it_started() -> None:
    with SideProcess(("-c", _STARTS_ANOTHER)) as process:
        started = [psutil.Process(pid) for pid in next(process.frames(nothing))]
        assert all(map(psutil.Process.is_running, started))
    assert all(map(is_gone, started))


_PARENT = f"""
from dispatcher.host.side_process import SideProcess
process = SideProcess(("-c", {_STARTS_ANOTHER!r}))
print(*next(process.frames(lambda: None)), flush=True)
import time; time.sleep(60)
"""


def test_it_ends_by_itself_when_who_asked_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    started = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    assert len(started) == 2
    parent.kill()
    parent.wait()
    killed = time.monotonic()
    assert all(map(is_gone, started))
    assert time.monotonic() - killed < 30
